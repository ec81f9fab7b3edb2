package record_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

var benchTime = time.Date(2026, 11, 23, 10, 20, 30, 123456789, time.UTC)

var errBench = errors.New("connection refused")

func ten() []slog.Attr {
	return []slog.Attr{
		slog.String("service", "payment"),
		slog.String("correlation_id", "0199c2a4-77aa-7bd3-9d5e-3f6f0f3c2a11"),
		slog.Int("attempt", 3),
		slog.Int64("bytes", 1234567),
		slog.Float64("ratio", 0.8712),
		slog.Bool("cached", true),
		slog.Duration("elapsed", 1534*time.Microsecond),
		slog.Time("at", benchTime),
		slog.String("url", "https://example.com/api/v1/orders/8812"),
		slog.Any("error", errBench),
	}
}

var benchHeader = record.Header{Time: 1, Layer: "events", Logger: "payment", Message: "processing order"}

func BenchmarkEncodeTen(b *testing.B) {
	var e record.Encoder
	attrs := ten()
	b.ReportAllocs()
	for b.Loop() {
		e.Encode(&benchHeader, nil, attrs)
	}
}

func BenchmarkEncodeNone(b *testing.B) {
	var e record.Encoder
	for b.Loop() {
		e.Encode(&benchHeader, nil, nil)
	}
}

func BenchmarkEncodeEach(b *testing.B) {
	var e record.Encoder
	for i, a := range ten() {
		one := []slog.Attr{a, a, a, a, a, a, a, a, a, a}
		b.Run(ten()[i].Key, func(b *testing.B) {
			for b.Loop() {
				e.Encode(&benchHeader, nil, one)
			}
		})
	}
}

// The floor: the bytes of the finished record are copied, nothing else.
func BenchmarkCopyTen(b *testing.B) {
	var e record.Encoder
	data := e.Encode(&benchHeader, nil, ten())
	b.SetBytes(int64(len(data)))
	dst := make([]byte, len(data))
	for b.Loop() {
		copy(dst, data)
	}
}

func BenchmarkDecodeTen(b *testing.B) {
	var e record.Encoder
	data := e.Encode(&benchHeader, nil, ten())
	var v record.View
	var t record.Token
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Decode(data); err != nil {
			b.Fatal(err)
		}
		it := v.Attrs()
		for it.Next(&t) {
		}
	}
}

func BenchmarkEncodeSlogTen(b *testing.B) {
	var e record.Encoder
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "processing order", 0)
	r.AddAttrs(ten()...)
	b.ReportAllocs()
	for b.Loop() {
		e.EncodeSlog(&benchHeader, nil, &r, "layer")
	}
}

func BenchmarkEventRoundTrip(b *testing.B) {
	var e record.Encoder
	data := append([]byte(nil), e.Encode(&benchHeader, nil, ten())...)
	var v record.View
	var ev record.Event
	b.ReportAllocs()
	for b.Loop() {
		_ = v.Decode(data)
		_ = ev.Set(&v)
		e.EncodeEvent(&ev)
	}
}

type benchOrder struct {
	ID     string            `json:"id"`
	Amount float64           `json:"amount,omitempty"`
	Tags   []string          `json:"tags"`
	Meta   map[string]string `json:"meta"`
}

func BenchmarkEncodeStruct(b *testing.B) {
	var e record.Encoder
	attrs := []slog.Attr{slog.Any("order", &benchOrder{"o-1", 12.5, []string{"a", "b"}, map[string]string{"x": "y"}})}
	b.ReportAllocs()
	for b.Loop() {
		e.Encode(&benchHeader, nil, attrs)
	}
}

func BenchmarkEncodeBoundTen(b *testing.B) {
	var e record.Encoder
	var none *record.Bound
	bound := none.With(ten())
	for b.Loop() {
		e.Encode(&benchHeader, bound, nil)
	}
}

func BenchmarkEncodeTenParallel(b *testing.B) {
	attrs := ten()
	b.RunParallel(func(pb *testing.PB) {
		var e record.Encoder
		for pb.Next() {
			e.Encode(&benchHeader, nil, attrs)
		}
	})
}
