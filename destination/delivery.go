package destination

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/hydra-logger/hydra/health"
)

// deliver hands a batch to the driver until all of it is dealt with. It returns false when the
// worker was stopped before: the batch stays in the journal.
func (w *Worker) deliver(s *scratch) bool {
	if len(s.batch.Items) == 0 {
		return true // all of it was dropped, or had arrived before
	}
	if w.breaker.down.Load() { // the batch before was given up, or went to the fallback
		return w.begin(s, &s.batch) && w.bury(s)
	}
	w.calmDown()
	return w.insist(s, w.try(s, &s.batch))
}

// calmDown forgets a Flush of the time before a batch, which would end its first delay.
func (w *Worker) calmDown() {
	select {
	case <-w.hurry:
	default:
	}
}

// try calls the driver.
func (w *Worker) try(s *scratch, b *Batch) error {
	b.Attempt++
	if w.check != nil && b == &s.batch && s.end != (Mark{}) {
		w.storeIntent(s)
	}
	s.began = time.Now()
	return w.deliverOnce(b, s.began)
}

// insist goes on delivering a batch, whose first try ended with err, until all of it is dealt with.
func (w *Worker) insist(s *scratch, err error) bool {
	if err == nil && !w.breaker.down.Load() {
		return true
	}
	return w.settle(s, &s.batch, err) && w.bury(s)
}

// begin makes the first try of a batch when it is its turn.
func (w *Worker) begin(s *scratch, b *Batch) bool {
	switch w.turn(s, b) {
	case turnStopped:
		return false
	case turnTaken:
		return true
	}
	return w.settle(s, b, w.probeAndTry(s, b))
}

// settle goes on with a batch whose first try ended with err, until each record has arrived, was taken by the
// fallback, or is a dead letter. It returns false when the worker was stopped before.
func (w *Worker) settle(s *scratch, b *Batch, err error) bool {
	for tries := 1; err != nil; tries++ {
		w.stats.failed(err)
		if w.ctx.Err() != nil {
			w.breaker.giveBack()
			return false
		}
		delay := time.Duration(0)
		switch o := OutcomeOf(err); {
		case o.Kind == Rejected:
			w.answered()
			return w.split(s, b, tries, err)
		case o.Kind == Partly && sound(b, o.Items):
			before := len(b.Items)
			if b = w.pick(s, b, o.Items, tries); b == nil {
				w.answered()
				return true
			}
			if len(b.Items) < before {
				w.answered()
				delay = max(retryAfter(err), w.backoff(tries-1))
			}
		}
		w.stats.retries.Add(1)
		if delay == 0 {
			w.fail(s, err)
		}
		if w.o.GiveUpAfter > 0 && tries >= w.o.GiveUpAfter {
			w.giveUp(s, b, tries, err)
			return true
		}
		w.pause(delay)
		switch w.turn(s, b) {
		case turnStopped:
			return false
		case turnTaken:
			return true
		}
		err = w.probeAndTry(s, b)
	}
	w.answered()
	return true
}

// answered notes that the destination works.
func (w *Worker) answered() {
	if n := w.breaker.pass(); n > 0 {
		w.event(fmt.Sprintf("is back after %d failed deliveries", n), nil)
		w.stats.state.Store(health.StateDelivering)
		w.diverted.Store(false)
	}
}

func (w *Worker) fail(s *scratch, err error) {
	first := !w.breaker.down.Load()
	w.breaker.fail(s.began, retryAfter(err), w.backoff)
	w.stats.state.Store(health.StateRetrying)
	if first {
		w.event("a delivery failed and is retried", err)
	}
}

// The answers of turn.
type turn uint8

const (
	turnTry     turn = iota // it is the batch's turn
	turnTaken               // the fallback has taken it
	turnStopped             // the worker is
)

// turn waits until the batch may be tried. Meanwhile the fallback may take it.
func (w *Worker) turn(s *scratch, b *Batch) turn {
	for {
		if w.ctx.Err() != nil {
			return turnStopped
		}
		wait, changed := w.breaker.admit()
		if wait == 0 {
			return turnTry
		}
		if w.o.Fallback != nil && w.breaker.open() {
			if w.fallBack(s, b, wait) {
				return turnTaken
			}
			wait = min(wait, fallbackPause)
		}
		w.pauseOr(wait, changed)
	}
}

// probeAndTry asks the target first whether it would take a batch, when it failed for long.
func (w *Worker) probeAndTry(s *scratch, b *Batch) error {
	if w.prober != nil && w.breaker.open() {
		s.began = time.Now()
		if err := w.probe(); err != nil {
			return Retry(err, retryAfter(err))
		}
	}
	return w.tryApart(s, b)
}

// tryApart calls the driver in a goroutine of its own: one that ends its goroutine does not end what a batch has come to.
func (w *Worker) tryApart(s *scratch, b *Batch) error {
	outcome := make(chan error, 1)
	go func() {
		debug.SetPanicOnFault(true)
		err := errGoexit
		defer func() { outcome <- err }()
		err = w.try(s, b)
	}()
	return <-outcome
}

func (w *Worker) probe() (err error) {
	ctx, cancel := w.limited()
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = panicError("the driver's Probe", v)
		}
	}()
	return w.prober.Probe(ctx)
}

// limited is the context of one call of the driver.
func (w *Worker) limited() (context.Context, context.CancelFunc) {
	if w.o.Timeout <= 0 {
		return w.ctx, func() {}
	}
	return context.WithTimeoutCause(w.ctx, w.o.Timeout, errTimeout)
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
func (w *Worker) deliverOnce(b *Batch, began time.Time) (err error) {
	w.stats.begin(began)
	defer w.stats.end(began)
	defer func() {
		if v := recover(); v != nil {
			err = panicError("the driver", v)
		}
	}()
	if w.o.Timeout <= 0 {
		return w.o.Driver.Deliver(w.ctx, b)
	}
	ctx, cancel := w.limited()
	defer cancel()
	err = w.o.Driver.Deliver(ctx, b)
	if err != nil && ctx.Err() != nil && w.ctx.Err() == nil {
		// A target that was too slow has refused nothing.
		return Retry(fmt.Errorf("%w (%v): %w", errTimeout, w.o.Timeout, err), retryAfter(err))
	}
	return err
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

// pause waits, at most until Flush or Stop.
func (w *Worker) pause(d time.Duration) { w.pauseOr(d, nil) }

// pauseOr waits, at most until something has changed, or Flush or Stop.
func (w *Worker) pauseOr(d time.Duration, changed <-chan struct{}) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	case <-w.hurry:
		w.breaker.hurry()
	case <-w.ctx.Done():
	}
}
