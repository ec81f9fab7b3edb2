package deadletter

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// real is a letter with a record that can be decoded.
func real(position int, message string) Letter {
	var e record.Encoder
	l := letter(position, 0)
	l.Raw = bytes.Clone(e.Encode(&record.Header{Time: 1, Layer: "l", Message: message}, nil, nil))
	return l
}

func replay(t *testing.T, s *Store, d destination.Driver, giveUp int, limit time.Duration, want func(*Letter) bool) *Replay {
	t.Helper()
	r, err := s.NewReplay(want)
	if err != nil {
		t.Fatal(err)
	}
	w := destination.NewWorker(destination.WorkerOptions{Name: "d", Driver: d, Source: r, DeadLetters: r, GiveUpAfter: giveUp,
		RetryMin: time.Millisecond, RetryMax: time.Millisecond,
		NewFormatter: func() format.Formatter { f, _ := format.New(format.JSONLines, format.Options{}); return f }})
	w.Start()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := w.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReplayRemovesWhatArrivesAndKeepsWhatIsRejectedAgain(t *testing.T) {
	s := storeIn(t, Options{})
	other := real(3, "c")
	other.Journal[0] = 7
	mustPut(t, s, real(1, "a"), real(2, "poison"), other, real(4, "d"), real(4, "d"))
	d := &strict{memorydest.New(memorydest.Options{})}
	r := replay(t, s, d, 0, time.Minute, nil)
	want(t, s, 2)
	delivered, failed := r.Result()
	if delivered != 3 || len(failed) != 1 || d.Len() != 3 || r.Len() != 4 {
		t.Errorf("%d delivered, %v failed, %d arrived", delivered, failed, d.Len())
	}
	for _, reason := range failed {
		if reason != "still bad" {
			t.Errorf("%q", reason)
		}
	}
	for _, it := range d.Items() {
		if it.Item.Journal[15] != 9 {
			t.Errorf("the id is another: %v", it.Item.Journal)
		}
	}
}

type strict struct{ *memorydest.Driver }

func (d *strict) Deliver(ctx context.Context, b *destination.Batch) error {
	if bytes.Contains(b.Data, []byte("poison")) {
		return destination.Reject(errors.New("still bad"))
	}
	return d.Driver.Deliver(ctx, b)
}

func TestReplayToADestinationThatIsDownRemovesNothing(t *testing.T) {
	for _, giveUp := range []int{0, 2} {
		s := storeIn(t, Options{})
		mustPut(t, s, real(1, "a"), real(2, "b"))
		d := memorydest.New(memorydest.Options{})
		d.FailWith(func(int) error { return errors.New("down") })
		r := replay(t, s, d, giveUp, 100*time.Millisecond, nil)
		want(t, s, 1, 2)
		if delivered, failed := r.Result(); delivered != 0 || giveUp > 0 && len(failed) != 2 {
			t.Errorf("%d delivered, %v", delivered, failed)
		}
	}
}

func TestReplayTakesOnlyTheLettersThatAreWanted(t *testing.T) {
	s := storeIn(t, Options{})
	mustPut(t, s, real(1, "a"), real(2, "b"), real(3, "c"))
	d := memorydest.New(memorydest.Options{})
	replay(t, s, d, 0, time.Minute, func(l *Letter) bool { return l.Position == 2 })
	if want(t, s, 1, 3); d.Len() != 1 {
		t.Errorf("%d arrived", d.Len())
	}
}

func TestLettersThatComeDuringAReplayStay(t *testing.T) {
	s := storeIn(t, Options{})
	mustPut(t, s, real(1, "a"))
	r, err := s.NewReplay(nil)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, Open(s.Dir(), Options{}), real(2, "b"))
	if err := r.Ack(destination.Mark{End: 1}); err != nil {
		t.Fatal(err)
	}
	want(t, s, 2)
}
