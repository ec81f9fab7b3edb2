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
	if !e.chain.Emits() {
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
	if e.chain.Ready() {
		e.emit(processor.Due)
	}
	if m.asleep.Load() && m.asleep.CompareAndSwap(true, false) {
		select {
		case m.wake <- struct{}{}:
		default: // it is about to wake
		}
	}
}

// endEmission ends the goroutine and accepts all that processors still hold.
func (e *engine) endEmission() {
	if e.emission != nil {
		<-e.emission.done
		e.emit(processor.Closing)
	}
	e.closeKept(true)
}

// emit accepts the records that processors make, in one batch, as if they were logged. It returns when the next is due.
func (e *engine) emit(when processor.Occasion) time.Time {
	var b *batch
	next := e.chain.Emit(context.Background(), when, func(ev *record.Event, reason string) {
		ly := e.layerFor(ev.Layer)
		if int64(ev.Level) < ly.threshold.Load() {
			return // as a call that does not pass the level check
		}
		if b == nil {
			b = e.newBatch()
		}
		to, _ := e.slots.of(ev.Layer)
		l := &Logger{e: e, slot: to, name: ev.Layer}
		if reason != "" {
			l.countFiltered(b.a, ev.Level, reason)
			return
		}
		b.add(l, ev.Level, b.a.enc.EncodeEvent(ev))
	})
	if b != nil {
		b.flush()
	}
	return next
}
