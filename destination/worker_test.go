package destination

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/format"
)

func TestRecordsAreDeliveredInOrderAndAcknowledged(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var want []string
		var last Mark
		r.Start()
		for i := range 10_000 {
			want = append(want, fmt.Sprintf("record %d\n", i))
			last = r.source.add(slog.LevelInfo, fmt.Sprintf("record %d", i))
			if i%777 == 0 {
				sleep(time.Millisecond)
			}
		}
		if err := r.WaitAcked(context.Background(), last); err != nil {
			t.Fatal(err)
		}
		if got := r.driver.lines(); !slices.Equal(got, want) {
			t.Errorf("%d lines, first %q", len(got), got[:min(3, len(got))])
		}
		if s := r.Status(); s.Delivered != 10_000 || len(s.Dropped) != 0 || s.LastDelivery.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

func TestBatchIsBoundedByRecords(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxRecords = 10 }, func(r *rig) {
		for range 95 {
			r.source.add(slog.LevelInfo, "x")
		}
		r.Start()
		sleep(time.Second)
		if most := slices.Max(r.driver.batches); most != 10 || len(r.driver.lines()) != 95 {
			t.Errorf("batches of %v records", r.driver.batches)
		}
	})
}

func TestBatchIsBoundedByBytesButForOneHugeRecord(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxBytes = 20_000 }, func(r *rig) {
		for range 100 {
			r.source.add(slog.LevelInfo, strings.Repeat("x", 999))
		}
		r.source.add(slog.LevelInfo, strings.Repeat("y", 1<<20))
		r.Start()
		sleep(time.Second)
		if most := slices.Max(r.driver.batches); most > 30 || most < 10 {
			t.Errorf("batches of %v records of 1000 bytes", r.driver.batches)
		}
		if n := len(r.driver.lines()); n != 101 {
			t.Errorf("%d records arrived", n)
		}
	})
}

func TestBatchWaitsForMoreAsLongAsMaxAge(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxAge = 5 * time.Second }, func(r *rig) {
		r.Start()
		for range 10 {
			r.source.add(slog.LevelInfo, "x")
			sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if n := len(r.driver.lines()); n != 0 {
			t.Fatalf("%d records after a second", n)
		}
		sleep(5 * time.Second)
		if !slices.Equal(r.driver.batches, []int{10}) {
			t.Errorf("batches of %v records", r.driver.batches)
		}
	})
}

func TestFullBatchDoesNotWait(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxAge, o.MaxRecords = time.Hour, 10 }, func(r *rig) {
		r.Start()
		r.source.add(slog.LevelInfo, "x")
		sleep(time.Second) // it waits for more now
		for range 24 {
			r.source.add(slog.LevelInfo, "x")
		}
		sleep(50 * time.Millisecond)
		if n := len(r.driver.lines()); n != 20 {
			t.Errorf("%d records arrived", n)
		}
	})
}

func TestFlushEndsTheWaitForAFullBatch(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxAge = time.Hour }, func(r *rig) {
		r.Start()
		mark := r.source.add(slog.LevelInfo, "x")
		sleep(time.Second)
		r.want()
		r.Flush()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := r.WaitAcked(ctx, mark); err != nil {
			t.Error(err)
		}
	})
}

func TestFlushCountsForRecordsThatAreNotReadYet(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxAge = time.Hour }, func(r *rig) {
		r.Start()
		sleep(time.Hour)
		mark := r.source.add(slog.LevelInfo, "x")
		r.Flush()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := r.WaitAcked(ctx, mark); err != nil {
			t.Error(err)
		}
	})
}

func TestUrgentRecordEndsTheWaitForAFullBatch(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxAge = time.Hour }, func(r *rig) {
		r.Start()
		r.source.add(slog.LevelInfo, "calm")
		sleep(time.Second)
		r.want()
		r.source.add(slog.LevelError, "urgent")
		sleep(50 * time.Millisecond)
		r.want("calm", "urgent")
	})
}

func TestUndecodableRecordIsCountedAndTheOthersArrive(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.source.add(slog.LevelInfo, "a")
		r.source.addRaw(fakeJournal, slog.LevelError, []byte("damaged"))
		last := r.source.add(slog.LevelInfo, "b")
		r.Start()
		sleep(time.Second)
		r.want("a", "b")
		if s := r.Status(); s.Delivered != 2 || s.Dropped[DropUndecodable][urgent] != 1 || s.LastError == "" {
			t.Errorf("%+v", s)
		}
		if !r.source.Reached(last) {
			t.Error("the cursor did not move")
		}
	})
}

func TestCursorMovesWhenNothingCanBeDecoded(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		last := r.source.addRaw(fakeJournal, slog.LevelInfo, []byte("damaged"))
		r.Start()
		if err := r.WaitAcked(context.Background(), last); err != nil {
			t.Error(err)
		}
		if r.want(); len(r.driver.attempts) != 0 {
			t.Error("an empty batch was delivered")
		}
	})
}

func TestPanickingFormatterCostsOneRecordAndIsReplaced(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		for _, m := range []string{"a", "panic", "panic", "b", "c"} {
			r.source.add(slog.LevelInfo, m)
		}
		r.Start()
		sleep(time.Second)
		r.want("a", "b", "c")
		if s := r.Status(); s.Delivered != 3 || r.dropped(DropFormatPanic) != 2 || !strings.Contains(s.LastError, "as asked") {
			t.Errorf("%+v", s)
		}
	})
}

func TestDropsAreNotCountedBeforeTheCursorPassesThem(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.driver.set(down)
		r.source.addRaw(fakeJournal, slog.LevelInfo, []byte("damaged"))
		last := r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
		if s := r.Status(); s.Delivered != 0 || len(s.Dropped) != 0 || r.source.Reached(last) {
			t.Errorf("the records stay in the journal, and yet: %+v", s)
		}
	})
}

func TestBatchEndsWithItsJournal(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.MaxAge = time.Second }, func(r *rig) {
		adopted := r.source.addRaw('a', slog.LevelInfo, payload(slog.LevelInfo, "old"))
		own := r.source.add(slog.LevelInfo, "new")
		r.Start()
		sleep(time.Minute)
		r.want("old", "new")
		if !slices.Equal(r.source.acks, []Mark{adopted, own}) {
			t.Errorf("acknowledged %v", r.source.acks)
		}
	})
}

func TestCursorThatCanNotBeStoredIsReportedOnce(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.source.ackErr = errors.New("read-only file system")
		r.Start()
		for range 10 {
			r.source.add(slog.LevelInfo, "x")
			sleep(time.Second)
		}
		if len(r.events) != 1 || !strings.Contains(r.events[0], "read-only file system") {
			t.Errorf("events %q", r.events)
		}
		if s := r.Status(); s.Delivered != 10 || s.LastError == "" {
			t.Errorf("%+v", s)
		}
	})
}

func TestWaitAckedEndsWithItsContext(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.WaitAcked(ctx, Mark{Journal: [16]byte{fakeJournal}, End: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if n := len(r.waiters); n != 0 {
			t.Errorf("%d waiters are left", n)
		}
	})
}

func TestWaitAckedEndsWithTheWorker(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		errs := make(chan error)
		go func() { errs <- r.WaitAcked(context.Background(), Mark{End: 1}) }()
		synctest.Wait()
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-errs; err == nil {
			t.Error("the record is not acknowledged")
		}
	})
}

func TestEveryWaiterIsWoken(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.Start()
		sleep(time.Second)
		errs := make(chan error, 64)
		for i := range 64 {
			go func() {
				errs <- r.WaitAcked(context.Background(), Mark{Journal: [16]byte{fakeJournal}, End: uint64(i+1) * 100})
			}()
		}
		synctest.Wait()
		for range 64 {
			r.source.add(slog.LevelInfo, "x")
		}
		for range 64 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

// sized is a driver that says how large its batches are to be.
type sized struct {
	Driver
	bytes int
}

func (s sized) BatchBytes() int { return s.bytes }

func TestADriverSaysHowLargeItsBatchesAreUnlessTheConfigurationDoes(t *testing.T) {
	newFormatter := func() format.Formatter { return nil }
	for _, c := range []struct{ configured, driver, want int }{{0, 100, 100}, {50, 100, 50}, {0, 0, defaultBytes}} {
		if w := NewWorker(WorkerOptions{Driver: sized{bytes: c.driver}, MaxBytes: c.configured, NewFormatter: newFormatter}); w.o.MaxBytes != c.want {
			t.Errorf("configured %d, the driver says %d: %d, want %d", c.configured, c.driver, w.o.MaxBytes, c.want)
		}
	}
}
