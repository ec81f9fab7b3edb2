//go:build linux

package journal

import (
	"context"
	"fmt"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// benchDir is on a disk, not on tmpfs. Set HYDRA_BENCH_DIR for another one.
func benchDir(b *testing.B) string {
	root := os.Getenv("HYDRA_BENCH_DIR")
	if root == "" {
		return b.TempDir()
	}
	dir, err := os.MkdirTemp(root, "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// drainer reads and acknowledges until stop is closed and nothing is left.
func drainer(r *Reader, stop <-chan struct{}) (records uint64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-stop; cancel() }()
	dst := make([]Entry, 256)
	for {
		n, _ := r.Next(dst, 64<<10)
		if n == 0 {
			select {
			case <-stop:
				return records
			default:
			}
			r.Wait(ctx, false, -1)
			continue
		}
		records += uint64(n)
		_ = r.Ack(dst[n-1].End)
		r.Release()
	}
}

// BenchmarkAppend appends records of 250 bytes while a reader reads and acknowledges them, so
// that segments are recycled. Run it with -benchtime=3000000x to cover 40 segments of 16 MiB and more.
func BenchmarkAppend(b *testing.B) {
	b.Run("one", func(b *testing.B) { benchAppend(b, 1) })
	b.Run("parallel", func(b *testing.B) { benchAppend(b, 4) })
}

func benchAppend(b *testing.B, goroutines int) {
	tfs := &timedFS{FS: vfs.OS{}}
	j, err := Open(benchDir(b), Options{Backend: BackendAuto, FS: tfs, OnEvent: func(e Event) { b.Logf("%+v", e) }})
	if err != nil {
		b.Fatal(err)
	}
	r, err := j.NewReader(ReaderOptions{Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	stop := make(chan struct{})
	read := make(chan uint64)
	go func() { read <- drainer(r, stop) }()
	var accepted, failed atomic.Uint64
	slow := make([][]time.Duration, goroutines)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime()
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			p := payload(uint64(g), 250)
			n, bad := uint64(0), uint64(0)
			for i := g; i < b.N; i += goroutines {
				t := time.Time{}
				if i&63 == 0 {
					t = time.Now()
				}
				if _, err := j.Append(p, 1, 2); err != nil {
					bad++
				} else {
					n++
				}
				if !t.IsZero() {
					slow[g] = append(slow[g], time.Since(t))
				}
			}
			accepted.Add(n)
			failed.Add(bad)
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
	close(stop)
	if got := <-read; got != accepted.Load() {
		b.Errorf("read %d of %d: %s", got, accepted.Load(), r.state())
	}
	var all []time.Duration
	for _, s := range slow {
		all = append(all, s...)
	}
	sort.Slice(all, func(i, k int) bool { return all[i] < all[k] })
	st := j.Stats()
	b.ReportMetric(float64(failed.Load()), "failed")
	b.ReportMetric(float64(st.Created+st.Recycled), "segments")
	b.ReportMetric(float64(st.Recycled), "recycled")
	b.ReportMetric(float64(st.Waits), "waits")
	b.ReportMetric(float64(st.WaitMax.Microseconds()), "maxwait-µs")
	if st.Waits > 0 {
		b.ReportMetric(float64(st.WaitTotal.Microseconds())/float64(st.Waits), "meanwait-µs")
	}
	b.ReportMetric(float64(all[len(all)*999/1000]), "p99.9-ns")
	if os.Getenv("HYDRA_BENCH_OPS") != "" {
		b.Log(tfs)
	}
	if err := j.Close(); err != nil {
		b.Error(err)
	}
}

// cpuTime is what the process has used, user and system.
func cpuTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// state says where the reader stands, for a test that failed.
func (r *Reader) state() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf("pos %d acked %d stored %d out %d tail %d", r.pos, r.acked.Load(), r.stored.Load(), r.out, r.j.Tail())
	s := r.seg
	if s == nil {
		if s = r.j.segmentAt(r.pos); s == nil {
			return text + ", no segment"
		}
	}
	word := uint64(0)
	if off := r.pos - s.base; s.pin() {
		if off+8 <= s.limit {
			word = loadWord(s.mem, off)
		}
		s.unpin()
	}
	return text + fmt.Sprintf(", segment %d base %d size %d claimed %d ended %d complete %v cold %v gone %v poisoned %v word %x dead %v io %v",
		s.number, s.base, s.size, s.claimed(), s.ended.Load(), s.complete.Load(), s.cold.Load(), s.gone.Load(), s.poisoned.Load(), word, s.dead, s.ioErr)
}
