package destination_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/filedest"
	"github.com/hydra-logger/hydra/destination/nulldest"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// The cost of one record on its way from the journal to a file: decode, format, write, acknowledge. In nanoseconds:
//
//	go test ./destination/ -run '^$' -bench Worker -benchtime 1000000x
func BenchmarkWorkerToFile(b *testing.B) {
	path := filepath.Join(b.TempDir(), "app.log")
	touchMemory(b, path, 400*b.N)
	d, err := filedest.New(filedest.Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkWorker(b, d, format.JSONLines)
}

// touchMemory writes a file and removes it: on a virtual machine that gives unused memory back to its host, the
// first use of a page would be measured otherwise.
func touchMemory(b *testing.B, path string, bytes int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for chunk := make([]byte, 1<<20); bytes > 0; bytes -= len(chunk) {
		if _, err := f.Write(chunk); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.Remove(path); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkWorkerToNowhere(b *testing.B) { benchmarkWorker(b, nulldest.New(), format.JSONLines) }
func BenchmarkWorkerToNowhereAsText(b *testing.B) {
	benchmarkWorker(b, nulldest.New(), format.PlainText)
}
func BenchmarkWorkerToNowhereUnformatted(b *testing.B) { benchmarkWorker(b, nulldest.New(), "") }

func benchmarkWorker(b *testing.B, d destination.Driver, name string) {
	s := &benchSource{entries: tenFieldEntries(1000), left: b.N}
	w := destination.NewWorker(destination.WorkerOptions{Name: "bench", Driver: d, Source: s, NewFormatter: func() format.Formatter {
		if name == "" {
			return unformatted{}
		}
		f, err := format.New(name, format.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return f
	}})
	b.ReportAllocs()
	b.ResetTimer()
	w.Start()
	if err := w.Stop(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if n := w.Status().Delivered; n != uint64(b.N) {
		b.Fatalf("%d of %d records were delivered", n, b.N)
	}
}

type unformatted struct{}

func (unformatted) Append(dst []byte, v *record.View) []byte { return append(dst, v.Message...) }

// benchSource hands out the same records over and over.
type benchSource struct {
	entries []destination.Entry
	next    int
	left    int
	end     uint64
}

func (s *benchSource) Next(dst []destination.Entry, maxBytes int) (n int, err error) {
	for size := 0; n < len(dst) && s.left > 0; n++ {
		e := &s.entries[s.next]
		if size += len(e.Payload); size > maxBytes && n > 0 {
			break
		}
		s.end++
		dst[n] = *e
		dst[n].Position, dst[n].End = s.end-1, s.end
		s.next = (s.next + 1) % len(s.entries)
		s.left--
	}
	return n, nil
}

func (s *benchSource) Release()                                  {}
func (s *benchSource) Wait(context.Context, bool, time.Duration) {}
func (s *benchSource) Intent(destination.Mark, []byte) error     { return nil }
func (s *benchSource) PendingIntent() (destination.Mark, []byte) { return destination.Mark{}, nil }
func (s *benchSource) Ack(destination.Mark) error                { return nil }
func (s *benchSource) Reached(destination.Mark) bool             { return true }
func (s *benchSource) Kick()                                     {}
func (s *benchSource) Pending() (uint64, int64, time.Time)       { return 0, 0, time.Time{} }

// tenFieldEntries are records of the event with ten fields that all benchmarks of this project use.
func tenFieldEntries(n int) []destination.Entry {
	var e record.Encoder
	out := make([]destination.Entry, n)
	for i := range out {
		h := record.Header{Time: 1704207845678901234 + int64(i)*700, Level: slog.LevelInfo, Layer: "orders", Message: "order processed"}
		raw := e.Encode(&h, nil, []slog.Attr{
			slog.String("service", "payment-service"),
			slog.String("correlation_id", fmt.Sprintf("01HQ3K8ZJ5X7Y9A2B4C6D8E%03d", i)),
			slog.Int("attempt", 3),
			slog.Int64("order_id", 8123456789+int64(i)),
			slog.Float64("amount", 249.99+float64(i)),
			slog.Bool("retry", true),
			slog.Duration("elapsed", time.Duration(1532+i)*time.Microsecond),
			slog.Time("created", time.Unix(1704207845, 123456789+int64(i)*1000).UTC()),
			slog.String("url", fmt.Sprintf("https://api.example.com/v1/orders/8123456%03d", i)),
			slog.Any("error", errors.New("connection refused")),
		})
		out[i] = destination.Entry{Priority: 128, Payload: append([]byte{}, raw...)}
	}
	return out
}
