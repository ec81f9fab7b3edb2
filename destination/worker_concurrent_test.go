package destination

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// concurrentDriver takes several batches at once.
type concurrentDriver struct {
	*fakeDriver
	most int
}

func (d *concurrentDriver) Concurrent() int { return d.most }

func unordered(most int) func(o *WorkerOptions) {
	return func(o *WorkerOptions) {
		o.Driver, o.Unordered, o.MaxRecords = &concurrentDriver{&fakeDriver{}, most}, true, 2
	}
}

// inCrowd is inBubble for a worker with several batches under way.
func inCrowd(t *testing.T, most int, change func(o *WorkerOptions), test func(r *rig)) {
	t.Helper()
	inBubble(t, func(o *WorkerOptions) {
		unordered(most)(o)
		if change != nil {
			change(o)
		}
	}, func(r *rig) {
		r.driver = r.o.Driver.(*concurrentDriver).fakeDriver
		test(r)
	})
}

func TestEveryRecordArrivesOnceWhateverFailsWithSeveralBatchesUnderWay(t *testing.T) {
	g := &graves{}
	inCrowd(t, 8, func(o *WorkerOptions) { o.DeadLetters = g }, func(r *rig) {
		var under, most atomic.Int32
		var mu sync.Mutex
		r.driver.set(func(ctx context.Context, b *Batch) error {
			if n := under.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer under.Add(-1)
			mu.Lock()
			dice, pause := rand.IntN(8), time.Duration(rand.IntN(50))*time.Millisecond
			mu.Unlock()
			time.Sleep(pause)
			for _, it := range b.Items {
				var v record.View
				if err := v.Decode(it.Raw); err != nil || v.Message+"\n" != string(b.Data[it.Start:it.End]) {
					t.Errorf("the payload of %q is gone: %v", b.Data[it.Start:it.End], err)
				}
			}
			switch dice {
			case 0:
				return errDown
			case 1:
				panic("bug")
			case 2:
				runtime.Goexit()
			}
			return refuse("77", "78", "501")(ctx, b)
		})
		var want []string
		for i := range 1001 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
			if i != 77 && i != 78 && i != 501 {
				want = append(want, fmt.Sprint(i)+"\n")
			}
		}
		r.Start()
		sleep(20 * time.Hour)
		got := r.driver.lines()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%d records arrived, want %d: %q", len(got), len(want), tooMany(got))
		}
		dead := g.messages()
		slices.Sort(dead)
		if !slices.Equal(dead, []string{"501", "77", "78"}) {
			t.Errorf("dead letters %q", dead)
		}
		if s := r.Status(); s.Delivered != 998 || s.DeadLettered != 3 || s.Flying != 0 {
			t.Errorf("%+v", s)
		}
		if n := most.Load(); n < 2 || n > 8 {
			t.Errorf("%d deliveries at a time at most", n)
		}
	})
}

func TestTheCursorMovesOnlyOverWhatIsDoneFromTheOldestOn(t *testing.T) {
	inCrowd(t, 4, nil, func(r *rig) {
		gate := make(chan struct{})
		r.driver.set(func(_ context.Context, b *Batch) error {
			if strings.HasPrefix(string(b.Data), "20\n") {
				<-gate
			}
			time.Sleep(time.Millisecond)
			return nil
		})
		var marks []Mark
		for i := range 100 {
			marks = append(marks, r.source.add(slog.LevelInfo, fmt.Sprint(i)))
		}
		r.Start()
		sleep(time.Minute)
		if !r.source.Reached(marks[19]) || r.source.Reached(marks[20]) {
			t.Errorf("the cursor moved to %v", r.source.acks)
		}
		if n := len(r.driver.lines()); n <= 20 || n > 20+2*4 {
			t.Errorf("%d records arrived while the batch of the 21st is under way", n)
		}
		close(gate)
		sleep(time.Minute)
		if !r.source.Reached(marks[99]) || !slices.IsSortedFunc(r.source.acks, func(a, b Mark) int { return int(a.End) - int(b.End) }) {
			t.Errorf("the cursor moved to %v", r.source.acks)
		}
	})
}

func TestOrderIsKeptUnlessTheConfigurationWaivesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *WorkerOptions) { unordered(8)(o); o.Unordered = false })
		r.driver = r.o.Driver.(*concurrentDriver).fakeDriver
		var under atomic.Int32
		r.driver.set(func(context.Context, *Batch) error {
			if under.Add(1) > 1 {
				t.Error("two at a time")
			}
			time.Sleep(time.Millisecond)
			under.Add(-1)
			return nil
		})
		var want []string
		for i := range 100 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
			want = append(want, fmt.Sprint(i))
		}
		r.Start()
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		r.want(want...)
	})
}

func TestOneBatchAtATimeFindsOutWhetherTheDestinationIsBack(t *testing.T) {
	inCrowd(t, 8, nil, func(r *rig) {
		r.driver.set(func(context.Context, *Batch) error { time.Sleep(10 * time.Millisecond); return nil })
		for i := range 200 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		r.Start()
		sleep(time.Minute) // the window is open
		var under, most atomic.Int32
		r.driver.set(func(context.Context, *Batch) error {
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			time.Sleep(10 * time.Millisecond)
			return errDown
		})
		for i := range 200 {
			r.source.add(slog.LevelInfo, fmt.Sprint(200+i))
		}
		sleep(10 * time.Minute)
		if most.Load() < 2 {
			t.Fatal("the window was not open")
		}
		most.Store(0)
		before := r.tries()
		sleep(time.Hour)
		if n := r.tries() - before; most.Load() != 1 || n < 100 || n > 400 {
			t.Errorf("%d tries in an hour, %d at a time", n, most.Load())
		}
		r.driver.set(nil)
		sleep(10 * time.Minute)
		if s := r.Status(); s.Delivered != 400 {
			t.Errorf("%+v", s)
		}
	})
}

func TestStopWithSeveralBatchesUnderWayLeavesWhatFailsInTheJournal(t *testing.T) {
	inCrowd(t, 4, nil, func(r *rig) {
		r.driver.set(func(_ context.Context, b *Batch) error {
			time.Sleep(time.Millisecond)
			if strings.HasPrefix(string(b.Data), "20\n") {
				return errDown
			}
			return nil
		})
		var marks []Mark
		for i := range 100 {
			marks = append(marks, r.source.add(slog.LevelInfo, fmt.Sprint(i)))
		}
		r.Start()
		sleep(time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
		if s := r.Status(); !r.source.Reached(marks[19]) || r.source.Reached(marks[20]) || s.Delivered != 20 {
			t.Errorf("%+v, cursor %v", s, r.source.acks)
		}
	})
}

func TestFlushAndStopDeliverWithSeveralBatchesUnderWay(t *testing.T) {
	inCrowd(t, 4, func(o *WorkerOptions) { o.MaxAge = time.Hour }, func(r *rig) {
		r.Start()
		mark := r.source.add(slog.LevelInfo, "a")
		sleep(time.Minute)
		if r.source.Reached(mark) {
			t.Error("it did not wait for more")
		}
		r.Flush()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.WaitAcked(ctx, mark); err != nil {
			t.Error(err)
		}
		for i := range 101 {
			mark = r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		if err := r.Stop(context.Background()); err != nil || !r.source.Reached(mark) {
			t.Errorf("%v, cursor %v", err, r.source.acks)
		}
	})
}

func TestTheNoticeArrivesWithSeveralBatchesUnderWay(t *testing.T) {
	var mu sync.Mutex
	var next []byte
	notice := func() []byte {
		mu.Lock()
		defer mu.Unlock()
		n := next
		next = nil
		return n
	}
	inCrowd(t, 4, func(o *WorkerOptions) { o.Notice = notice }, func(r *rig) {
		r.Start()
		for range 2 {
			mu.Lock()
			next = payload(slog.LevelWarn, "notice")
			mu.Unlock()
			r.Flush()
			sleep(time.Minute)
		}
		r.want("notice", "notice")
		if s := r.Status(); s.Delivered != 0 || len(r.source.acks) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestTheWindowGrowsWhileDeliveriesAreQuickAndShrinksWhenTheyAreNot(t *testing.T) {
	w := newWindow(16, 1<<30, 1<<10)
	synctest.Test(t, func(t *testing.T) {
		if w.size() != 1 {
			t.Errorf("it begins with %d", w.size())
		}
		deliver := func(n int, took time.Duration, ok bool) {
			for range n {
				began := time.Now()
				time.Sleep(took)
				w.observe(began, took, ok)
			}
		}
		deliver(300, 10*time.Millisecond, true)
		if w.size() != 16 {
			t.Errorf("after quick deliveries: %d", w.size())
		}
		deliver(10, 50*time.Millisecond, true)
		if n := w.size(); n > 3 {
			t.Errorf("after slow deliveries: %d", n)
		}
		deliver(300, 10*time.Millisecond, true)
		deliver(1, 10*time.Millisecond, false)
		if w.size() != 8 {
			t.Errorf("after a failure: %d", w.size())
		}
		began := time.Now()
		time.Sleep(time.Millisecond)
		for range 8 { // that ran side by side
			w.observe(began, time.Millisecond, false)
		}
		if w.size() != 4 {
			t.Errorf("after a failure of all: %d", w.size())
		}
		deliver(5000, 40*time.Millisecond, true)
		if w.size() < 8 {
			t.Errorf("a target that has become slower for good: %d", w.size())
		}
	})
}

func TestMemoryBoundsTheWindow(t *testing.T) {
	if w := newWindow(100, 8<<20, 1<<20); w.most != 4 {
		t.Errorf("8 MiB for batches of 1 MiB: %d", w.most)
	}
	if w := newWindow(100, 1, 1<<20); w.most != 1 {
		t.Errorf("no memory: %d", w.most)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(100, 1<<30, 1)
		w.limit = 50
		used := int64(50)
		w.memoryOf = func() (int64, int64) { return used << 20, 100 << 20 }
		if w.size() != 50 {
			t.Errorf("half of the memory is in use: %d", w.size())
		}
		used = 95
		time.Sleep(2 * time.Second)
		if w.size() != 1 {
			t.Errorf("nearly all of the memory is in use: %d", w.size())
		}
		used = 50
		time.Sleep(2 * time.Second)
		if w.size() != 50 {
			t.Errorf("there is memory again: %d", w.size())
		}
	})
	if used, limit := programMemory(); limit != 0 && used == 0 {
		t.Errorf("%d of %d", used, limit)
	}
}

func TestABatchOfADyingJournalIsDeliveredBeforeTheNextOnesRecords(t *testing.T) {
	inCrowd(t, 4, nil, func(r *rig) {
		a := r.source.addRaw('a', slog.LevelInfo, payload(slog.LevelInfo, "a"))
		b := r.source.addRaw('b', slog.LevelInfo, payload(slog.LevelInfo, "b"))
		r.Start()
		sleep(time.Minute)
		if !r.source.Reached(a) || !r.source.Reached(b) || len(r.source.acks) != 2 {
			t.Errorf("%v", r.source.acks)
		}
		if got := r.driver.lines(); !bytes.Contains([]byte(strings.Join(got, "")), []byte("a\n")) || len(got) != 2 {
			t.Errorf("%q", got)
		}
	})
}

func TestGuestsAreServedWithSeveralBatchesUnderWay(t *testing.T) {
	inCrowd(t, 4, nil, func(second *rig) {
		first := newRig(t, func(o *WorkerOptions) { o.Fallback = second.Worker })
		first.driver.set(func(context.Context, *Batch) error { return errors.New("down") })
		first.source.add(slog.LevelInfo, "guest")
		first.Start()
		second.Start()
		sleep(time.Minute)
		second.want("guest")
		if err := first.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// tooMany returns the lines that are there twice, of sorted ones.
func tooMany(lines []string) (twice []string) {
	for i := 1; i < len(lines); i++ {
		if lines[i] == lines[i-1] {
			twice = append(twice, lines[i])
		}
	}
	return twice
}
