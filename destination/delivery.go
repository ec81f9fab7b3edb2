package destination

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hydra-logger/hydra/health"
)

// deliver hands a batch to the driver until it takes it. It returns false when the
// worker was stopped before: the batch stays in the journal.
func (w *Worker) deliver(s *scratch) bool {
	if len(s.batch.Items) == 0 {
		return true // all of it was dropped, or had arrived before
	}
	w.calmDown()
	w.prepare(s)
	return w.insist(s, w.deliverOnce(s))
}

// calmDown forgets a Flush of the time before a batch, which would end its first delay.
func (w *Worker) calmDown() {
	select {
	case <-w.hurry:
	default:
	}
}

// prepare comes before each call of the driver.
func (w *Worker) prepare(s *scratch) {
	s.batch.Attempt++
	if w.check != nil && s.end != (Mark{}) {
		w.storeIntent(s)
	}
}

// insist goes on delivering a batch, whose first try ended with err, until the driver takes it.
func (w *Worker) insist(s *scratch, err error) bool {
	for failures := 0; err != nil; failures++ {
		w.stats.failed(err)
		if w.ctx.Err() != nil {
			return false
		}
		w.stats.retries.Add(1)
		if failures == 0 {
			w.event("a delivery failed and is retried", err)
		}
		w.stats.state.Store(health.StateRetrying)
		w.pause(max(retryAfter(err), w.backoff(failures)))
		if w.ctx.Err() != nil {
			return false
		}
		w.prepare(s)
		err = w.deliverOnce(s)
	}
	if s.batch.Attempt > 1 {
		w.event(fmt.Sprintf("is back after %d failed deliveries", s.batch.Attempt-1), nil)
		w.stats.state.Store(health.StateDelivering)
	}
	return true
}

// storeIntent notes with the cursor what the driver is about to do. Where that fails the batch is
// delivered all the same; a crash in just this moment may then write it twice.
func (w *Worker) storeIntent(s *scratch) {
	defer func() {
		if v := recover(); v != nil {
			w.stats.failed(panicError("the driver's Intent", v))
		}
	}()
	intent := w.check.Intent(&s.batch)
	if intent == nil {
		return
	}
	if err := w.source.do(func() error { return w.source.Intent(s.end, intent) }); err != nil {
		w.stats.failed(err)
	}
}

// deliverOnce calls the driver; its panic is a failure like any other.
func (w *Worker) deliverOnce(s *scratch) (err error) {
	w.stats.inFlight.Store(time.Now().UnixNano())
	defer w.stats.inFlight.Store(0)
	defer func() {
		if v := recover(); v != nil {
			err = panicError("the driver", v)
		}
	}()
	return w.o.Driver.Deliver(w.ctx, &s.batch)
}

// backoff is the delay before the next try: a random part of an exponentially growing time.
// See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: full jitter.
func (w *Worker) backoff(failures int) time.Duration {
	limit := w.o.RetryMin
	for ; failures > 0 && limit < w.o.RetryMax; failures-- {
		limit *= 2
	}
	return rand.N(min(limit, w.o.RetryMax) + 1)
}

// pause waits before a retry, at most until Flush or Stop.
func (w *Worker) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.hurry:
	case <-w.ctx.Done():
	}
}
