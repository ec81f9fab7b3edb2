//go:build unix

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

func TestADirectoryThatIsRemovedIsMadeAgainWithItsLockItsIDAndItsCursors(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		var removed atomic.Bool
		o := Options{Backend: b, Destinations: map[string]uint64{"a": 7}, MinSegment: 64 << 10, MaxSegment: 64 << 10, WhenBusy: BusyFail,
			OnEvent: func(e Event) { removed.Store(removed.Load() || e.Kind == EventRemoved) }}
		dir := filepath.Join(t.TempDir(), "j")
		j := open(t, dir, o)
		r := reader(t, j, "a")
		n := uint64(0)
		add := func() {
			_, err := j.AppendWait(t.Context(), payload(n, 500), 1, 1)
			must(t, err)
			n++
		}
		for n < 1000 {
			add()
		}
		if got := readAll(t, r, nil); got != 1000 {
			t.Fatalf("%d records before", got)
		}
		for os.RemoveAll(dir) != nil { // files are made in it meanwhile
		}
		for late := time.Now().Add(30 * time.Second); !removed.Load(); add() {
			if time.Now().After(late) {
				t.Fatal("the directory was not made again")
			}
		}
		for range 100 {
			add()
		}
		acked := n
		if got := readAll(t, r, nil); got != int(acked-1000) {
			t.Fatalf("%d records since", got)
		}
		for range 400 {
			add()
		}
		if _, err := Open(dir, o); !errors.Is(err, ErrBusy) {
			t.Errorf("somebody else could open it: %v", err)
		}
		checkCrashedCopy(t, j, o, acked, n)
		must(t, j.Close())
	})
}

// checkCrashedCopy opens what the directory holds now, as a start after a crash would: the records from first to last come out of it,
// once, and the id is the same.
func checkCrashedCopy(t *testing.T, j *Journal, o Options, first, last uint64) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	for name, data := range takeImage(t, j.Dir()) {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	c := open(t, dir, o)
	if c.ID() != j.ID() {
		t.Error("the journal has another id")
	}
	next := first
	readAll(t, reader(t, c, "a"), func(e Entry) {
		if number(e.Payload) != next {
			t.Fatalf("record %d, want %d", number(e.Payload), next)
		}
		next++
	})
	if next != last {
		t.Errorf("record %d is the last, want %d", next-1, last-1)
	}
	must(t, c.Close())
}
