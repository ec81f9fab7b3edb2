package destination

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/format"
)

func TestFailedBatchComesAgainWholeAndInOrder(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var seen []string
		r.driver.set(func(_ context.Context, b *Batch) error {
			seen = append(seen, fmt.Sprintf("%d %q %d", b.Attempt, b.Data, len(b.Items)))
			if len(seen) < 3 {
				return errDown
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "a")
		r.source.add(slog.LevelInfo, "b")
		r.Start()
		sleep(time.Minute)
		r.source.add(slog.LevelInfo, "c")
		sleep(time.Minute)
		r.want("a", "b", "c")
		want := `1 "a\nb\n" 2|2 "a\nb\n" 2|3 "a\nb\n" 2|1 "c\n" 1`
		if got := strings.Join(seen, "|"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if s := r.Status(); s.Retries != 2 || s.Delivered != 3 || s.LastError != errDown.Error() {
			t.Errorf("%+v", s)
		}
	})
}

// delays are the times between deliveries.
func (r *rig) delays() []time.Duration {
	r.driver.mu.Lock()
	defer r.driver.mu.Unlock()
	var out []time.Duration
	for i := 1; i < len(r.driver.attempts); i++ {
		out = append(out, r.driver.attempts[i].Sub(r.driver.attempts[i-1]))
	}
	return out
}

func TestDelaysAreARandomPartOfADoublingLimit(t *testing.T) {
	const first, most = 100 * time.Millisecond, 20 * time.Second
	inBubble(t, func(o *WorkerOptions) { o.RetryMin, o.RetryMax = first, most }, func(r *rig) {
		r.driver.set(down)
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Hour)
		delays := r.delays()
		if len(delays) < 200 { // on average, half of the limit: 360 in an hour
			t.Fatalf("%d retries in an hour", len(delays))
		}
		short, sum := 0, time.Duration(0)
		for i, d := range delays {
			limit := time.Duration(min(float64(first)*math.Pow(2, float64(i)), float64(most)))
			if d < 0 || d > limit {
				t.Errorf("delay %d is %v, its limit %v", i, d, limit)
			}
			if d < limit/2 {
				short++
			}
			sum += d
		}
		if part := float64(short) / float64(len(delays)); part < 0.3 || part > 0.7 {
			t.Errorf("%d of %d delays are in the lower half of their range", short, len(delays))
		}
	})
}

func TestLimitOfTheDelayDoubles(t *testing.T) {
	w := NewWorker(WorkerOptions{Driver: &fakeDriver{}, Source: newFakeSource(), RetryMin: 100 * time.Millisecond, RetryMax: time.Second,
		NewFormatter: func() format.Formatter { return &messages{} }})
	for failures, limit := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		longest := time.Duration(0)
		for range 2000 {
			longest = max(longest, w.backoff(failures))
		}
		if limit *= time.Millisecond; longest > limit || longest < limit*9/10 {
			t.Errorf("after %d failures the longest of 2000 delays is %v, want nearly %v", failures, longest, limit)
		}
	}
}

func TestDelayLimitsHoldForExtremeSettings(t *testing.T) {
	for _, c := range []struct{ first, most time.Duration }{{17179869184, time.Hour}, {time.Hour, time.Second}, {1, math.MaxInt64 / 4}} {
		w := NewWorker(WorkerOptions{Driver: &fakeDriver{}, Source: newFakeSource(), RetryMin: c.first, RetryMax: c.most,
			NewFormatter: func() format.Formatter { return &messages{} }})
		for failures := range 200 {
			if d := w.backoff(failures); d < 0 || d > max(c.first, c.most) {
				t.Errorf("%v to %v: delay %v after %d failures", c.first, c.most, d, failures)
			}
		}
	}
}

type localDriver struct{ *fakeDriver }

func (localDriver) Local() bool { return true }

func TestLocalDestinationIsTriedEverySecondAtLeast(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		local := newRig(t, func(o *WorkerOptions) { o.Driver = localDriver{&fakeDriver{deliver: down}} })
		local.driver = local.o.Driver.(localDriver).fakeDriver
		local.source.add(slog.LevelInfo, "a")
		local.Start()
		sleep(time.Minute)
		for i, d := range local.delays() {
			if d > time.Second {
				t.Errorf("delay %d is %v", i, d)
			}
		}
		local.driver.set(nil)
		sleep(time.Second)
		local.want("a")
		if err := local.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestDriverSaysHowLongToWaitAtLeast(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(func(_ context.Context, b *Batch) error {
			if b.Attempt < 5 {
				return fmt.Errorf("busy: %w", Retry(errDown, 10*time.Minute))
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Hour)
		for i, d := range r.delays() {
			if d < 10*time.Minute {
				t.Errorf("delay %d is %v", i, d)
			}
		}
		r.want("a")
	})
}

func TestFlushEndsTheDelayBeforeARetry(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.RetryMin, o.RetryMax = 1000*time.Hour, 1000*time.Hour }, func(r *rig) {
		r.driver.set(down)
		mark := r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Second)
		r.driver.set(nil)
		r.Flush()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.WaitAcked(ctx, mark); err != nil {
			t.Error(err)
		}
	})
}

func TestOldFlushDoesNotEndALaterDelay(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.RetryMin, o.RetryMax = 1000*time.Hour, 1000*time.Hour }, func(r *rig) {
		r.Start()
		r.Flush()
		sleep(time.Minute)
		r.driver.set(down)
		r.source.add(slog.LevelInfo, "a")
		sleep(time.Minute)
		synctest.Wait()
		if n := len(r.driver.attempts); n != 1 {
			t.Errorf("%d attempts", n)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestPanickingDriverIsAFailureLikeAnyOther(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(func(_ context.Context, b *Batch) error {
			if b.Attempt < 4 {
				panic("driver bug")
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(10 * time.Minute)
		r.want("a")
		if s := r.Status(); s.Retries != 3 || !strings.Contains(s.LastError, "driver bug") {
			t.Errorf("%+v", s)
		}
	})
}

func TestEventsTellOfTheFirstFailureAndOfTheReturn(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		for range 2 {
			r.driver.set(down)
			r.source.add(slog.LevelInfo, "a")
			r.Start()
			sleep(10 * time.Minute)
			r.driver.set(nil)
			sleep(time.Minute)
		}
		if len(r.events) != 4 || !strings.Contains(r.events[0], errDown.Error()) || !strings.Contains(r.events[1], "is back after") {
			t.Errorf("events %q", r.events)
		}
	})
}

func TestPanicOfAnEventListenerIsContained(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.OnEvent = func(string, error) { panic("listener bug") } }, func(r *rig) {
		r.driver.set(func(_ context.Context, b *Batch) error {
			if b.Attempt == 1 {
				return errDown
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		r.want("a")
	})
}

func TestFailingSourceIsTriedAgain(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.source.nextErr = errDown
		r.Start()
		sleep(time.Hour)
		if n := r.source.calls(); n > 1000 {
			t.Errorf("%d calls in an hour", n)
		}
		r.source.mu.Lock()
		r.source.nextErr = nil
		r.source.mu.Unlock()
		r.source.add(slog.LevelInfo, "a")
		sleep(time.Minute)
		r.want("a")
	})
}
