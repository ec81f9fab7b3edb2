package destination

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"
)

// notices gives out a notice for each one that was asked for.
func notices(due *atomic.Int32) func(o *WorkerOptions) {
	return func(o *WorkerOptions) {
		o.Notice = func() []byte {
			if due.Load() == 0 {
				return nil
			}
			due.Add(-1)
			return payload(slog.LevelWarn, "dropped some")
		}
	}
}

func TestNoticeComesBeforeTheBatchAndIsNotCounted(t *testing.T) {
	var due atomic.Int32
	due.Store(1)
	inBubble(t, notices(&due), func(r *rig) {
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Second)
		r.want("dropped some", "a")
		if s := r.Status(); s.Delivered != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestNoticeSurvivesFailedDeliveries(t *testing.T) {
	var due atomic.Int32
	due.Store(1)
	inBubble(t, notices(&due), func(r *rig) {
		r.driver.set(down)
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		r.driver.set(nil)
		sleep(time.Minute)
		r.want("dropped some", "a")
	})
}

func TestNoticeWithNoRecordsBehindItIsDelivered(t *testing.T) {
	var due atomic.Int32
	inBubble(t, notices(&due), func(r *rig) {
		r.source.add(slog.LevelInfo, "a")
		r.driver.set(func(context.Context, *Batch) error {
			due.Store(1)
			r.driver.set(down)
			return nil
		})
		r.Start()
		sleep(time.Minute)
		r.want("a")
		r.driver.set(nil)
		sleep(time.Minute)
		r.want("a", "dropped some")
		if s := r.Status(); s.Delivered != 1 || len(r.source.acks) != 1 {
			t.Errorf("%+v, acknowledged %v", s, r.source.acks)
		}
	})
}

func TestNoticeOfABatchThatCanNotBeDecodedIsDelivered(t *testing.T) {
	var due atomic.Int32
	due.Store(1)
	inBubble(t, notices(&due), func(r *rig) {
		last := r.source.addRaw(fakeJournal, slog.LevelInfo, []byte("damaged"))
		r.Start()
		sleep(time.Second)
		r.want("dropped some")
		if !r.source.Reached(last) {
			t.Error("the cursor did not move")
		}
	})
}

func TestLastNoticeIsDeliveredByStop(t *testing.T) {
	var due atomic.Int32
	inBubble(t, notices(&due), func(r *rig) {
		r.Start()
		sleep(time.Hour) // asleep
		due.Store(1)
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		r.want("dropped some")
	})
}

func TestBrokenNoticeCostsNothingElse(t *testing.T) {
	broken := [][]byte{payload(slog.LevelWarn, "panic"), []byte("damaged")}
	inBubble(t, func(o *WorkerOptions) {
		o.Notice = func() []byte {
			if len(broken) == 0 {
				return nil
			}
			p := broken[0]
			broken = broken[1:]
			return p
		}
	}, func(r *rig) {
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Second)
		r.source.add(slog.LevelInfo, "b")
		sleep(time.Second)
		r.want("a", "b")
	})
}
