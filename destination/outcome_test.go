package destination

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestTheOutermostOutcomeOfAnErrorCounts(t *testing.T) {
	plain := errors.New("plain")
	cases := []struct {
		err  error
		want Kind
	}{
		{nil, Delivered}, {plain, Retrying}, {Retry(plain, time.Second), Retrying}, {Reject(plain), Rejected},
		{fmt.Errorf("wrapped: %w", Reject(plain)), Rejected},
		{Retry(Reject(plain), 0), Retrying}, {Reject(Retry(plain, 0)), Rejected},
		{Partial([]ItemError{{1, Reject(plain)}}), Partly},
		{Partial(nil), Delivered}, {Partial([]ItemError{{3, nil}}), Delivered},
	}
	for _, c := range cases {
		if got := OutcomeOf(c.err).Kind; got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
		if c.err != nil && !errors.Is(c.err, plain) {
			t.Errorf("%v does not lead to its cause", c.err)
		}
	}
}

func TestTheDelayThatATargetAsksForIsBounded(t *testing.T) {
	plain := errors.New("plain")
	cases := []struct {
		err  error
		want time.Duration
	}{
		{plain, 0}, {Retry(plain, time.Minute), time.Minute}, {Retry(plain, -time.Minute), 0},
		{Retry(plain, 1000*time.Hour), time.Hour}, {Reject(plain), 0},
		{Partial([]ItemError{{0, Retry(plain, time.Second)}, {1, Retry(plain, 5*time.Second)}, {2, Reject(plain)}}), 5 * time.Second},
	}
	for _, c := range cases {
		if got := retryAfter(c.err); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}

func TestARecordKeepsItsKey(t *testing.T) {
	it := Item{Journal: [16]byte{0x01, 0x23, 4: 0xab, 15: 0xff}, Position: 4096}
	if got, want := IdempotencyKey(&it), "01230000-ab00-0000-0000-0000000000ff:0000000000001000"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := IdempotencyKey(&Item{Position: 3}); got != "" {
		t.Errorf("a record that is not the journal's has the key %q", got)
	}
}

func TestABatchHasTheSameKeyExactlyWhenItHoldsTheSameRecords(t *testing.T) {
	items := func(positions ...uint64) *Batch {
		b := &Batch{}
		for _, p := range positions {
			b.Items = append(b.Items, Item{Journal: [16]byte{1}, Position: p, Raw: []byte("x")})
		}
		return b
	}
	again := items(1, 2, 3)
	again.Attempt = 7
	if BatchKey(items(1, 2, 3)) != BatchKey(again) {
		t.Error("another attempt has another key")
	}
	seen := map[string]bool{}
	notice := &Batch{Items: []Item{{Raw: []byte("a")}, items(1).Items[0]}}
	other := &Batch{Items: []Item{{Raw: []byte("b")}, items(1).Items[0]}}
	for i, b := range []*Batch{{}, items(1), items(1, 2), items(1, 3), items(2, 1), items(1, 2, 3), notice, other} {
		key := BatchKey(b)
		if seen[key] {
			t.Errorf("batch %d shares its key %q with another", i, key)
		}
		seen[key] = true
	}
}

func TestWhatFailsForAllRecordsForOneReasonIsSaidOnce(t *testing.T) {
	down, other := Retry(errors.New("down"), 0), Retry(errors.New("other"), 0)
	for _, c := range []struct {
		items []ItemError
		n     int
		want  Kind
	}{
		{nil, 2, Delivered},
		{[]ItemError{{0, down}, {1, down}}, 2, Retrying},
		{[]ItemError{{0, down}, {1, down}}, 3, Partly},
		{[]ItemError{{0, down}, {1, other}}, 2, Partly},
		{[]ItemError{{0, Reject(errors.New("poison"))}}, 1, Partly},
	} {
		if got := OutcomeOf(PartialOf(c.items, c.n)).Kind; got != c.want {
			t.Errorf("%v of %d: %v, want %v", c.items, c.n, got, c.want)
		}
	}
}
