package destination

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/health"
)

func TestIdleWorkerSetsNoTimer(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		r.source.add(slog.LevelInfo, "a")
		sleep(time.Second)
		synctest.Wait()
		if last := r.source.lastWait(); last.urgentOnly || last.d >= 0 {
			t.Fatalf("a second after the last record it waits %+v", last)
		}
		before := r.source.calls()
		sleep(24 * time.Hour)
		if n := r.source.calls() - before; n != 0 {
			t.Errorf("%d calls in a day without records", n)
		}
		if s := r.Status(); s.State != health.StateIdle {
			t.Errorf("%+v", s)
		}
	})
}

func TestFirstRecordAfterIdleArrivesAtOnce(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		for i := range 10 {
			sleep(time.Hour)
			r.source.add(slog.LevelDebug, "a")
			sleep(50 * time.Millisecond)
			synctest.Wait()
			if n := len(r.driver.lines()); n != i+1 {
				t.Fatalf("%d records arrived of %d", n, i+1)
			}
		}
	})
}

func TestEveryRecordArrivesWithin50MillisecondsWhateverTheWorkerDoes(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		for i := range 300 {
			sleep(time.Duration(i) * 777 * time.Microsecond)
			r.source.add(slog.LevelDebug, "a")
			sleep(50 * time.Millisecond)
			synctest.Wait()
			if n := len(r.driver.lines()); n != i+1 {
				t.Fatalf("%d records arrived of %d", n, i+1)
			}
		}
	})
}

func TestUrgentRecordEndsANap(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		for i := range 100 {
			sleep(time.Duration(i) * 333 * time.Microsecond)
			r.source.add(slog.LevelInfo, fmt.Sprint("calm ", i))
			r.source.add(slog.LevelError, fmt.Sprint("urgent ", i))
			synctest.Wait() // no time passes
			if n := len(r.driver.lines()); n != 2*(i+1) {
				t.Fatalf("%d records arrived of %d", n, 2*(i+1))
			}
		}
	})
}

func TestCallersDoNotWakeABusyWorker(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		for range 10_000 { // for a second
			r.source.add(slog.LevelInfo, "a")
			sleep(100 * time.Microsecond)
		}
		r.source.mu.Lock()
		asleep := 0
		for _, w := range r.source.waits {
			if !w.urgentOnly {
				asleep++
			}
		}
		waits := len(r.source.waits)
		r.source.mu.Unlock()
		if asleep > 1 { // before the first record
			t.Errorf("it slept %d times", asleep)
		}
		if waits > 1000 {
			t.Errorf("it napped %d times in a second", waits)
		}
	})
}

func TestSleepingWorkerKeepsNoMemoryOfRecords(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		for range 10_000 {
			r.source.add(slog.LevelInfo, "a")
		}
		r.Start()
		sleep(time.Minute)
		synctest.Wait()
		if r.work != nil {
			t.Errorf("it keeps %d entries and %d bytes", len(r.work.entries), cap(r.work.batch.Data))
		}
	})
}

func TestKickWithNothingToReadCostsOneLook(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		sleep(time.Minute)
		before := r.source.calls()
		r.Flush()
		sleep(time.Minute)
		if n := r.source.calls() - before; n == 0 || n > 50 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestLargeBatchesUseTheirBufferAgain(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxBytes, o.MaxRecords = 4<<20, 1<<20 }, func(r *rig) {
		r.overlap = false
		buffers := map[*byte]int{}
		r.driver.set(func(_ context.Context, b *Batch) error {
			buffers[&b.Data[0]]++
			return nil
		})
		for range 20_000 {
			r.source.add(slog.LevelInfo, strings.Repeat("x", 1000))
		}
		r.Start()
		sleep(time.Second)
		if len(r.driver.batches) < 4 || len(buffers) > 3 { // the first ones grow
			t.Errorf("%d buffers for %d batches", len(buffers), len(r.driver.batches))
		}
	})
}
