package destination

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/health"
)

func TestStopDeliversWhatIsThere(t *testing.T) {
	for _, pause := range []time.Duration{0, time.Millisecond, time.Hour} { // at the start, napping, asleep
		inBubble(t, nil, func(r *rig) {
			r.Start()
			sleep(pause)
			var last Mark
			for i := range 5000 {
				last = r.source.add(slog.LevelInfo, fmt.Sprint(i))
			}
			if err := r.Stop(context.Background()); err != nil {
				t.Error(err)
			}
			if n := len(r.driver.lines()); n != 5000 || !r.source.Reached(last) || r.driver.closed != 1 {
				t.Errorf("pause %v: %d records arrived, driver closed %d times", pause, n, r.driver.closed)
			}
			if s := r.Status(); s.State != health.StateClosed {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestRecordAcceptedJustBeforeStopIsDelivered(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		stopped := make(chan error)
		r.source.onEmpty = func() { // the worker has just found nothing
			r.source.add(slog.LevelInfo, "late")
			go func() { stopped <- r.Stop(context.Background()) }()
			for !r.stopping.Load() {
				time.Sleep(time.Nanosecond)
			}
		}
		r.Start()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		r.want("late")
	})
}

func TestStopTriesAFailingDestinationUntilItsContextEnds(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(down)
		last := r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Hour)
		before := len(r.driver.attempts)
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 10*time.Minute {
			t.Errorf("it took %v", took)
		}
		if len(r.driver.attempts) <= before || r.source.Reached(last) || r.driver.closed != 1 {
			t.Errorf("%d attempts before, %d after, closed %d times", before, len(r.driver.attempts), r.driver.closed)
		}
	})
}

func TestDestinationThatComesBackIsDrainedByStop(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(down)
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Hour)
		time.AfterFunc(time.Minute, func() { r.driver.set(nil) })
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		r.want("a")
	})
}

func TestDeliveryEndsWithTheContextOfStop(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(func(ctx context.Context, _ *Batch) error {
			<-ctx.Done()
			return ctx.Err()
		})
		last := r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
		if s := r.Status(); s.Retries != 0 || len(r.events) != 0 || r.source.Reached(last) {
			t.Errorf("the end of Stop is no failure of the destination: %+v %q", s, r.events)
		}
	})
}

func TestDeafDriverIsNamedByAStopThatReturnsInTime(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.Name = "slowpoke" }, func(r *rig) {
		gate := make(chan struct{})
		r.driver.set(func(context.Context, *Batch) error { <-gate; return nil })
		last := r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		if s := r.Status(); s.State != health.StateBlocked || s.InFlight < 50*time.Second {
			t.Errorf("%+v", s)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		err := r.Stop(ctx)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		if !errors.Is(err, ErrBlocked) || !strings.Contains(err.Error(), "slowpoke") || !strings.Contains(err.Error(), "1m1") {
			t.Errorf("error %v", err)
		}
		touched := r.source.calls()
		close(gate)
		synctest.Wait()
		select {
		case <-r.done:
		default:
			t.Error("the goroutine is still there")
		}
		if n := r.source.calls() - touched; n != 0 || r.source.Reached(last) {
			t.Errorf("%d calls of the source after Stop", n)
		}
		if s := r.Status(); s.Delivered != 0 || r.driver.closed != 1 {
			t.Errorf("%+v, closed %d times", s, r.driver.closed)
		}
	})
}

func TestStopWithoutStartClosesTheDriver(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		r.Start()
		synctest.Wait()
		if r.driver.closed != 1 || r.source.calls() != 0 || r.Status().State != health.StateClosed {
			t.Errorf("closed %d times, %d calls of the source, %+v", r.driver.closed, r.source.calls(), r.Status())
		}
		if err := r.WaitAcked(context.Background(), Mark{End: 1}); err == nil {
			t.Error("a stopped worker acknowledges nothing")
		}
	})
}

func TestStopMayBeCalledByManyAtOnce(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.close = func() error { return errDown }
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if err := r.Stop(context.Background()); !errors.Is(err, errDown) {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
		if r.want("a"); r.driver.closed != 1 {
			t.Errorf("closed %d times", r.driver.closed)
		}
		r.closeErr = nil
	})
}

func TestPanicOfACloseIsAnError(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.close = func() error { panic("close bug") }
		r.Start()
		if err := r.Stop(context.Background()); err == nil || !strings.Contains(err.Error(), "close bug") {
			t.Errorf("error %v", err)
		}
		r.closeErr = nil
	})
}
