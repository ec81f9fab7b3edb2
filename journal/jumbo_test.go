package journal

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestTheTailIsBehindALargeRecordAsSoonAsItIsAccepted(t *testing.T) {
	for range 50 { // the next ordinary segment is made in another goroutine
		j := open(t, t.TempDir(), Options{MinSegment: 64 << 10, MaxSegment: 64 << 10})
		end, err := j.Append(payload(1, 100<<10), 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		if tail := j.Tail(); tail < end {
			t.Fatalf("the tail is %d, the record ends at %d: a Flush would not wait for it", tail, end)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// fullOfSmall is a journal whose quota small records have used up, and their reader.
func fullOfSmall(t *testing.T, onFull func(*Reader) FullAction) (*Journal, *Reader) {
	t.Helper()
	var r *Reader
	j := open(t, t.TempDir(), Options{Quota: 1 << 20, MinSegment: 64 << 10, MaxSegment: 64 << 10, Reserve: 1, OnFull: func(FullEvent) FullAction {
		return onFull(r)
	}})
	t.Cleanup(func() { j.Close() })
	r = reader(t, j, "a")
	for n := uint64(0); ; n++ {
		if _, err := j.Append(payload(n, 1000), 1, 1); err != nil || j.used.Load() > 900<<10 {
			return j, r
		}
	}
}

func TestALargeRecordWaitsForRoomWhereItsCallerDoes(t *testing.T) {
	j, r := fullOfSmall(t, func(*Reader) FullAction { return FullWait })
	large := payload(1, 200<<10)
	if _, err := j.Append(large, 1, 1); !errors.Is(err, ErrFull) {
		t.Fatalf("without waiting: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := j.AppendWait(ctx, large, 1, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("until its context ended: %v", err)
	}
	done := make(chan error)
	go func() {
		_, err := j.AppendWait(t.Context(), large, 1, 1)
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(2 * largeRetry):
	}
	readAll(t, r, nil)
	if err := <-done; err != nil {
		t.Errorf("there was room, and: %v", err)
	}
}

func TestForALargeRecordOlderOnesAreGivenUpWhereThatIsThePolicy(t *testing.T) {
	var dropped atomic.Uint64
	j, _ := fullOfSmall(t, func(r *Reader) FullAction {
		if r.DropOldestSegment(func(_ uint8, n uint64, _ int64) { dropped.Add(n) }) {
			return FullRetry
		}
		return FullWait
	})
	if _, err := j.Append(payload(1, 200<<10), 1, 1); err != nil || dropped.Load() == 0 {
		t.Errorf("%v, with %d records dropped for it", err, dropped.Load())
	}
}
