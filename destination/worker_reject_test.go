package destination

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// graves keeps dead letters.
type graves struct {
	mu      sync.Mutex
	letters []Letter
	acked   []int // what the cursor had passed when each came
	source  *fakeSource
	fail    func() error
	refuse  int
	known   int
}

func (g *graves) Put(letters []Letter) (Buried, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		if err := g.fail(); err != nil {
			return Buried{}, err
		}
	}
	for _, l := range letters {
		l.Raw = bytes.Clone(l.Raw)
		g.letters = append(g.letters, l)
		if g.source != nil {
			g.source.mu.Lock()
			g.acked = append(g.acked, len(g.source.acks))
			g.source.mu.Unlock()
		}
	}
	return Buried{Known: g.known, Refused: g.refuse}, nil
}

func (g *graves) messages() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, l := range g.letters {
		out = append(out, messageOf(l.Raw))
	}
	return out
}

func messageOf(raw []byte) string {
	b := (&messages{}).Append(nil, mustDecode(raw))
	return strings.TrimSuffix(string(b), "\n")
}

// refuse makes a driver that rejects every batch that holds one of the records.
func refuse(poison ...string) func(context.Context, *Batch) error {
	return func(_ context.Context, b *Batch) error {
		for _, it := range b.Items {
			if slices.Contains(poison, strings.TrimSuffix(string(b.Data[it.Start:it.End]), "\n")) {
				return Reject(errors.New("400: a field has the wrong type"))
			}
		}
		return nil
	}
}

func TestThePoisonRecordOfAThousandDiesAloneAndTheOthersArriveInOrder(t *testing.T) {
	g := &graves{}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters, o.GiveUpAfter = g, 1 }, func(r *rig) {
		g.source = r.source
		r.driver.set(refuse("617"))
		var want []string
		for i := range 1000 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
			if i != 617 {
				want = append(want, fmt.Sprint(i))
			}
		}
		r.Start()
		sleep(time.Hour)
		r.want(want...)
		if got := g.messages(); len(got) != 1 || got[0] != "617" {
			t.Fatalf("dead letters %q", got)
		}
		l := g.letters[0]
		if l.Cause != DropRejected || !strings.Contains(l.Reason, "wrong type") || l.Position != 61700 || l.Tries != 1 {
			t.Errorf("%+v", l)
		}
		if g.acked[0] != 0 {
			t.Error("the cursor had moved before the letter was kept")
		}
		if n := r.tries(); n > 2*10+1 {
			t.Errorf("%d deliveries to find one of 1000", n)
		}
		if s := r.Status(); s.Delivered != 999 || s.DeadLettered != 1 || s.Retries != 0 || s.Breaker != BreakerClosed || len(s.Dropped) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAnyNumberOfPoisonRecordsIsFoundExactly(t *testing.T) {
	for range 30 {
		g := &graves{}
		inBubble(t, func(o *WorkerOptions) { o.DeadLetters, o.MaxRecords = g, 64 }, func(r *rig) {
			r.overlap = rand.IntN(2) == 0
			var poison, want []string
			n := 1 + rand.IntN(300)
			for i := range n {
				r.source.add(slog.LevelInfo, fmt.Sprint(i))
				if rand.IntN(10) == 0 {
					poison = append(poison, fmt.Sprint(i))
				} else {
					want = append(want, fmt.Sprint(i))
				}
			}
			sick := refuse(poison...)
			r.driver.set(func(ctx context.Context, b *Batch) error {
				if rand.IntN(5) == 0 {
					return errDown
				}
				return sick(ctx, b)
			})
			r.Start()
			sleep(10 * time.Hour)
			r.want(want...)
			if got := g.messages(); !slices.Equal(got, poison) {
				t.Errorf("dead letters %q, want %q", got, poison)
			}
			if s := r.Status(); s.Delivered+s.DeadLettered != uint64(n) || int(s.DeadLettered) != len(poison) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestOnlyTheFailedRecordsOfABatchThatArrivedInPartComeAgain(t *testing.T) {
	g := &graves{}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters = g }, func(r *rig) {
		calls := 0
		var sizes []int
		r.driver.set(func(_ context.Context, b *Batch) error {
			calls++
			sizes = append(sizes, len(b.Items))
			if b.Attempt != 1 {
				t.Errorf("attempt %d of a batch that is another", b.Attempt)
			}
			switch calls {
			case 1: // 0, 5 and 7 fail, 5 for good
				r.driver.mu.Lock()
				for _, i := range []int{1, 2, 3, 4, 6, 8, 9} {
					r.driver.taken = append(r.driver.taken, string(b.Data[b.Items[i].Start:b.Items[i].End]))
				}
				r.driver.mu.Unlock()
				return Partial([]ItemError{{0, Retry(errDown, time.Minute)}, {5, Reject(errors.New("bad"))}, {7, errDown}, {8, nil}})
			}
			return nil
		})
		for i := range 10 {
			r.source.add(slog.LevelInfo, fmt.Sprint(i))
		}
		r.Start()
		sleep(time.Hour)
		r.want("1", "2", "3", "4", "6", "8", "9", "0", "7")
		if !slices.Equal(sizes, []int{10, 2}) || !slices.Equal(g.messages(), []string{"5"}) {
			t.Errorf("batches %v, dead letters %q", sizes, g.messages())
		}
		if d := r.delays(); d[0] < time.Minute {
			t.Errorf("it came again after %v", d[0])
		}
		if s := r.Status(); s.Delivered != 9 || s.DeadLettered != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAnAnswerAboutRecordsThatAreNotThereIsAFailureOfTheWholeBatch(t *testing.T) {
	for _, items := range [][]ItemError{{{-1, errDown}}, {{2, errDown}}, {{0, errDown}, {0, Reject(errDown)}}} {
		g := &graves{}
		inBubble(t, func(o *WorkerOptions) { o.DeadLetters = g }, func(r *rig) {
			r.driver.set(func(_ context.Context, b *Batch) error {
				if b.Attempt == 1 {
					return Partial(items)
				}
				return nil
			})
			r.source.add(slog.LevelInfo, "a")
			r.source.add(slog.LevelInfo, "b")
			r.Start()
			sleep(time.Minute)
			if r.want("a", "b"); len(g.letters) != 0 {
				t.Errorf("%v: %q", items, g.messages())
			}
		})
	}
}

func TestABatchIsGivenUpAfterTheTriesOfTheConfiguration(t *testing.T) {
	g := &graves{}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters, o.GiveUpAfter = g, 3 }, func(r *rig) {
		r.driver.set(func(_ context.Context, b *Batch) error {
			if strings.HasPrefix(string(b.Data), "a") {
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
		r.want("c")
		if got := g.messages(); !slices.Equal(got, []string{"a", "b"}) || g.letters[0].Cause != DropGaveUp || g.letters[0].Tries != 3 {
			t.Errorf("%q %+v", got, g.letters)
		}
		if n := r.tries(); n != 4 {
			t.Errorf("%d deliveries", n)
		}
	})
}

func TestARecordThatCanNotBeKeptAsADeadLetterBlocksItsDestinationAndIsNotLost(t *testing.T) {
	g := &graves{fail: func() error { return errors.New("disk full") }}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters = g }, func(r *rig) {
		r.driver.set(refuse("a"))
		last := r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Hour)
		if s := r.Status(); r.source.Reached(last) || s.DeadLettered != 0 || !strings.Contains(s.LastError, "disk full") {
			t.Fatalf("%+v", s)
		}
		g.mu.Lock()
		g.fail = nil
		g.mu.Unlock()
		sleep(time.Minute)
		if s := r.Status(); !r.source.Reached(last) || s.DeadLettered != 1 || s.Delivered != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestADeadLetterThatAnEarlierRunHasKeptIsCountedAsRedelivered(t *testing.T) {
	g := &graves{known: 1}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters = g }, func(r *rig) {
		r.driver.set(refuse("a"))
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		if s := r.Status(); s.DeadLettered != 1 || s.Redelivered != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWithoutAPlaceForDeadLettersRecordsAreDroppedAndCounted(t *testing.T) {
	inBubble(t, func(o *WorkerOptions) { o.GiveUpAfter = 2 }, func(r *rig) {
		r.driver.set(refuse("a"))
		r.source.add(slog.LevelWarn, "a")
		r.source.add(slog.LevelInfo, "b")
		r.Start()
		sleep(time.Minute)
		r.want("b")
		r.driver.set(down)
		r.source.add(slog.LevelInfo, "c")
		sleep(time.Minute)
		s := r.Status()
		if r.dropped(DropRejected) != 1 || s.Dropped[DropRejected][132] != 1 || r.dropped(DropGaveUp) != 1 || s.Delivered != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestALetterThatIsTooLargeIsDroppedAndCounted(t *testing.T) {
	g := &graves{refuse: 1}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters = g }, func(r *rig) {
		r.driver.set(refuse("a"))
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		if s := r.Status(); s.DeadLettered != 0 || r.dropped(DropDeadLarge) != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestANoticeThatIsRejectedIsInNoAccount(t *testing.T) {
	g := &graves{}
	told := false
	notice := func() []byte {
		if told {
			return nil
		}
		told = true
		return payload(slog.LevelWarn, "notice")
	}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters, o.Notice = g, notice }, func(r *rig) {
		r.driver.set(refuse("notice"))
		r.source.add(slog.LevelInfo, "a")
		r.Start()
		sleep(time.Minute)
		r.want("a")
		if s := r.Status(); s.Delivered != 1 || s.DeadLettered != 0 || len(s.Dropped) != 0 || len(g.letters) != 0 {
			t.Errorf("%+v, %q", s, g.messages())
		}
	})
}

func TestStopInTheMiddleOfASearchLeavesTheBatchInTheJournal(t *testing.T) {
	g := &graves{}
	inBubble(t, func(o *WorkerOptions) { o.DeadLetters = g }, func(r *rig) {
		calls := 0
		r.driver.set(func(context.Context, *Batch) error {
			if calls++; calls == 1 {
				return Reject(errDown)
			}
			return errDown
		})
		r.source.add(slog.LevelInfo, "a")
		last := r.source.add(slog.LevelInfo, "b")
		r.Start()
		sleep(time.Minute)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
		if s := r.Status(); r.source.Reached(last) || s.Delivered+s.DeadLettered != 0 || len(g.letters) != 0 {
			t.Errorf("%+v", s)
		}
	})
}
