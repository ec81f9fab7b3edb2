package format

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// tenFields is the event that the benchmarks of this project use everywhere.
func tenFields() []byte {
	var e record.Encoder
	h := record.Header{
		Time: 1704207845678901234, Level: slog.LevelInfo, Layer: "orders", Message: "order processed",
	}
	return append([]byte(nil), e.Encode(&h, nil, []slog.Attr{
		slog.String("service", "payment-service"),
		slog.String("correlation_id", "01HQ3K8ZJ5X7Y9A2B4C6D8E0F1"),
		slog.Int("attempt", 3),
		slog.Int64("order_id", 8123456789),
		slog.Float64("amount", 249.99),
		slog.Bool("retry", true),
		slog.Duration("elapsed", 1532*time.Microsecond),
		slog.Time("created", time.Unix(1704207845, 123456789).UTC()),
		slog.String("url", "https://api.example.com/v1/orders/8123456789"),
		slog.Any("error", errors.New("connection refused")),
	})...)
}

func BenchmarkJSONLines(b *testing.B) { benchmarkFormat(b, JSONLines) }
func BenchmarkPlainText(b *testing.B) { benchmarkFormat(b, PlainText) }
func BenchmarkColored(b *testing.B)   { benchmarkFormat(b, Colored) }

func benchmarkFormat(b *testing.B, name string) {
	f, err := New(name, Options{})
	if err != nil {
		b.Fatal(err)
	}
	raw := tenFields()
	var v record.View
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	var now int64
	for b.Loop() {
		if err := v.Decode(raw); err != nil {
			b.Fatal(err)
		}
		now += 700
		v.Time += now
		dst = f.Append(dst[:0], &v)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkDecodeAndWalk(b *testing.B) {
	raw := tenFields()
	var v record.View
	n := 0
	for b.Loop() {
		if err := v.Decode(raw); err != nil {
			b.Fatal(err)
		}
		attrs := v.Attrs()
		var t record.Token
		for attrs.Next(&t) {
			n += len(t.Key)
		}
	}
}
