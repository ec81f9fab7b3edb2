//go:build linux

package journal

import (
	"os"
	"testing"
	"time"
)

// burst appends records that fill segments of 16 MiB, and then reads and acknowledges all of them.
func burst(t *testing.T, j *Journal, r *Reader, from, n uint64) {
	t.Helper()
	for i := range n {
		if _, err := j.Append(payload(from+i, 4000), 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	next := from
	readAll(t, r, func(e Entry) {
		if got := number(e.Payload); got != next || string(e.Payload[16:]) != string(payload(next, 4000)[16:]) {
			t.Fatalf("record %d, want %d", got, next)
		}
		next++
	})
	if next != from+n {
		t.Fatalf("read up to %d, want %d", next, from+n)
	}
}

func (j *Journal) shelved() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.shelf)
}

func TestASecondBurstUsesTheFilesOfTheFirst(t *testing.T) {
	j := open(t, t.TempDir(), Options{MappedLimit: 16 << 20, MaxSegment: 4 << 20})
	if j.backend != BackendMapped {
		t.Skip("segments are not mapped here")
	}
	r := reader(t, j, "a")
	const records = 20000 // 80 MB, five times what may be mapped
	burst(t, j, r, 0, records)
	waitFor(t, func() bool { return j.shelved() >= 4 && j.Stats().Segments <= 2 }, func() any { return j.Stats() })
	before, kept := j.Stats(), uint64(j.shelved())
	burst(t, j, r, records, records)
	after := j.Stats()
	if made, used := after.Created-before.Created, after.Recycled-before.Recycled; used < kept/2 {
		t.Errorf("of %d files that were kept the second burst used %d, and made %d", kept, used, made)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	if n := dirBytes(t, j.dir); n > 16<<10 {
		t.Errorf("%d bytes are left after Close", n)
	}
}

func TestFilesThatAreKeptGiveWayToTheQuota(t *testing.T) {
	const quota = 64 << 20
	j := open(t, t.TempDir(), Options{MappedLimit: 8 << 20, MaxSegment: 2 << 20, Quota: quota, Reserve: 1})
	defer j.Close()
	if j.backend != BackendMapped {
		t.Skip("segments are not mapped here")
	}
	r := reader(t, j, "a")
	for round := range uint64(4) {
		burst(t, j, r, round*10000, 10000)
		if used := j.used.Load(); used > quota {
			t.Errorf("%d bytes are used, the quota is %d", used, quota)
		}
	}
}

func TestAKeptFileThatSomebodyCutShortIsNotUsed(t *testing.T) {
	j := open(t, t.TempDir(), Options{MappedLimit: 16 << 20, MaxSegment: 4 << 20})
	defer j.Close()
	if j.backend != BackendMapped {
		t.Skip("segments are not mapped here")
	}
	r := reader(t, j, "a")
	burst(t, j, r, 0, 20000)
	waitFor(t, func() bool { return j.shelved() >= 4 && j.Stats().Segments <= 2 }, func() any { return j.Stats() })
	j.mu.Lock()
	for _, b := range j.shelf {
		if err := os.Truncate(b.path, 1<<20); err != nil {
			t.Error(err)
		}
	}
	j.mu.Unlock()
	burst(t, j, r, 20000, 20000)
}

func TestKeptFilesGoWhenTheJournalRests(t *testing.T) {
	j := open(t, t.TempDir(), Options{MappedLimit: 16 << 20, MaxSegment: 4 << 20})
	defer j.Close()
	if j.backend != BackendMapped {
		t.Skip("segments are not mapped here")
	}
	r := reader(t, j, "a")
	burst(t, j, r, 0, 20000)
	waitFor(t, func() bool { return j.shelved() > 0 }, func() any { return j.Stats() })
	j.mu.Lock()
	j.lastInstall = time.Now().Add(-shrinkAfter)
	j.mu.Unlock()
	j.nudge()
	waitFor(t, func() bool { return j.shelved() == 0 }, func() any { return j.Stats() })
}
