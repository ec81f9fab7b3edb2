package destination

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/record"
)

// DirectOptions are the settings of a [Direct].
type DirectOptions struct {
	Name         string
	Driver       Driver
	NewFormatter func() format.Formatter
	Chain        Chain // acts on each record before it is formatted; nil: none
	OnEvent      func(text string, err error)
	// Context is what the driver's contexts are made of, for the values that it carries. Default: context.Background().
	Context context.Context
}

// Direct writes each record before the log call returns: for mode sync, and for
// local destinations where there is no state directory. There is no retry: a record
// that can't be written is counted as dropped, and the next one is tried anew.
type Direct struct {
	o      DirectOptions
	ctx    context.Context // of deliveries; ends when Close's does
	abort  context.CancelFunc
	closed atomic.Bool
	done   chan struct{} // the driver is closed
	err    error         // of the driver's Close, valid after done

	mu        sync.Mutex // held while formatting and writing
	formatter format.Formatter
	batch     Batch
	items     [1]Item
	failing   bool

	stats stats
}

// The reasons for which Direct drops a record.
const (
	DropWriteFailed = "write_failed"
	DropClosed      = "closed"
)

// NewDirect returns a Direct.
func NewDirect(o DirectOptions) *Direct {
	d := &Direct{o: o, formatter: o.NewFormatter(), done: make(chan struct{})}
	d.ctx, d.abort = context.WithCancel(baseContext(o.Context))
	d.stats.state.Store(health.StateIdle)
	settled(o.Driver)
	return d
}

// Write formats and writes one record. It waits for other calls' writes.
func (d *Direct) Write(v *record.View, raw []byte, priority uint8) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed.Load() {
		d.stats.drop(DropClosed, priority)
		return
	}
	if d.o.Chain != nil {
		shown, processed, reason := d.o.Chain.Apply(v, raw)
		if reason != "" {
			d.stats.drop(reason, priority)
			return
		}
		v, raw = shown, processed
	}
	b := &d.batch
	b.Data, b.Attempt = b.Data[:0], 1
	if err := d.format(v); err != nil {
		d.stats.drop(DropFormatPanic, priority)
		d.stats.failed(err)
		tell(d.o.OnEvent, "a record can't be formatted and is dropped", err)
		return
	}
	d.items[0] = Item{End: len(b.Data), Raw: raw, Time: v.Time, Level: v.Level}
	b.Items = d.items[:]
	err := d.deliver()
	d.items[0] = Item{}
	if cap(b.Data) > keepBytes {
		b.Data = nil
	}
	if err != nil {
		reason := DropWriteFailed
		if OutcomeOf(err).Kind == Rejected {
			reason = DropRejected
		}
		d.stats.drop(reason, priority)
		d.fail(err)
		return
	}
	if d.failing {
		d.failing = false
		tell(d.o.OnEvent, "is back", nil)
	}
	d.stats.state.Store(health.StateIdle)
	d.stats.delivered.Add(1)
	d.stats.arrived()
}

func (d *Direct) fail(err error) {
	d.stats.failed(err)
	d.stats.retries.Add(1)
	d.stats.state.Store(health.StateRetrying)
	if !d.failing {
		d.failing = true
		tell(d.o.OnEvent, "a record could not be written and is dropped; there is no journal to keep it", err)
	}
}

func (d *Direct) format(v *record.View) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &formatterPanic{r}
			defer func() { _ = recover() }()
			d.formatter = d.o.NewFormatter() // the state of the old one may be broken
		}
	}()
	d.batch.Data = d.formatter.Append(d.batch.Data, v)
	return nil
}

func (d *Direct) deliver() (err error) {
	d.stats.inFlight.Store(time.Now().UnixNano())
	defer d.stats.inFlight.Store(0)
	defer func() {
		if r := recover(); r != nil {
			err = panicError("the driver", r)
		}
	}()
	return d.o.Driver.Deliver(d.ctx, &d.batch)
}

// Close waits for the write that is running, as long as ctx allows, and closes the driver. When the write is
// held by a system call, Close returns [ErrBlocked]; the driver is then closed when that call returns.
// Further calls return the same.
func (d *Direct) Close(ctx context.Context) error {
	if !d.closed.Swap(true) {
		go d.shut()
	}
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
	}
	d.abort()
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-d.done:
		return d.err
	case <-grace.C:
	}
	return blockedError(d.o.Name, &d.stats)
}

// shut closes the driver once no write is running.
func (d *Direct) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer close(d.done)
	defer d.abort()
	d.err = closeDriver(d.o.Driver)
	d.stats.state.Store(health.StateClosed)
}

// Status returns what the destination says of itself now.
func (d *Direct) Status() Status { return d.stats.status() }
