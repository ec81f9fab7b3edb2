package hydra

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// emission is the goroutine that asks processors for the records that they make
// themselves when their time has come. It exists only where a processor makes any, and
// sleeps without a timer while none of them holds something.
type emission struct {
	asleep atomic.Bool
	wake   chan struct{}
	done   chan struct{} // closed when the goroutine has ended
}

// The goroutine looks at least so often, and at most, while something waits.
const (
	emitMost  = time.Second
	emitLeast = 10 * time.Millisecond
)

func (e *engine) startEmission() {
	if !e.chain().Emits() {
		return
	}
	e.emission = &emission{wake: make(chan struct{}, 1), done: make(chan struct{})}
	go e.emitLoop(e.emission)
}

func (e *engine) emitLoop(m *emission) {
	defer close(m.done)
	timer := time.NewTimer(emitMost)
	defer timer.Stop()
	for {
		next := e.emit(processor.Due)
		if next.IsZero() {
			m.asleep.Store(true)
			next = e.emit(processor.Due) // a call before this saw nobody to wake
		}
		if next.IsZero() {
			timer.Stop()
		} else {
			m.asleep.Store(false)
			timer.Reset(min(max(time.Until(next), emitLeast), emitMost))
		}
		select {
		case <-timer.C:
		case <-m.wake:
		case <-e.closing.Done():
			return
		}
	}
}

// afterProcess lets processors put records of their own before the one that was just processed.
func (e *engine) afterProcess() {
	m := e.emission
	if m == nil {
		return
	}
	if e.chain().Ready() {
		e.emitBefore()
	}
	if m.asleep.Load() && m.asleep.CompareAndSwap(true, false) {
		select {
		case m.wake <- struct{}{}:
		default: // it is about to wake
		}
	}
}

// emitBefore accepts what belongs before the record of this call. Where destinations are written by the
// call and others are not, it does not wait for another goroutine that is just writing: see keepback's patience.
func (e *engine) emitBefore() {
	if !e.mixed {
		e.emit(processor.Asked)
		return
	}
	var b emitted
	e.chain().TryEmit(context.Background(), processor.Asked, func(ev *record.Event, reason string) { b.add(e, ev, reason) })
	b.flush()
}

// endEmission ends the goroutine and accepts all that processors still hold, as far as ctx allows: a destination
// that is written by the call may hang.
func (e *engine) endEmission(ctx context.Context) {
	all := true
	if m := e.emission; m != nil {
		all = e.within(ctx, func() {
			<-m.done
			e.emit(processor.Closing)
		})
	}
	e.closeKept(all)
}

// flushEmission accepts the summaries up to now, as far as ctx allows.
func (e *engine) flushEmission(ctx context.Context) error {
	if e.emission != nil && !e.within(ctx, func() { e.emit(processor.Flushed) }) {
		return ctx.Err()
	}
	return nil
}

// within calls f and reports whether it returned before ctx ended.
func (e *engine) within(ctx context.Context, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// emit accepts the records that processors make. It returns when the next is due.
func (e *engine) emit(when processor.Occasion) time.Time {
	var b emitted
	next := e.chain().Emit(context.Background(), when, func(ev *record.Event, reason string) { b.add(e, ev, reason) })
	b.flush()
	return next
}

// emitted collects records that processors made, for one claim.
type emitted struct{ b *batch }

// add accepts a record as if it were logged.
func (m *emitted) add(e *engine, ev *record.Event, reason string) {
	ly := e.layerFor(ev.Layer)
	if int64(ev.Level) < ly.threshold.Load() {
		return // as a call that does not pass the level check
	}
	if m.b == nil {
		m.b = e.newBatch()
	}
	to, _ := e.slots.of(ev.Layer)
	l := &Logger{e: e, slot: to, name: ev.Layer}
	if reason != "" {
		l.countFiltered(m.b.a, ev.Level, reason)
		return
	}
	m.b.add(l, ev.Level, m.b.a.enc.EncodeEvent(ev))
}

func (m *emitted) flush() {
	if m.b != nil {
		m.b.flush()
	}
}
