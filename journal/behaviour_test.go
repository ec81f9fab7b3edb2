//go:build unix

package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/crashtest"
	"github.com/hydra-logger/hydra/internal/vfs"
)

func TestAppendAllocatesNothing(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		j := open(t, t.TempDir(), Options{Backend: b})
		defer j.Close()
		r := reader(t, j, "a")
		p := payload(1, 200)
		if n := testing.AllocsPerRun(500, func() { _, _ = j.Append(p, 1, 1) }); n != 0 {
			t.Errorf("Append allocates %v times", n)
		}
		readAll(t, r, nil)
		if n := testing.AllocsPerRun(500, func() {
			var local [100]byte
			_, _ = j.Append(local[:], 1, 1)
		}); n != 0 {
			t.Errorf("a payload on the stack makes Append allocate %v times", n)
		}
		readAll(t, r, nil)
	})
}

func TestCloseOfAnAcknowledgedJournalLeavesNothing(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		dir := t.TempDir()
		j := open(t, dir, Options{Backend: b})
		r := reader(t, j, "a")
		for i := range uint64(3000) {
			if _, err := j.Append(payload(i, 300), 1, 1); err != nil {
				t.Fatal(err)
			}
		}
		readAll(t, r, nil)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		for _, pattern := range []string{"*.seg", "*.tmp", "cur/*"} {
			if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		}
		if n := dirBytes(t, dir); n > 16<<10 {
			t.Errorf("%d bytes are left", n)
		}
		if _, err := j.Append(payload(1, 20), 1, 1); !errors.Is(err, ErrClosed) {
			t.Errorf("append after close: %v", err)
		}
		if err := j.Close(); err != nil {
			t.Errorf("second close: %v", err)
		}
	})
}

func TestWhatIsNotAcknowledgedComesWithTheNextOpen(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		dir := t.TempDir()
		o := Options{Backend: b, Destinations: map[string]uint64{"a": 7, "b": 7}}
		j := open(t, dir, o)
		ra := reader(t, j, "a")
		reader(t, j, "b")
		for i := range uint64(5000) {
			if _, err := j.Append(payload(i, 300), 1, 1); err != nil {
				t.Fatal(err)
			}
		}
		readAll(t, ra, nil)
		tail := j.Tail()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = open(t, dir, o)
		defer j.Close()
		ra, rb := reader(t, j, "a"), reader(t, j, "b")
		if j.First() < tail {
			t.Errorf("first position %d lies before %d, which was used", j.First(), tail)
		}
		if n := readAll(t, ra, nil); n != 0 {
			t.Errorf("%d records again for a destination that had them all", n)
		}
		if n, bytes, oldest := rb.Pending(); n != 5000 || bytes != 5000*300 || oldest == 0 {
			t.Errorf("pending %d records, %d bytes, oldest %d", n, bytes, oldest)
		}
		next := uint64(0)
		readAll(t, rb, func(e Entry) {
			if number(e.Payload) != next || !e.Recovered {
				t.Fatalf("record %d, want %d; recovered %v", number(e.Payload), next, e.Recovered)
			}
			next++
		})
		if next != 5000 {
			t.Errorf("%d records, want 5000", next)
		}
	})
}

func TestSizesAtTheEdgesAreAcceptedOrRefused(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		j := open(t, t.TempDir(), Options{Backend: b, MinSegment: 64 << 10, MaxSegment: 64 << 10, Quota: 4 << 20})
		defer j.Close()
		r := reader(t, j, "a")
		want := [][]byte{}
		add := func(size int) {
			p := bytes.Repeat([]byte{byte(size)}, size)
			if _, err := j.AppendWait(context.Background(), p, 0, 0); err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			want = append(want, p)
		}
		check := func() {
			t.Helper()
			i := 0
			readAll(t, r, func(e Entry) {
				if i < len(want) && !bytes.Equal(e.Payload, want[i]) {
					t.Fatalf("record %d: %d bytes, want %d", i, len(e.Payload), len(want[i]))
				}
				i++
			})
			if i != len(want) {
				t.Fatalf("%d records, want %d", i, len(want))
			}
			want = nil
		}
		for _, size := range []int{0, 1, 7, 8, 9, 16<<10 - 16, 16<<10 - 15, 16 << 10, 100 << 10, 900 << 10} {
			add(size)
		}
		check()
		for left := 0; left <= 48; left += 8 { // bytes that are left in a segment
			s := j.active.Load()
			for s == j.active.Load() && s.limit-s.claimed() > 20<<10 {
				add(8 << 10)
			}
			add(int(s.limit-s.claimed()) - recordHeader*2 - 8 - left)
			add(8)
			add(8)
			check()
		}
		if _, err := j.Append(make([]byte, 1<<20+1), 0, 0); !errors.Is(err, ErrTooLarge) {
			t.Errorf("a record over a quarter of the quota: %v", err)
		}
		if st := j.Stats(); st.Stalled != 0 {
			t.Errorf("stalled for %v", st.Stalled)
		}
	})
}

func TestTenThousandGoroutinesGetTheirShare(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		j := open(t, t.TempDir(), Options{Backend: b, Quota: 512 << 20})
		defer j.Close()
		r := reader(t, j, "a")
		stop := make(chan struct{})
		read := make(chan int)
		go func() {
			n := 0
			for {
				n += readAll(t, r, nil)
				select {
				case <-stop:
					read <- n + readAll(t, r, nil)
					return
				default:
					r.Wait(t.Context(), false, 10*time.Millisecond)
				}
			}
		}()
		const goroutines, each = 10000, 20
		var wg sync.WaitGroup
		var slowest atomic.Int64
		for g := range goroutines {
			wg.Go(func() {
				p := payload(uint64(g), 100)
				for range each {
					t0 := time.Now()
					if _, err := j.AppendWait(context.Background(), p, 1, 1); err != nil {
						t.Error(err)
						return
					}
					if d := int64(time.Since(t0)); d > slowest.Load() {
						slowest.Store(d)
					}
				}
			})
		}
		wg.Wait()
		close(stop)
		if n := <-read; n != goroutines*each {
			t.Errorf("read %d, want %d", n, goroutines*each)
		}
		t.Logf("slowest append: %v", time.Duration(slowest.Load()))
	})
}

func TestProducersOfAllCountsGetOnWhateverTheProcessors(t *testing.T) {
	for _, c := range []struct{ processors, goroutines int }{{1, 10000}, {2 * runtime.NumCPU(), 10000}, {1, 100}} {
		t.Run(fmt.Sprintf("%d goroutines on %d processors", c.goroutines, c.processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.processors))
			if raceEnabled {
				c.goroutines = min(c.goroutines, 200) // the detector takes minutes for more
			}
			for range 5 { // the scheduler of a busy machine is not always fair
				if fair(t, c.goroutines) || c.processors > 1 { // with more of them than the machine has, the system's turns are measured
					return
				}
			}
			t.Error("some goroutines get on five times as fast as others")
		})
	}
}

// fair lets goroutines append as often as they get to it, 20 times on average. It says whether the slowest did a fifth of what the
// fastest did.
func fair(t *testing.T, goroutines int) bool {
	t.Helper()
	j := open(t, t.TempDir(), Options{Quota: 512 << 20})
	defer j.Close()
	r := reader(t, j, "a")
	var total atomic.Int64
	var slowest atomic.Int64
	var wg, reading sync.WaitGroup
	done := make(chan struct{})
	reading.Go(func() {
		for {
			readAll(t, r, nil)
			select {
			case <-done:
				return
			default:
				r.Wait(t.Context(), true, time.Millisecond)
			}
		}
	})
	counts, begin := make([]int, goroutines), make(chan struct{})
	for g := range goroutines {
		wg.Go(func() {
			p := payload(uint64(g), 100)
			<-begin
			for total.Add(1) <= int64(goroutines)*20 {
				start := time.Now()
				if _, err := j.AppendWait(context.Background(), p, 1, 1); err != nil {
					t.Error(err)
					return
				}
				if d := int64(time.Since(start)); d > slowest.Load() {
					slowest.Store(d)
				}
				counts[g]++
				runtime.Gosched() // else the scheduler's turns of 10 ms are measured, and not the journal
			}
		})
	}
	close(begin)
	wg.Wait()
	close(done)
	reading.Wait()
	least, most := slices.Min(counts), slices.Max(counts)
	t.Logf("appends of one goroutine: %d to %d; the slowest took %v", least, most, time.Duration(slowest.Load()))
	if d := time.Duration(slowest.Load()); d > time.Second && crashtest.Full() && !raceEnabled {
		t.Errorf("an append took %v", d)
	}
	return float64(least) >= 0.2*float64(most)
}

func TestFilteredRecordsPinNothing(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		j := open(t, t.TempDir(), Options{Backend: b})
		defer j.Close()
		r := reader(t, j, "a")
		r.SetFilter([]uint8{0: 255, 1: 5})
		for i := range uint64(4000) {
			if _, err := j.Append(payload(i, 500), uint16(i%3), uint8(i%10)); err != nil {
				t.Fatal(err)
			}
			if i%100 == 0 {
				readAll(t, r, func(e Entry) {
					if e.Tag != 1 || e.Priority < 5 {
						t.Fatalf("tag %d, priority %d passed", e.Tag, e.Priority)
					}
				})
			}
		}
		readAll(t, r, nil)
		r.SetFilter([]uint8{})
		for i := range uint64(4000) {
			if _, err := j.Append(payload(i, 500), 1, 9); err != nil {
				t.Fatal(err)
			}
			if n := readAll(t, r, nil); n != 0 {
				t.Fatal("a record passed that matches nothing")
			}
		}
		waitFor(t, func() bool { return j.Stats().Segments <= 2 }, func() any { return j.Stats() })
	})
}

// waitFor waits for a condition.
func waitFor(t *testing.T, ok func() bool, state func() any) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to that: %+v", state())
		}
	}
}

func TestBatchIsReadInOrderAndWhole(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		j := open(t, t.TempDir(), Options{Backend: b, MinSegment: 64 << 10, MaxSegment: 256 << 10})
		defer j.Close()
		r := reader(t, j, "a")
		n, next := uint64(0), uint64(0)
		for range 200 {
			frames := make([]Frame, 1+rand.IntN(60))
			for i := range frames {
				frames[i] = Frame{Payload: payload(n, 20+rand.IntN(900)), Tag: 3, Priority: 4}
				n++
			}
			accepted, _, err := j.AppendBatch(frames)
			if err != nil || accepted != len(frames) {
				t.Fatalf("accepted %d of %d: %v", accepted, len(frames), err)
			}
			readAll(t, r, func(e Entry) {
				if number(e.Payload) != next || e.Tag != 3 || e.Priority != 4 {
					t.Fatalf("record %d, want %d", number(e.Payload), next)
				}
				next++
			})
		}
		if next != n {
			t.Errorf("read %d of %d", next, n)
		}
	})
}

func TestWaitEndsForRecordsKicksAndTime(t *testing.T) {
	j := open(t, "", Options{Backend: BackendMemory})
	defer j.Close()
	r, err := j.NewReader(ReaderOptions{Name: "a", Urgent: 8})
	if err != nil {
		t.Fatal(err)
	}
	wait := func(urgent bool, d time.Duration) chan struct{} {
		done := make(chan struct{})
		go func() { r.Wait(t.Context(), urgent, d); close(done) }()
		return done
	}
	ends := func(done chan struct{}, why string) {
		t.Helper()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Fatalf("Wait did not end: %s", why)
		}
	}
	w := wait(false, -1)
	waitFor(t, func() bool { return j.wakeAt.Load() == 0 }, func() any { return j.wakeAt.Load() })
	_, _ = j.Append(payload(1, 20), 0, 1)
	ends(w, "a record was appended")
	if j.wakeAt.Load() != nobody {
		t.Errorf("wakeAt is %d while nobody waits", j.wakeAt.Load())
	}
	ends(wait(false, -1), "a record lies unread")
	w = wait(true, -1)
	waitFor(t, func() bool { return j.wakeAt.Load() == 8 }, func() any { return j.wakeAt.Load() })
	_, _ = j.Append(payload(2, 20), 0, 7)
	select {
	case <-w:
		t.Error("a record that is not urgent ended the wait for an urgent one")
	case <-time.After(20 * time.Millisecond):
	}
	_, _ = j.Append(payload(3, 20), 0, 8)
	ends(w, "an urgent record was appended")
	ends(wait(true, -1), "an urgent record lies unread")
	readAll(t, r, nil)
	ends(wait(true, time.Millisecond), "the time has passed")
	w = wait(true, -1)
	r.Kick()
	ends(w, "it was kicked")
}

func TestFaultyFileSystemNeverBreaksAnInvariant(t *testing.T) {
	ops := []string{"open", "allocate", "map", "rename", "remove", "write", "unmap", "usage", "close", "sync", "syncdir"}
	for _, op := range ops {
		t.Run(op, func(t *testing.T) {
			backends(t, func(t *testing.T, b Backend) {
				for n := 1; n <= crashtest.Size(5, 40); n++ {
					faultOnce(t, b, op, n)
				}
			})
		})
	}
}

// faults are what a call that fails returns: what devices, limits and full disks say, and what nobody expects.
var faults = []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.EINTR, syscall.EACCES, errors.New("injected")}

// faultOnce lets the n-th call of op fail while records are appended, read and acknowledged over several segments,
// and then starts again: every accepted record is read, none twice in one run.
func faultOnce(t *testing.T, b Backend, op string, n int) {
	t.Helper()
	dir := t.TempDir()
	f := &vfs.Fault{FS: vfs.OS{}}
	o := Options{Backend: b, FS: f, MinSegment: 64 << 10, MaxSegment: 64 << 10, Destinations: map[string]uint64{"a": 7}, Durability: DurabilityInterval, Interval: time.Millisecond}
	j := open(t, dir, o)
	r := reader(t, j, "a")
	fault := faults[(n+len(op)*int(b))%len(faults)]
	f.Fail(op, n, fault)
	seen := map[uint64]int{}
	accepted := map[uint64]bool{}
	see := func(e Entry) { seen[number(e.Payload)]++ }
	read := func(r *Reader) {
		var dst [64]Entry
		for {
			got, err := r.Next(dst[:], 1<<20)
			if err != nil || got == 0 {
				return
			}
			for _, e := range dst[:got] {
				see(e)
			}
			_ = r.Ack(dst[got-1].End) // a cursor that can't be written costs duplicates after a crash
			r.Release()
		}
	}
	for i := range uint64(600) {
		if _, err := j.Append(payload(i, 800), 1, 1); err == nil {
			accepted[i] = true
		}
		if i%50 == 0 {
			read(r)
		}
	}
	if len(accepted) < 100 && causeOf(fault) != FullDisk { // of a full disk, no call asks again within a second
		t.Errorf("%s %d, %v: only %d records accepted", op, n, fault, len(accepted))
	}
	_ = j.Close() // may report what was injected
	f.Heal()
	j = open(t, dir, o)
	r = reader(t, j, "a")
	read(r)
	if err := j.Close(); err != nil {
		t.Errorf("%s %d: close: %v", op, n, err)
	}
	for i := range accepted {
		if seen[i] == 0 {
			t.Fatalf("%s %d: record %d was accepted and is lost; %d accepted, %d seen", op, n, i, len(accepted), len(seen))
		}
	}
}

// dirBytes is what the files in a directory take on the disk.
func dirBytes(t testing.TB, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		if fi, err := d.Info(); err == nil && d.Type().IsRegular() {
			n += fi.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
