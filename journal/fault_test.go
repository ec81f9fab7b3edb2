//go:build linux

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hydra-logger/hydra/internal/vfs"
)

func TestTruncatedSegmentNeverCrashesTheProcess(t *testing.T) {
	if raceEnabled {
		t.Skip("segments are not mapped under the race detector")
	}
	var poisoned atomic.Int32
	dir := t.TempDir()
	j := open(t, dir, Options{Backend: BackendMapped, OnEvent: func(e Event) {
		if e.Kind == EventPoisoned {
			poisoned.Add(1)
		}
	}})
	r := reader(t, j, "a")
	for i := range uint64(500) {
		if _, err := j.Append(payload(i, 200), 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	var dst [10]Entry
	if n, err := r.Next(dst[:], 1<<20); n != 10 || err != nil {
		t.Fatal(n, err)
	}
	if err := os.Truncate(j.active.Load().backing.path, 0); err != nil {
		t.Fatal(err)
	}
	if number(dst[9].Payload) != 9 { // handed out before: must not fault
		t.Error("a payload changed")
	}
	var wg sync.WaitGroup
	for g := range uint64(8) {
		wg.Go(func() {
			for i := range uint64(200) {
				if _, err := j.AppendWait(context.Background(), payload(1000+g*1000+i, 200), 1, 1); err != nil {
					t.Errorf("append behind the fault: %v", err)
				}
			}
		})
	}
	wg.Wait()
	_ = r.Ack(dst[9].End)
	r.Release()
	seen := map[uint64]int{}
	waitFor(t, func() bool {
		readAll(t, r, func(e Entry) { seen[number(e.Payload)]++ })
		return len(seen) >= 1600
	}, func() any { return len(seen) })
	for g := range uint64(8) {
		for i := range uint64(200) {
			if seen[1000+g*1000+i] != 1 {
				t.Fatalf("record %d was delivered %d times", 1000+g*1000+i, seen[1000+g*1000+i])
			}
		}
	}
	lost, _ := r.Skipped()
	if poisoned.Load() != 1 || lost == 0 || lost+uint64(len(seen))-1600 != 490 {
		t.Errorf("%d segments poisoned; %d lost and %d of 490 delivered", poisoned.Load(), lost, len(seen)-1600)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestFailedSyncIsFinalAndItsRecordsAreWrittenAgain(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		dir := t.TempDir()
		f := &vfs.Fault{FS: vfs.OS{}}
		j := open(t, dir, Options{Backend: b, FS: f, Destinations: map[string]uint64{"a": 7}})
		r := reader(t, j, "a")
		var end uint64
		for i := range uint64(100) {
			end, _ = j.Append(payload(i, 100), 1, 1)
		}
		if err := j.WaitDurable(t.Context(), end); err != nil {
			t.Fatal(err)
		}
		for i := range uint64(100) {
			end, _ = j.Append(payload(100+i, 100), 1, 1)
		}
		f.FailOn("sync", "spare", 1, 1, syscall.EIO)
		if err := j.WaitDurable(t.Context(), end); err != nil {
			t.Errorf("the records were not saved elsewhere: %v", err)
		}
		if st := j.Stats(); st.SyncFailures != 1 || st.Durable < end {
			t.Errorf("%+v", st)
		}
		next := uint64(0)
		readAll(t, r, func(e Entry) {
			if number(e.Payload) != next {
				t.Fatalf("record %d, want %d", number(e.Payload), next)
			}
			next++
		})
		if next != 200 {
			t.Errorf("%d records, want 200, each once", next)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRescuedRecordsAreDeliveredWhenTheirFirstPlaceIsLost(t *testing.T) {
	dir := t.TempDir()
	f := &vfs.Fault{FS: vfs.OS{}}
	o := Options{FS: f, Destinations: map[string]uint64{"a": 7}}
	j := open(t, dir, o)
	reader(t, j, "a")
	var end uint64
	for i := range uint64(50) {
		end, _ = j.Append(payload(i, 100), 1, 1)
	}
	first := j.active.Load().backing.path
	f.FailOn("sync", "spare", 1, 1, syscall.EIO) // files are opened under that name
	if err := j.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for _, lost := range []bool{true, false} {
		dir2 := t.TempDir()
		if out, err := exec.Command("cp", "-r", dir+"/.", dir2).CombinedOutput(); err != nil {
			t.Fatal(err, string(out))
		}
		if lost {
			if err := os.Remove(filepath.Join(dir2, filepath.Base(first))); err != nil {
				t.Fatal(err)
			}
		}
		j = open(t, dir2, o)
		r := reader(t, j, "a")
		var positions []uint64
		next := uint64(0)
		readAll(t, r, func(e Entry) {
			if number(e.Payload) != next {
				t.Errorf("lost %v: record %d, want %d", lost, number(e.Payload), next)
			}
			next++
			positions = append(positions, e.Position)
		})
		if next != 50 || positions[49] >= end {
			t.Errorf("lost %v: %d records, want 50 with their first positions; last %d, want before %d", lost, next, positions[len(positions)-1], end)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

// tmpfs mounts a file system of size bytes.
func tmpfs(t *testing.T, size string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounts a file system: needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("can't mount a tmpfs:", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestFullDiskHealsByItself(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		mount := tmpfs(t, "12m")
		j := open(t, filepath.Join(mount, "j"), Options{Backend: b, Quota: 1 << 30, Reserve: 1, MaxSegment: 1 << 20})
		r := reader(t, j, "a")
		accepted, refused := uint64(0), 0
		start := time.Now()
		for refused < 200 {
			p := payload(accepted, 1000)
			_, err := j.Append(p, 1, 1)
			switch {
			case err == nil:
				accepted++
			case errors.Is(err, ErrFull):
				refused++
			default:
				t.Fatalf("after %d records: %v", accepted, err)
			}
			if accepted > 20000 {
				t.Fatal("more was accepted than the disk holds")
			}
		}
		t.Logf("%d records on a disk of 12 MiB, 200 refusals, %v", accepted, time.Since(start))
		waitFor(t, func() bool { return j.Stats().Full == FullDisk }, func() any { return j.Stats() }) // a try for a smaller segment may just have come to an end
		done := make(chan error, 1)
		go func() {
			_, err := j.AppendWait(context.Background(), payload(accepted, 1000), 1, 1)
			done <- err
		}()
		next := uint64(0)
		readAll(t, r, func(e Entry) {
			if number(e.Payload) != next {
				t.Fatalf("record %d, want %d", number(e.Payload), next)
			}
			next++
		})
		freed := time.Now()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("it does not go on: %+v", j.Stats())
		}
		if d := time.Since(freed); d > 2*time.Second {
			t.Errorf("it went on after %v", d)
		}
		waitFor(t, func() bool { readAll(t, r, func(Entry) { next++ }); return next == accepted+1 }, func() any { return next })
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAppendsThatDoNotWaitGoOnWhenThereIsRoomAlthoughNothingElseHappens(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		mount := tmpfs(t, "4m")
		ballast := filepath.Join(mount, "ballast")
		for round := range 4 {
			o := Options{Backend: b, Quota: 1 << 30, Reserve: 1 << 20, MinSegment: 256 << 10, MaxSegment: 256 << 10}
			if round%2 == 1 {
				o.OnEvent = func(Event) {}
			}
			j := open(t, filepath.Join(mount, fmt.Sprint("j", round)), o)
			r := reader(t, j, "a")
			if err := os.WriteFile(ballast, make([]byte, 3<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			for i := uint64(0); ; i++ {
				if _, err := j.Append(payload(i, 1000), 1, 1); errors.Is(err, ErrFull) {
					break
				} else if err != nil || i > 10_000 {
					t.Fatalf("after %d records: %v", i, err)
				}
				readAll(t, r, nil)
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			for freed := time.Now(); ; time.Sleep(10 * time.Millisecond) {
				if _, err := j.Append(payload(0, 1000), 1, 1); err == nil {
					break
				}
				if time.Since(freed) > 5*time.Second {
					t.Fatalf("round %d: it does not go on: %+v", round, j.Stats())
				}
			}
			readAll(t, r, nil)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestJournalStartsOnAFullDiskAndGoesOnWhenThereIsRoom(t *testing.T) {
	for _, d := range []Durability{DurabilityProcess, DurabilityInterval} {
		t.Run(d.String(), func(t *testing.T) { startFull(t, d) })
	}
}

func startFull(t *testing.T, d Durability) {
	mount := tmpfs(t, "2m")
	ballast := filepath.Join(mount, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20-96<<10), 0o600); err != nil { // leaves room for the small files
		t.Fatal(err)
	}
	j, err := Open(filepath.Join(mount, "j"), Options{Quota: 2 << 20, Reserve: 1, Durability: d, Interval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, err := j.Append(payload(1, 100), 1, 1); !errors.Is(err, ErrFull) {
		t.Errorf("append: %v", err)
	}
	if err := j.Sync(t.Context()); err != nil {
		t.Errorf("sync of nothing: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := j.AppendWait(ctx, payload(1, 100), 1, 1); err != nil {
		t.Errorf("append with room: %v", err)
	}
	if err := j.Sync(ctx); err != nil {
		t.Errorf("sync: %v", err)
	}
}

func TestFullQuotaLetsReadersGiveUpSegments(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		var dropped atomic.Uint64
		o := Options{Backend: b, Quota: 2 << 20, MinSegment: 256 << 10, MaxSegment: 256 << 10}
		o.OnFull = func(e FullEvent) FullAction {
			for _, r := range e.Pinning {
				if r.Name() == "dead" && r.DropOldestSegment(func(_ uint8, n uint64, _ int64) { dropped.Add(n) }) {
					return FullRetry
				}
			}
			return FullWait
		}
		dir := t.TempDir()
		j := open(t, dir, o)
		healthy, dead := reader(t, j, "healthy"), reader(t, j, "dead")
		const total = 20000
		got := 0
		for i := range uint64(total) {
			if _, err := j.AppendWait(t.Context(), payload(i, 500), 1, 1); err != nil {
				t.Fatal(err)
			}
			if i%200 == 0 {
				got += readAll(t, healthy, nil)
			}
		}
		got += readAll(t, healthy, nil)
		if got != total {
			t.Errorf("the healthy reader got %d of %d", got, total)
		}
		if n := dirBytes(t, dir); n > 2<<20+512<<10 {
			t.Errorf("%d bytes on disk with a quota of 2 MiB", n)
		}
		pending, _, _ := dead.Pending()
		left := readAll(t, dead, nil)
		if uint64(left) != pending || dropped.Load()+uint64(left) != total {
			t.Errorf("dropped %d, pending %d, then read %d; together %d", dropped.Load(), pending, left, total)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
}
