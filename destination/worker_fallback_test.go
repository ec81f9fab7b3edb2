package destination

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// pair is a destination and its fallback.
func pair(t *testing.T, test func(first, second *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		second := newRig(t, func(o *WorkerOptions) { o.Name = "second" })
		first := newRig(t, func(o *WorkerOptions) { o.Fallback = second.Worker })
		test(first, second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for _, r := range []*rig{first, second} {
			if err := r.Stop(ctx); err != nil {
				t.Errorf("Stop: %v", err)
			}
		}
	})
}

func TestTheFallbackTakesTheRecordsWhileTheDestinationIsDown(t *testing.T) {
	pair(t, func(first, second *rig) {
		first.driver.set(down)
		second.source.add(slog.LevelInfo, "own")
		first.Start()
		second.Start()
		var want []string
		for i := range 100 {
			first.source.add(slog.LevelInfo, fmt.Sprint(i))
			want = append(want, fmt.Sprint(i))
			sleep(time.Second)
		}
		second.want(append([]string{"own"}, want...)...)
		s, h := first.Status(), second.Status()
		if s.Delivered != 100 || s.Fallback != 100 || h.Delivered != 1 || h.Guests != 100 || h.Redelivered != 0 {
			t.Errorf("%+v\n%+v", s, h)
		}
		if len(first.events) != 2 { // that it fails, and where the records go
			t.Errorf("%q", first.events)
		}
		first.driver.set(nil)
		sleep(time.Minute)
		first.source.add(slog.LevelInfo, "home")
		sleep(time.Minute)
		first.want("home")
		if s := first.Status(); s.Delivered != 101 || s.Fallback != 100 || s.Breaker != BreakerClosed {
			t.Errorf("%+v", s)
		}
	})
}

func TestRecordsWaitWhenTheFallbackIsDownToo(t *testing.T) {
	pair(t, func(first, second *rig) {
		first.driver.set(down)
		second.driver.set(down)
		second.source.add(slog.LevelInfo, "own")
		last := first.source.add(slog.LevelInfo, "a")
		first.Start()
		second.Start()
		sleep(time.Hour)
		if first.source.Reached(last) || first.Status().Delivered+second.Status().Delivered != 0 {
			t.Fatalf("%+v\n%+v", first.Status(), second.Status())
		}
		second.driver.set(nil)
		sleep(2 * time.Minute)
		second.want("own", "a")
		if s := first.Status(); s.Fallback != 1 || !first.source.Reached(last) {
			t.Errorf("%+v", s)
		}
	})
}

func TestABatchThatTheFallbackRejectsGoesBack(t *testing.T) {
	pair(t, func(first, second *rig) {
		first.driver.set(down)
		second.driver.set(func(context.Context, *Batch) error { return Reject(errors.New("not here")) })
		last := first.source.add(slog.LevelInfo, "a")
		first.Start()
		second.Start()
		sleep(time.Hour)
		if first.source.Reached(last) {
			t.Fatal("it is gone")
		}
		first.driver.set(nil)
		sleep(time.Minute)
		first.want("a")
		if s := first.Status(); s.Delivered != 1 || s.Fallback != 0 || second.Status().Guests != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestTheFallbackStopsLast(t *testing.T) {
	pair(t, func(first, second *rig) {
		first.driver.set(down)
		first.Start()
		second.Start()
		first.source.add(slog.LevelInfo, "0")
		sleep(time.Minute)
		for i := range 10000 {
			first.source.add(slog.LevelInfo, fmt.Sprint(i+1))
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		done := make(chan error)
		go func() { done <- second.Stop(ctx) }()
		synctest.Wait()
		if err := first.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if s := first.Status(); s.Delivered != 10001 || ctx.Err() != nil {
			t.Errorf("%+v", s)
		}
	})
}

func TestADestinationDoesNotWaitForAFallbackThatHangs(t *testing.T) {
	pair(t, func(first, second *rig) {
		gate := make(chan struct{})
		second.driver.set(func(context.Context, *Batch) error { <-gate; return nil })
		second.source.add(slog.LevelInfo, "own")
		first.driver.set(down)
		first.source.add(slog.LevelInfo, "a")
		first.Start()
		second.Start()
		sleep(10 * time.Minute)
		first.driver.set(nil)
		sleep(time.Minute)
		first.want("a")
		if s := first.Status(); s.Delivered != 1 || s.Fallback != 0 {
			t.Errorf("%+v", s)
		}
		close(gate)
		sleep(time.Minute)
		second.want("own")
	})
}

func TestAFallbackThatIsDownIsTriedByGuestsAtGrowingIntervalsAndComesBack(t *testing.T) {
	pair(t, func(first, second *rig) {
		first.driver.set(down)
		second.driver.set(down)
		first.source.add(slog.LevelInfo, "a")
		first.Start()
		second.Start()
		sleep(time.Hour)
		if n := second.tries(); n < 50 || n > 400 {
			t.Errorf("the fallback was tried %d times in an hour", n)
		}
		second.driver.set(nil)
		sleep(2 * time.Minute)
		second.want("a")
		if s := second.Status(); s.Breaker != BreakerClosed || s.Guests != 1 {
			t.Errorf("%+v", s)
		}
	})
}
