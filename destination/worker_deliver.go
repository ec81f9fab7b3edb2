package destination

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hydra-logger/hydra/health"
)

// deliver hands the batch to the driver until it takes it. It returns false when the
// worker was stopped before: the batch stays in the journal.
func (w *Worker) deliver(end Mark) bool {
	b := &w.batch
	if len(b.Items) == 0 {
		return true // everything was undecodable, and is counted
	}
	for failures := 0; ; failures++ {
		b.Attempt++
		if w.check != nil {
			w.storeIntent(end)
		}
		err := w.deliverOnce()
		if err == nil {
			if failures > 0 {
				w.o.OnEvent(fmt.Sprintf("is back after %d failed deliveries", failures), nil)
			}
			return true
		}
		w.stats.retries.Add(1)
		w.stats.failed(err)
		if failures == 0 {
			w.o.OnEvent("a delivery failed and is retried", err)
		}
		if w.deliverCtx.Err() != nil {
			return false
		}
		w.stats.state.Store(health.StateRetrying)
		w.pause(max(retryAfter(err), w.backoff(failures)))
		if w.deliverCtx.Err() != nil {
			return false
		}
		w.stats.state.Store(health.StateDelivering)
	}
}

func (w *Worker) storeIntent(end Mark) {
	intent := w.check.Intent(&w.batch)
	if intent == nil {
		return
	}
	if err := w.o.Source.Intent(end, intent); err != nil {
		w.stats.failed(err)
	}
}

// deliverOnce calls the driver; its panic is a failure like any other.
func (w *Worker) deliverOnce() (err error) {
	w.stats.inFlight.Store(time.Now().UnixNano())
	defer w.stats.inFlight.Store(0)
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in the driver: %v", v)
		}
	}()
	return w.o.Driver.Deliver(w.deliverCtx, &w.batch)
}

// backoff is the delay before the next try: a random part of an exponentially growing time.
// See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: full jitter.
func (w *Worker) backoff(failures int) time.Duration {
	limit := w.o.RetryMin << min(failures, 30)
	if limit <= 0 || limit > w.o.RetryMax {
		limit = w.o.RetryMax
	}
	return time.Duration(rand.Int64N(int64(limit) + 1))
}

// pause waits, at most until Flush or Stop.
func (w *Worker) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.hurry:
	case <-w.deliverCtx.Done():
	}
}

// Stop delivers what is there, as long as ctx allows, and closes the driver. When a delivery is held by a
// system call and does not return, Stop returns all the same, with an error that says so; the goroutine
// then ends, and closes the driver, when the call returns.
func (w *Worker) Stop(ctx context.Context) error {
	w.stopping.Store(true)
	if !w.started.Load() {
		w.abort()
		return w.closeDriver()
	}
	w.Flush()
	select {
	case <-w.done:
		return w.closeErr
	case <-ctx.Done():
	}
	w.abort()
	w.Flush()
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-w.done:
		return w.closeErr
	case <-grace.C:
	}
	since := "not known since when"
	if at := w.stats.inFlight.Load(); at != 0 {
		since = time.Since(time.Unix(0, at)).Round(time.Millisecond).String()
	}
	w.stats.state.Store(health.StateBlocked)
	return fmt.Errorf("%w for %s; its goroutine ends when the call returns", ErrBlocked, since)
}

// ErrBlocked says that a delivery has not returned although it was told to.
var ErrBlocked = errors.New("a delivery is held by the system and has not returned")

func (w *Worker) closeDriver() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in the driver's Close: %v", v)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return w.o.Driver.Close(ctx)
}
