package destination

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hydra-logger/hydra/health"
)

// ErrBlocked says that a delivery has not returned although it was told to.
var ErrBlocked = errors.New("a delivery is held by the system and has not returned")

const (
	// stopGrace is how long Stop waits for a delivery to notice that its context has ended.
	stopGrace = 100 * time.Millisecond
	// closeLimit is how long a driver may take to close.
	closeLimit = time.Second
)

// Stop delivers what is there, as long as ctx allows, and closes the driver. What is not delivered then stays
// in the source. When a delivery is held by a system call and does not return, Stop returns all the same, with
// [ErrBlocked]; the goroutine then ends, and closes the driver, when the call returns, and leaves the source alone.
func (w *Worker) Stop(ctx context.Context) error {
	w.stopping.Store(true)
	if w.begun.CompareAndSwap(false, true) {
		w.end() // never started
	}
	w.Flush()
	select {
	case <-w.done:
		return w.closeErr
	case <-ctx.Done():
	}
	w.abort()
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-w.done:
		return w.closeErr
	case <-grace.C:
	}
	w.source.abandon()
	w.stats.state.Store(health.StateBlocked)
	return blockedError(w.o.Name, &w.stats)
}

// Halt stops the worker after the batch that is under way, whatever else there is to deliver, and closes the driver: for a
// worker that another one replaces. A delivery that fails is tried again until ctx ends. Otherwise it is as Stop.
func (w *Worker) Halt(ctx context.Context) error {
	w.halted.Store(true)
	return w.Stop(ctx)
}

func blockedError(name string, s *stats) error {
	return fmt.Errorf("destination %q: %w%s; its goroutine ends when the call returns", name, ErrBlocked, s.blockedFor())
}

func closeDriver(d Driver) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError("the driver's Close", v)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	return d.Close(ctx)
}
