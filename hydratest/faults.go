package hydratest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Faulty is a destination that works until it is told not to, and keeps what it took. Give it to
// hydra.WithDestination as the driver:
//
//	bad := &hydratest.Faulty{}
//	bad.Block()
//	log, rec := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: bad}))
//
// The zero value works. Heal it before the test ends, or the end waits a second for it. Its methods are
// safe for concurrent use.
type Faulty struct {
	// Remote makes it a destination that is not local, as one on the network.
	Remote bool

	mu      sync.Mutex
	gate    chan struct{} // not nil: deliveries wait until it is closed
	deaf    bool
	delay   time.Duration
	err     error
	times   int // how often err is still returned; negative: until Heal
	short   int // bytes of a batch that are taken before it fails
	cuts    bool
	data    []byte
	records int
	calls   int
}

// ErrFaulty is the error of a [Faulty] destination that was given none.
var ErrFaulty = errors.New("hydratest: the destination was told to fail")

// Block makes deliveries wait until [Faulty.Heal]; they give up when their context ends.
func (f *Faulty) Block() { f.block(false) }

// Hang makes deliveries wait until [Faulty.Heal] and not listen to their context, as a system call does that
// does not return.
func (f *Faulty) Hang() { f.block(true) }

func (f *Faulty) block(deaf bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deaf = deaf
	if f.gate == nil {
		f.gate = make(chan struct{})
	}
}

// Fail makes the next deliveries fail: times of them, all until [Faulty.Heal] when it is negative. A nil err stands for [ErrFaulty].
func (f *Faulty) Fail(err error, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		err = ErrFaulty
	}
	f.err, f.times = err, times
}

// Slow makes every delivery take d longer.
func (f *Faulty) Slow(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// WriteShort makes deliveries take the first n bytes of their batch and fail with io.ErrShortWrite, until [Faulty.Heal]. The
// bytes are kept: what follows after healing begins with the whole batch again.
func (f *Faulty) WriteShort(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.short, f.cuts = n, true
}

// Heal ends all faults.
func (f *Faulty) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gate != nil {
		close(f.gate)
	}
	f.gate, f.delay, f.err, f.times, f.cuts = nil, 0, nil, 0, false
}

// Deliver implements destination.Driver.
func (f *Faulty) Deliver(ctx context.Context, b *destination.Batch) error {
	if err := f.wait(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.times != 0 {
		if f.times > 0 {
			f.times--
		}
		return f.err
	}
	if f.cuts {
		f.data = append(f.data, b.Data[:min(f.short, len(b.Data))]...)
		return io.ErrShortWrite
	}
	f.data = append(f.data, b.Data...)
	f.records += len(b.Items)
	return nil
}

func (f *Faulty) wait(ctx context.Context) error {
	f.mu.Lock()
	gate, deaf, delay := f.gate, f.deaf, f.delay
	f.mu.Unlock()
	done := ctx.Done()
	if deaf {
		done = nil
	}
	if gate != nil {
		select {
		case <-gate:
		case <-done:
			return ctx.Err()
		}
	}
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-done:
			return ctx.Err()
		}
	}
	return nil
}

// Close implements destination.Driver.
func (f *Faulty) Close(context.Context) error { return nil }

// Local implements destination.Local.
func (f *Faulty) Local() bool { return !f.Remote }

// Describe implements destination.Describer.
func (f *Faulty) Describe() string { return "faulty destination of a test" }

// Bytes returns all that was taken, formatted.
func (f *Faulty) Bytes() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return bytes.Clone(f.data)
}

// Delivered returns the number of records that were taken.
func (f *Faulty) Delivered() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.records
}

// Calls returns the number of deliveries that were not blocked, the failed ones included.
func (f *Faulty) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}
