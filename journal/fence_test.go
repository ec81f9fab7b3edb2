package journal

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// A lost wake-up is rare: the commit must still be on its way to memory when the reader looks for the last time.
func TestARecordAlwaysWakesTheReaderThatGoesToSleep(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	defer j.Close()
	r, err := j.NewReader(ReaderOptions{Name: "sleeper"})
	if err != nil {
		t.Fatal(err)
	}
	rounds := 30_000
	if testing.Short() || raceEnabled {
		rounds = 3000
	}
	ctx, cancel := context.WithCancel(context.Background())
	var read atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		dst := make([]Entry, 16)
		for ctx.Err() == nil {
			n, err := r.Next(dst, 1<<20)
			if err != nil {
				return
			}
			if n == 0 {
				r.Wait(ctx, false, -1)
				continue
			}
			_ = r.Ack(dst[n-1].End)
			r.Release()
			read.Add(int64(n))
		}
	}()
	defer func() { cancel(); <-done }()
	p := payload(1, 700)
	for i := range rounds {
		if _, err := j.Append(p, 1, 2); err != nil {
			t.Fatal(err)
		}
		for since := time.Now(); read.Load() != int64(i+1); runtime.Gosched() {
			if time.Since(since) > 20*time.Second {
				t.Fatalf("record %d: the reader sleeps", i)
			}
		}
	}
}

func TestThePlaceThatOrdersTheNextSegmentBeginsAPart(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	defer j.Close()
	for _, busy := range []bool{false, true} {
		j.mu.Lock()
		j.busy = busy
		j.mu.Unlock()
		for size := int64(64 << 10); size <= 16<<20; size += 4096 * 37 {
			s := j.newSegment(&backing{size: size}, 4096)
			if part := uint64(1) << s.stride; s.half%part != 0 || s.half < part || s.half > s.limit/2 || s.half <= headerPage {
				t.Fatalf("a segment of %d bytes (busy %v) has parts of %d and its half at %d", size, busy, part, s.half)
			}
		}
	}
}

func TestAReaderThatIsFarBehindIsPressedAndProducersGoOn(t *testing.T) {
	j := open(t, t.TempDir(), Options{MappedLimit: 1 << 20, MaxSegment: 256 << 10, MinSegment: 256 << 10})
	defer j.Close()
	r, err := j.NewReader(ReaderOptions{Name: "late"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Pressed() {
		t.Error("pressed although there is nothing")
	}
	p := payload(1, 1000)
	for range 2000 {
		if _, err := j.Append(p, 1, 2); err != nil {
			t.Fatal(err)
		}
		r.Pressed()
	}
	if !r.Pressed() {
		t.Error("not pressed with two megabytes unread, of which one may be mapped")
	}
	dst := make([]Entry, 256)
	for n := 1; n > 0; {
		if n, err = r.Next(dst, 1<<20); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			_ = r.Ack(dst[n-1].End)
		}
		r.Release()
	}
	if r.Pressed() {
		t.Error("pressed although all is read")
	}
}
