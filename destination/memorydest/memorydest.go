// Package memorydest is a destination that keeps what it is given, and can be
// told to fail, to block and to take its time: for tests.
package memorydest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/hydra-logger/hydra/destination"
)

// Options are the settings of a driver.
type Options struct {
	// Remote makes the driver one that is not local: with no state directory its records
	// wait in memory, as those of a network destination do. Default: false.
	Remote bool
	// MaxBytes is how much of what is delivered is kept, about: the newest records. Default: 0, all.
	MaxBytes int
}

// Driver keeps delivered records. Its methods are safe for concurrent use.
type Driver struct {
	remote bool
	most   int

	mu      sync.Mutex
	data    []byte
	items   []Item
	batches int
	calls   int
	fail    func(call int) error
	poison  []byte        // records that hold it are refused
	short   int           // bytes that the next delivery takes; -1: all
	part    int           // bytes of the present batch that were taken by a short delivery
	gate    chan struct{} // closed: deliveries pass
	deaf    bool          // blocked deliveries ignore their context
	closed  bool
}

// Item is one delivered record.
type Item struct {
	Data []byte // formatted
	Raw  []byte // binary form
	destination.Item
}

// New returns a driver.
func New(o Options) *Driver {
	d := &Driver{remote: o.Remote, most: o.MaxBytes, gate: make(chan struct{}), short: -1}
	close(d.gate)
	return d
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	if err := d.pass(ctx); err != nil {
		return err
	}
	if err := d.failure(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.poison != nil && bytes.Contains(b.Data, d.poison) {
		return destination.Reject(errPoison)
	}
	if b.Attempt <= 1 {
		if d.part > 0 && d.data[len(d.data)-1] != '\n' {
			d.data = append(d.data, '\n') // the batch before was given up: this one begins on a line of its own
		}
		d.part = 0
	}
	rest := b.Data[min(d.part, len(b.Data)):]
	if n := d.short; n >= 0 && n < len(rest) {
		d.short = -1
		d.data = append(d.data, rest[:n]...)
		d.part += n
		return io.ErrShortWrite
	}
	d.short, d.part = -1, 0
	d.batches++
	d.data = append(d.data, rest...)
	for _, it := range b.Items {
		kept := Item{Data: slices.Clone(b.Data[it.Start:it.End]), Raw: slices.Clone(it.Raw), Item: it}
		kept.Item.Raw = kept.Raw
		d.items = append(d.items, kept)
	}
	d.forget()
	return nil
}

// forget drops the oldest records when there is twice as much as is to be kept.
func (d *Driver) forget() {
	if d.most <= 0 || len(d.data) <= 2*d.most {
		return
	}
	n, size := 0, 0
	for n < len(d.items)-1 && len(d.data)-size > d.most {
		size += len(d.items[n].Data)
		n++
	}
	d.items, d.data = slices.Clone(d.items[n:]), slices.Clone(d.data[size:])
}

// failure counts a call and asks whether it is to fail. Who is asked may use the driver.
func (d *Driver) failure() error {
	d.mu.Lock()
	d.calls++
	call, fail := d.calls, d.fail
	d.mu.Unlock()
	if fail == nil {
		return nil
	}
	return fail(call)
}

// pass waits while the driver is blocked.
func (d *Driver) pass(ctx context.Context) error {
	d.mu.Lock()
	gate, deaf := d.gate, d.deaf
	d.mu.Unlock()
	if deaf {
		<-gate
		return nil
	}
	select {
	case <-gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return nil
}

// Local implements destination.Local.
func (d *Driver) Local() bool { return !d.remote }

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return "memory" }

// Block makes deliveries wait until Unblock; they return early when their context ends, unless deaf: then they
// hang as a system call does.
func (d *Driver) Block(deaf bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deaf = deaf
	select {
	case <-d.gate:
		d.gate = make(chan struct{})
	default: // blocked already: those that wait go on waiting
	}
}

// Unblock ends Block.
func (d *Driver) Unblock() {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.gate:
	default:
		close(d.gate)
	}
}

// FailWith makes Deliver return what fail returns for the number of the call, from 1; nil ends it.
func (d *Driver) FailWith(fail func(call int) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = fail
}

// Refuse makes Deliver reject every batch with a record that holds poison; nil ends it.
func (d *Driver) Refuse(poison []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.poison = poison
}

var errPoison = errors.New("the record is not acceptable")

// Probe implements destination.Prober: it fails and blocks as deliveries do, and is counted as none.
func (d *Driver) Probe(ctx context.Context) error {
	if err := d.pass(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	fail, next := d.fail, d.calls+1
	d.mu.Unlock()
	if fail == nil {
		return nil
	}
	return fail(next)
}

// Concurrent implements destination.Concurrent.
func (d *Driver) Concurrent() int { return 8 }

// ShortWrite makes the next delivery take only the first n bytes and fail with [io.ErrShortWrite]. The try after
// it takes the rest, as a file does that can't be cut. Items lists only records of whole batches.
func (d *Driver) ShortWrite(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.short = max(n, 0)
}

// Bytes returns all delivered bytes.
func (d *Driver) Bytes() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.data)
}

// Items returns all delivered records.
func (d *Driver) Items() []Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.items)
}

// Len returns the number of delivered records.
func (d *Driver) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.items)
}

// Calls returns the number of calls of Deliver that were not blocked.
func (d *Driver) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Batches returns the number of batches that were delivered.
func (d *Driver) Batches() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.batches
}

// Closed reports whether Close was called.
func (d *Driver) Closed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// Reset forgets what was delivered.
func (d *Driver) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.data, d.items, d.batches, d.calls, d.part = nil, nil, 0, 0, 0
}
