package destination

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/health"
)

// probingDriver can be asked.
type probingDriver struct {
	*fakeDriver
	probes  []time.Time
	answer  error
	asPanic bool
}

func (d *probingDriver) Probe(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.probes = append(d.probes, time.Now())
	if d.asPanic {
		panic("probe bug")
	}
	return d.answer
}

func TestAProbeStandsInForBatchesWhileTheDestinationIsDown(t *testing.T) {
	for _, asPanic := range []bool{false, true} {
		d := &probingDriver{fakeDriver: &fakeDriver{}, answer: errDown, asPanic: asPanic}
		inBubble(t, func(o *WorkerOptions) { o.Driver = d }, func(r *rig) {
			r.driver = d.fakeDriver
			r.driver.set(down)
			r.source.add(slog.LevelInfo, "a")
			r.Start()
			sleep(time.Hour)
			s := r.Status()
			if len(r.driver.attempts) != openAfter || len(d.probes) < 100 || len(d.probes) > 400 {
				t.Errorf("%d batches, %d probes", len(r.driver.attempts), len(d.probes))
			}
			if s.Breaker != BreakerOpen || s.State != health.StateRetrying || time.Until(s.NextTry) > 30*time.Second {
				t.Errorf("%+v", s)
			}
			r.driver.set(nil)
			sleep(time.Minute)
			if len(r.driver.attempts) != openAfter {
				t.Error("a batch was tried although the probe failed")
			}
			d.mu.Lock()
			d.answer, d.asPanic = nil, false
			d.mu.Unlock()
			sleep(time.Minute)
			r.want("a")
			if s := r.Status(); s.Breaker != BreakerClosed || !s.NextTry.IsZero() || s.State == health.StateRetrying {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestAProbeThatSucceedsWhileDeliveriesFailDoesNotRaiseTheRate(t *testing.T) {
	d := &probingDriver{fakeDriver: &fakeDriver{deliver: down}}
	inBubble(t, func(o *WorkerOptions) { o.Driver = d }, func(r *rig) {
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Hour)
		if n := len(d.attempts); n < 100 || n > 400 {
			t.Errorf("%d deliveries in an hour", n)
		}
		d.set(nil)
	})
}

func TestTheDelayIsKeptFromBatchToBatch(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.GiveUpAfter, o.MaxRecords = 1, 1 }, func(r *rig) {
		r.driver.set(down)
		for i := range 1000 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		r.Start()
		sleep(time.Hour)
		if n := r.tries(); n < 100 || n > 400 {
			t.Errorf("%d deliveries in an hour", n)
		}
		r.driver.set(nil)
		sleep(time.Hour)
		if s := r.Status(); s.Delivered+r.dropped(DropGaveUp) != 1000 || s.Delivered < 600 {
			t.Errorf("%+v", s)
		}
	})
}

func TestImpatientCallersDoNotRaiseTheRateBeyondTheLeastDelay(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(down)
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		for range 10000 {
			r.Flush()
			sleep(time.Millisecond)
		}
		if n := r.tries(); n > 10000/50+10 {
			t.Errorf("%d deliveries in 10 s", n)
		}
		r.driver.set(func(context.Context, *Batch) error { return Retry(errDown, time.Hour) })
		sleep(time.Minute)
		before := r.tries()
		for range 1000 {
			r.Flush()
			sleep(time.Second)
		}
		if n := r.tries() - before; n > 1 {
			t.Errorf("%d deliveries although the target asked for an hour's peace", n)
		}
		r.driver.set(nil)
		sleep(2 * time.Hour)
	})
}

func TestADeliveryThatTakesTooLongIsRetried(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.Timeout = time.Second }, func(r *rig) {
		r.driver.set(func(ctx context.Context, b *Batch) error {
			switch b.Attempt {
			case 1:
				<-ctx.Done()
				return ctx.Err()
			case 2:
				<-ctx.Done()
				return Reject(errors.New("cut short")) // a driver that misreads its own time limit
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		r.want("a")
		s := r.Status()
		if s.Retries != 2 || s.DeadLettered != 0 || len(s.Dropped) != 0 || !strings.Contains(s.LastError, "time limit (1s)") {
			t.Errorf("%+v", s)
		}
	})
}

type key struct{}

func TestTheDriversContextCarriesTheValuesOfTheWorkers(t *testing.T) {
	base, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, 7))
	cancel()
	inBubble(t, func(o *WorkerOptions) { o.Context, o.Timeout = base, time.Second }, func(r *rig) {
		r.driver.set(func(ctx context.Context, _ *Batch) error {
			if ctx.Value(key{}) != 7 || ctx.Err() != nil {
				t.Errorf("%v %v", ctx.Value(key{}), ctx.Err())
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		r.want("a")
	})
}
