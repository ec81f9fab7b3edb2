package format

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// tenFields is the event that the benchmarks of this project use everywhere.
func tenFields() []byte {
	return encode(record.Header{Time: 1704207845678901234, Level: slog.LevelInfo, Layer: "orders", Message: "order processed"},
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
	)
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

// BenchmarkJSONLinesWithClash is a record whose keys must be settled first.
func BenchmarkJSONLinesWithClash(b *testing.B) {
	raw := encode(record.Header{Message: "m"}, slog.Int("a", 1), slog.Int("level", 2), slog.Int("b", 3), slog.Int("a", 4))
	f, dst := newJSON(Options{}), []byte(nil)
	var v record.View
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Decode(raw); err != nil {
			b.Fatal(err)
		}
		dst = f.Append(dst[:0], &v)
	}
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

func TestFormattingAllocatesNothing(t *testing.T) {
	full := encode(record.Header{
		Time: vectorTime, Layer: "api", Logger: "svc", Message: "a \"b\"\n", IDs: &record.IDs{CorrelationID: "c", TraceID: [16]byte{1}, SpanID: [8]byte{1}},
		Source: &record.Source{Function: "f", File: "/a b.go", Line: 1},
	}, slog.Group("g", slog.Any("l", []any{1, "a b", []byte("x")}), slog.Time("t", time.Unix(0, 1).In(time.FixedZone("", 3600)))),
		slog.Any("err", fmt.Errorf("x: %w", io.EOF)), slog.Float64("third", 1.0/3), slog.String("ключ", "да"))
	clash := encode(record.Header{Message: "m"}, slog.Int("a", 1), slog.Int("b", 2), slog.Any("a", []int{3}), slog.Group("g", slog.Int("a", 1), slog.Int("a", 2)))
	for _, name := range Names() {
		for what, raw := range map[string][]byte{"ten fields": tenFields(), "full": full, "clash": clash} {
			f, _ := New(name, Options{ID: true})
			var v record.View
			dst := make([]byte, 0, 4096)
			n := testing.AllocsPerRun(100, func() {
				if err := v.Decode(raw); err != nil {
					t.Fatal(err)
				}
				v.Journal[0], v.Recovered = 1, true
				dst = f.Append(dst[:0], &v)
			})
			if n != 0 {
				t.Errorf("%s, %s: %v allocations", name, what, n)
			}
		}
	}
}

func TestSchemasAllocateNothing(t *testing.T) {
	for _, schema := range Schemas() {
		f, err := New(JSONLines, Options{Schema: schema, ID: true, Precision: "ms"})
		if err != nil {
			t.Fatal(err)
		}
		var v record.View
		raw, dst := tenFields(), make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() {
			if err := v.Decode(raw); err != nil {
				t.Fatal(err)
			}
			v.Level, v.Journal[0] = slog.LevelWarn+1, 1
			dst = f.Append(dst[:0], &v)
		}); n != 0 {
			t.Errorf("%s: %v allocations", schema, n)
		}
	}
}

// BenchmarkJSONLinesVaried is a record whose values are all new each time.
func BenchmarkJSONLinesVaried(b *testing.B) { benchmarkVaried(b, JSONLines) }
func BenchmarkPlainTextVaried(b *testing.B) { benchmarkVaried(b, PlainText) }

func benchmarkVaried(b *testing.B, name string) {
	f, err := New(name, Options{})
	if err != nil {
		b.Fatal(err)
	}
	var raws [256][]byte
	for i := range raws {
		n := 1 + i*7919
		raws[i] = encode(record.Header{Time: 1704207845678901234 + int64(n)*1e6, Level: slog.LevelInfo, Layer: "orders", Message: "order processed"},
			slog.String("service", fmt.Sprintf("payment-%d", n%97)),
			slog.String("correlation_id", fmt.Sprintf("01HQ3K8ZJ5X7Y9A2B4C6D%05d", n%100000)),
			slog.Int("attempt", n%10),
			slog.Int64("order_id", 8123456789+int64(n)),
			slog.Float64("amount", float64(n%100000)/100),
			slog.Bool("retry", n%2 == 0),
			slog.Duration("elapsed", time.Duration(n)*time.Microsecond),
			slog.Time("created", time.Unix(1704207845+int64(n), 123456789).UTC()),
			slog.String("url", fmt.Sprintf("https://api.example.com/v1/orders/%d", 8123456789+int64(n))),
			slog.Any("error", fmt.Errorf("connection %d refused", n)),
		)
	}
	var v record.View
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := v.Decode(raws[i&255]); err != nil {
			b.Fatal(err)
		}
		i++
		dst = f.Append(dst[:0], &v)
	}
	b.SetBytes(int64(len(dst)))
}
