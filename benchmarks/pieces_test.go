package main

import (
	"context"
	"hash/crc32"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/record"
)

// The pieces of the accept path and of a worker, each by itself.

func tenAttrs(e *event, seq int) []slog.Attr {
	return []slog.Attr{
		slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
		slog.Int(keySeq, seq), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
		slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
		slog.String(keyURL, e.url), slog.Any(keyError, e.err),
	}
}

func header() *record.Header {
	return &record.Header{Time: time.Now().UnixNano(), Layer: "default", Message: message}
}

func tenPayload() []byte {
	var enc record.Encoder
	return enc.Encode(header(), nil, tenAttrs(newEvent(), 41))
}

func BenchmarkPieceNow(b *testing.B) {
	for b.Loop() {
		_ = time.Now().UnixNano()
	}
}

func BenchmarkPieceEncode(b *testing.B) {
	var enc record.Encoder
	e, h := newEvent(), header()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		enc.Encode(h, nil, []slog.Attr{
			slog.String(keyService, e.service), slog.String(keyCorrelation, e.correlation),
			slog.Int(keySeq, n), slog.Int64(keyAmount, e.amount), slog.Float64(keyRatio, e.ratio),
			slog.Bool(keyRetried, e.retried), slog.Duration(keyElapsed, e.elapsed), slog.Time(keyAt, e.at),
			slog.String(keyURL, e.url), slog.Any(keyError, e.err),
		})
	}
	b.ReportMetric(float64(len(tenPayload())), "bytes/record")
}

func BenchmarkPieceDecodeAndFormat(b *testing.B) {
	f, err := format.New(format.JSONLines, format.Options{})
	if err != nil {
		b.Fatal(err)
	}
	p, dst := tenPayload(), make([]byte, 0, 4096)
	var v record.View
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Decode(p); err != nil {
			b.Fatal(err)
		}
		dst = f.Append(dst[:0], &v)
	}
	b.ReportMetric(float64(len(dst)), "bytes/line")
}

// openJournal opens a journal on the disk whose reader hands each payload to each, which may
// be nil. lost is how many records Append did not accept, if that may be.
func openJournal(b *testing.B, each func([]byte), lost *int) *journal.Journal {
	b.Helper()
	j, err := journal.Open(b.TempDir(), journal.Options{Program: "bench", Name: "bench", Destinations: map[string]uint64{"d": 1}})
	if err != nil {
		b.Fatal(err)
	}
	r, err := j.NewReader(journal.ReaderOptions{Name: "d", Hash: 1})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	var read atomic.Uint64
	go func() {
		defer close(done)
		readAll(ctx, r, &read, each)
	}()
	b.Cleanup(func() {
		want := uint64(b.N)
		if lost != nil {
			want -= uint64(*lost)
		}
		for bound := time.Now().Add(10 * time.Second); read.Load() < want && time.Now().Before(bound); {
			time.Sleep(time.Millisecond)
		}
		if read.Load() != want {
			b.Errorf("read %d of %d records", read.Load(), want)
		}
		stop()
		<-done
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	})
	return j
}

func readAll(ctx context.Context, r *journal.Reader, read *atomic.Uint64, each func([]byte)) {
	entries := make([]journal.Entry, 1024)
	for ctx.Err() == nil {
		n, err := r.Next(entries, 256<<10)
		if n > 0 {
			end := entries[n-1].End
			if each != nil {
				for _, e := range entries[:n] {
					each(e.Payload)
				}
			}
			read.Add(uint64(n))
			r.Release()
			if r.Ack(end) != nil {
				return
			}
			continue
		}
		if err != nil {
			return
		}
		r.Wait(ctx, true, time.Millisecond)
	}
}

func reportJournal(b *testing.B, j *journal.Journal) {
	st := j.Stats()
	b.ReportMetric(float64(st.Waits), "waits")
	b.ReportMetric(float64(st.WaitMax.Microseconds()), "max-wait-µs")
	b.ReportMetric(float64(st.WaitTotal)/float64(b.N), "wait-ns/op")
	b.ReportMetric(float64(st.Recycled)/float64(max(1, st.Created+st.Recycled)), "recycled")
	b.ReportMetric(float64(st.Tail)/segmentSize, "segments")
}

func BenchmarkPieceAppend(b *testing.B) {
	j, p := openJournal(b, nil, nil), tenPayload()
	b.ReportAllocs()
	b.ResetTimer()
	cpu := threadCPU()
	runtime.LockOSThread()
	for range b.N {
		if _, err := j.Append(p, 1, 2); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(threadCPU()-cpu)/float64(b.N), "cpu-ns/op")
	runtime.UnlockOSThread()
	b.StopTimer()
	reportJournal(b, j)
}

// BenchmarkPieceAppendBehind has a reader that formats, and so falls behind.
func BenchmarkPieceAppendBehind(b *testing.B) {
	f, err := format.New(format.JSONLines, format.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var v record.View
	dst := make([]byte, 0, 4096)
	if err := touchMemory(b.TempDir(), b.N*bytesARecord); err != nil {
		b.Fatal(err)
	}
	lost := 0
	j, p := openJournal(b, func(p []byte) {
		if v.Decode(p) == nil {
			dst = f.Append(dst[:0], &v)
		}
	}, &lost), tenPayload()
	b.ResetTimer()
	cpu := threadCPU()
	runtime.LockOSThread()
	for range b.N {
		if _, err := j.Append(p, 1, 2); err != nil {
			lost++
		}
	}
	b.ReportMetric(float64(threadCPU()-cpu)/float64(b.N), "cpu-ns/op")
	runtime.UnlockOSThread()
	b.StopTimer()
	b.ReportMetric(float64(lost), "lost")
	reportJournal(b, j)
}

func BenchmarkPieceAppendParallel(b *testing.B) {
	j, p := openJournal(b, nil, nil), tenPayload()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := j.Append(p, 1, 2); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	reportJournal(b, j)
}

// BenchmarkPieceRead reads back what was appended, without formatting.
func BenchmarkPieceRead(b *testing.B) {
	const records = 150_000
	j, err := journal.Open(b.TempDir(), journal.Options{Program: "bench", Name: "bench", Destinations: map[string]uint64{"d": 1}})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	r, err := j.NewReader(journal.ReaderOptions{Name: "d", Hash: 1})
	if err != nil {
		b.Fatal(err)
	}
	p, entries := tenPayload(), make([]journal.Entry, 1024)
	b.StopTimer()
	total := 0
	for range b.N {
		for range records {
			if _, err := j.Append(p, 1, 2); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		for got := 0; got < records; {
			n, err := r.Next(entries, 256<<10)
			if err != nil || n == 0 {
				b.Fatal(n, err)
			}
			got += n
			total += n
			end := entries[n-1].End
			r.Release()
			if err := r.Ack(end); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(total), "ns/record")
}

var (
	crcTable = crc32.MakeTable(crc32.Castagnoli)
	crcSum   uint32
)

func BenchmarkPieceCRC(b *testing.B) {
	p := tenPayload()
	for b.Loop() {
		crcSum = crc32.Checksum(p, crcTable)
	}
}

// BenchmarkPeer is "caller" for profiles: go test -bench 'Peer/hydra$' -cpuprofile cpu.out
func BenchmarkPeer(b *testing.B) {
	for _, p := range selectPeers(func(p *peer) bool { return p.toNowhere != nil }) {
		b.Run(p.name, func(b *testing.B) {
			s, err := p.toNowhere(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			s.fields10(0, 1000)
			b.ResetTimer()
			cpu := onThread(s.fields10, b.N)
			b.StopTimer()
			b.ReportMetric(cpu/float64(b.N), "cpu-ns/op")
			if err := s.drained(); err != nil {
				b.Fatal(err)
			}
			if err := s.closed(); err != nil {
				b.Error(err)
			}
		})
	}
}
