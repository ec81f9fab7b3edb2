package destination

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// smallBatches makes every two records a full batch, with a goroutine for it.
func smallBatches(o *WorkerOptions) { o.MaxRecords = 2 }

func TestOneBatchIsUnderWayAtATimeAndInOrderWhateverFails(t *testing.T) {
	inBubble(t, smallBatches, func(r *rig) {
		r.overlap = true
		var under atomic.Int32
		most := 0
		r.driver.set(func(_ context.Context, b *Batch) error {
			if under.Add(1) != 1 {
				t.Error("two deliveries at a time")
			}
			defer under.Add(-1)
			runtime.Gosched()
			for _, it := range b.Items {
				var v record.View
				if err := v.Decode(it.Raw); err != nil || v.Message+"\n" != string(b.Data[it.Start:it.End]) {
					t.Errorf("the payload of %q is gone: %v", b.Data[it.Start:it.End], err)
				}
			}
			r.source.mu.Lock()
			most = max(most, len(r.source.lent))
			r.source.mu.Unlock()
			if rand.IntN(4) == 0 {
				return errDown
			}
			return nil
		})
		var want []string
		for i := range 1001 { // the last batch is not full
			want = append(want, fmt.Sprint(i))
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		r.Start()
		sleep(time.Hour)
		r.want(want...)
		if limit := 2 * (mostFlights + 2); most > limit {
			t.Errorf("%d payloads were held at a time, more than %d", most, limit)
		}
		if s := r.Status(); s.Delivered != 1001 || s.Retries == 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestNothingIsDeliveredBehindABatchThatStopGaveUp(t *testing.T) {
	for given := range 2 * mostFlights {
		inBubble(t, smallBatches, func(r *rig) {
			r.overlap = true
			first := fmt.Sprintf("%d\n", 2*given)
			r.driver.set(func(_ context.Context, b *Batch) error {
				if strings.HasPrefix(string(b.Data), first) {
					time.Sleep(time.Second)
					return errDown
				}
				return nil // whatever the context says
			})
			var want []string
			for i := range 4 * mostFlights {
				r.source.add(slog.LevelInfo, fmt.Sprint(i))
				if i < 2*given {
					want = append(want, fmt.Sprint(i))
				}
			}
			r.Start()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
			defer cancel()
			_ = r.Stop(ctx)
			sleep(time.Minute)
			r.want(want...)
			if n := len(r.source.acks); n != given {
				t.Errorf("the cursor moved %d times, want %d", n, given)
			}
		})
	}
}

// aborter is a formatter that ends the worker's context in the middle of its work.
type aborter struct {
	messages
	worker **Worker
}

func (f *aborter) Append(dst []byte, v *record.View) []byte {
	if v.Message == "abort" {
		(*f.worker).abort()
	}
	return f.messages.Append(dst, v)
}

func TestBatchUnderWayAtTheEndIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *Worker
		r := newRig(t, func(o *WorkerOptions) {
			o.MaxRecords = 2
			o.NewFormatter = func() format.Formatter { return &aborter{worker: &w} }
		})
		w, r.overlap = r.Worker, true
		r.driver.set(func(context.Context, *Batch) error { time.Sleep(time.Second); return nil })
		r.source.add(slog.LevelInfo, "a")
		last := r.source.add(slog.LevelInfo, "b")
		r.source.add(slog.LevelInfo, "abort")
		r.Start()
		<-r.done
		r.want("a", "b")
		if !r.source.Reached(last) || r.Status().Delivered != 2 {
			t.Errorf("%+v, cursor %v", r.Status(), r.source.acks)
		}
	})
}

func TestNextBatchIsFormattedWhileOneIsUnderWay(t *testing.T) {
	inBubble(t, smallBatches, func(r *rig) {
		r.overlap = true
		gate := make(chan struct{})
		r.driver.set(func(context.Context, *Batch) error { <-gate; return nil })
		for i := range 6 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		r.Start()
		synctest.Wait()
		r.source.mu.Lock()
		read := r.source.next
		r.source.mu.Unlock()
		if read != 4 {
			t.Errorf("%d records were read while the first two are under way, want 4", read)
		}
		close(gate)
		sleep(time.Second)
		r.want("0", "1", "2", "3", "4", "5")
	})
}

func TestDriverThatEndsItsGoroutineIsRetried(t *testing.T) {
	inBubble(t, smallBatches, func(r *rig) {
		r.overlap = true
		first := true
		r.driver.set(func(context.Context, *Batch) error {
			if first {
				first = false
				runtime.Goexit()
			}
			return nil
		})
		r.source.add(slog.LevelInfo, "0")
		r.source.add(slog.LevelInfo, "1")
		r.Start()
		sleep(time.Minute)
		r.want("0", "1")
		if s := r.Status(); s.LastError != errGoexit.Error() {
			t.Errorf("%+v", s)
		}
	})
}

func TestFailedBatchUnderWayIsNotAcknowledgedByStop(t *testing.T) {
	inBubble(t, smallBatches, func(r *rig) {
		r.overlap = true
		r.driver.set(func(_ context.Context, b *Batch) error {
			if strings.HasPrefix(string(b.Data), "4\n") {
				return errDown
			}
			return nil
		})
		for i := range 20 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		r.Start()
		sleep(time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
		r.want("0", "1", "2", "3")
		if s := r.Status(); s.Delivered != 4 || len(r.source.acks) != 2 {
			t.Errorf("%+v, acknowledged %v", s, r.source.acks)
		}
	})
}
