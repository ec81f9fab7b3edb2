package destination

import (
	"context"
	"fmt"
	"sync"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/record"
)

// DirectOptions are the settings of a [Direct].
type DirectOptions struct {
	Name         string
	Driver       Driver
	NewFormatter func() format.Formatter
	OnEvent      func(text string, err error)
}

// Direct writes each record before the log call returns: for mode sync, and for
// local destinations where there is no state directory. There is no retry: a record
// that can't be written is counted as dropped, and the next one is tried anew.
type Direct struct {
	o DirectOptions

	mu        sync.Mutex // held while formatting and writing
	formatter format.Formatter
	batch     Batch
	closed    bool
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
	if o.OnEvent == nil {
		o.OnEvent = func(string, error) {}
	}
	d := &Direct{o: o, formatter: o.NewFormatter()}
	d.stats.state.Store(health.StateIdle)
	return d
}

// Write formats and writes one record. It waits for other calls' writes.
func (d *Direct) Write(v *record.View, raw []byte, priority uint8) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		d.stats.drop(DropClosed, priority)
		return
	}
	b := &d.batch
	b.Data, b.Attempt = b.Data[:0], 1
	if err := d.format(v); err != nil {
		d.stats.drop(DropFormatPanic, priority)
		d.stats.failed(err)
		return
	}
	b.Items = append(b.Items[:0], Item{End: len(b.Data), Raw: raw, Time: v.Time, Level: v.Level})
	if err := d.deliver(); err != nil {
		d.stats.drop(DropWriteFailed, priority)
		d.fail(err)
		return
	}
	if d.failing {
		d.failing = false
		d.o.OnEvent("is back", nil)
	}
	d.stats.state.Store(health.StateIdle)
	d.stats.delivered.Add(1)
	d.stats.arrived()
}

func (d *Direct) fail(err error) {
	d.stats.failed(err)
	d.stats.state.Store(health.StateRetrying)
	if !d.failing {
		d.failing = true
		d.o.OnEvent("a record could not be written and is dropped; there is no journal to keep it", err)
	}
}

func (d *Direct) format(v *record.View) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in the formatter: %v", r)
		}
	}()
	d.batch.Data = d.formatter.Append(d.batch.Data, v)
	return nil
}

func (d *Direct) deliver() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in the driver: %v", r)
		}
	}()
	return d.o.Driver.Deliver(context.Background(), &d.batch)
}

// Close closes the driver.
func (d *Direct) Close(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.stats.state.Store(health.StateClosed)
	return d.o.Driver.Close(ctx)
}

// Status returns what the destination says of itself now.
func (d *Direct) Status() Status { return d.stats.status() }
