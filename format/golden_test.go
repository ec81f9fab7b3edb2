package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

var update = flag.Bool("update", false, "write the golden files anew")

func encode(h record.Header, attrs ...slog.Attr) []byte {
	var e record.Encoder
	return bytes.Clone(e.Encode(&h, nil, attrs))
}

// build encodes a record and decodes it again.
func build(t testing.TB, h record.Header, attrs ...slog.Attr) *record.View {
	t.Helper()
	v := new(record.View)
	if err := v.Decode(encode(h, attrs...)); err != nil {
		t.Fatal(err)
	}
	return v
}

func formatted(t testing.TB, name string, o Options, v *record.View) string {
	t.Helper()
	f, err := New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return string(f.Append(nil, v))
}

const vectorTime = 1704207845678901000 // 2024-01-02T15:04:05.678901Z

// vectorA is the full record that all implementations of Hydra-Logger show their formats with.
func vectorA(t testing.TB) *record.View {
	return build(t, record.Header{
		Time: vectorTime, Level: slog.LevelError, Layer: "api", Logger: "svc", Message: `disk "full", retry`,
		Source: &record.Source{Function: "handle", File: "api.py", Line: 11},
	}, slog.String("code", "E-1"), slog.Int("n", 2), slog.String("trace", "t-1"))
}

// vectorB is the minimal one.
func vectorB(t testing.TB) *record.View {
	return build(t, record.Header{Time: vectorTime, Level: slog.LevelInfo, Layer: "default", Logger: "svc", Message: "hello"})
}

// rich has every kind of attribute and every field.
func rich(t testing.TB) *record.View {
	zone := time.FixedZone("", -5*3600-30*60)
	v := build(t, record.Header{
		Time: -1, Level: slog.LevelInfo + 1, Layer: "events", Logger: "pay", Message: "line 1\nline 2 \x1b[31mred\x1b[0m \u202eabc \xff héllo ☃",
		IDs: &record.IDs{
			CorrelationID: "01HQ3K8ZJ5X7Y9A2B4C6D8E0F1", CausationID: "evt-1", MessageID: "m 1",
			TraceID: [16]byte{0x4b, 0xf9, 0x2f, 15: 0x36}, SpanID: [8]byte{0xf0, 7: 0xb7},
		},
		Source: &record.Source{Function: "main.handle", File: "/src/my app/main.go", Line: 42},
	},
		slog.String("empty", ""), slog.String("text", `a "b" \ c`), slog.String("html", "<a>&</a>"),
		slog.Int64("min", math.MinInt64), slog.Uint64("max", math.MaxUint64),
		slog.Float64("third", 1.0/3), slog.Float64("nan", math.NaN()), slog.Float64("inf", math.Inf(-1)), slog.Float64("tiny", 1e-9),
		slog.Bool("yes", true), slog.Bool("no", false), slog.Any("nothing", nil),
		slog.Duration("took", 1500*time.Millisecond),
		slog.Time("utc", time.Unix(0, vectorTime).UTC()), slog.Time("zoned", time.Unix(1704207845, 0).In(zone)), slog.Time("zero", time.Time{}),
		slog.Any("bytes", []byte{0, 1, 2, 255}),
		slog.Any("err", errors.New("plain")),
		slog.Any("cause", fmt.Errorf("load: %w", &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrNotExist})),
		slog.Group("req", slog.String("method", "GET"), slog.Group("nothing"), slog.Group("user", slog.Int("id", 7))),
		slog.Group("hollow", slog.Group("inside")),
		slog.Any("tags", []string{"a", "b c", "d,e"}), slog.Any("ports", []int{80, 443}), slog.Any("none", []int{}),
		slog.Any("items", []map[string]any{{"sku": "x-1"}, {}, {"sku": "x 2", "deep": map[string]any{"n": 1}}}),
		slog.Any("big", json.Number("123456789012345678901234567890.5")),
		slog.Int("level", 3), slog.String("trace_id", "mine"), slog.String("timestamp", "now"), slog.String("id", "order-1"),
		slog.String("twice", "first"), slog.String("key with space", "x"), slog.String("ключ", "да"), slog.String("", "no key"),
		slog.String("bad\xffkey", "\xc3\x28"), slog.String("nul\x00", "\x00\x7f\u0085\u2028\u2029\u2066"),
		slog.String("twice", "last"),
	)
	v.Journal, v.Position, v.Recovered = [16]byte{0x12, 0x34, 15: 0xff}, 0xabcdef, true
	return v
}

func TestFormatsMatchTheirGoldenFiles(t *testing.T) {
	records := []struct {
		name string
		view *record.View
	}{{"A", vectorA(t)}, {"B", vectorB(t)}, {"rich", rich(t)}}
	for _, name := range Names() {
		var got []byte
		for _, r := range records {
			got = append(got, formatted(t, name, Options{ID: r.name == "rich"}, r.view)...)
		}
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}
