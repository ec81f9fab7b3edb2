package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// everyFormat calls fn with a way to make each formatter, in several settings.
func everyFormat(t testing.TB, fn func(what string, fresh func() Formatter)) {
	settings := map[string]Options{"": {}, " with id": {ID: true}, " in milliseconds": {Precision: "ms"}}
	for _, schema := range Schemas() {
		settings[" "+schema] = Options{Schema: schema, ID: true}
	}
	for _, name := range Names() {
		for what, o := range settings {
			if _, err := New(name, o); err != nil {
				continue // not of this format
			}
			fn(name+what, func() Formatter {
				f, err := New(name, o)
				if err != nil {
					t.Fatal(err)
				}
				return f
			})
		}
	}
}

// anyValue returns a value of any kind; of a few, so that many come again.
func anyValue(r *rand.Rand) any {
	values := []any{
		"payment", "a \"b\"\n", "", "значение", "\xff", strings.Repeat("x", 300), strings.Repeat("long ", 40), "=1+2",
		int(r.Int32N(4)), r.Int64(), -r.Int64(), uint64(math.MaxUint64), 0.8375, r.Float64(), math.NaN(), math.Inf(-1), true, false,
		time.Duration(r.Int64N(1e12)), time.Unix(r.Int64N(1e9), r.Int64N(1e9)).UTC(), time.Unix(1, 0).In(time.FixedZone("", 3600)), time.Time{},
		errors.New("connection refused"), fmt.Errorf("read: %w", io.EOF), []byte("bytes"), json.Number("1e400"), nil,
		[]any{1, "x", map[string]any{"k": 1}}, map[string]int{}, slog.GroupValue(slog.Int("in", 1), slog.String("side", "x")),
	}
	return values[r.IntN(len(values))]
}

var anyKeys = []string{"service", "seq", "a", "b", "level", "message", "trace_id", "id", "error", "error_chain", "a key of more than fifteen bytes",
	"k", "", "\"q\"", "ключ", "err", "source", "!DAMAGED", strings.Repeat("k", 260)}

// anyRecord returns a record of one of a few shapes.
func anyRecord(r *rand.Rand) record.View {
	shape := rand.New(rand.NewPCG(r.Uint64N(12), 1))
	h := record.Header{Time: r.Int64N(1e18), Level: slog.Level(4 * shape.IntN(3)), Layer: []string{"api", "events"}[shape.IntN(2)],
		Message: []string{"order processed", "m", "", "a\tb", strings.Repeat("w", 600)}[shape.IntN(5)]}
	if shape.IntN(3) == 0 {
		h.Logger = "db"
	}
	if shape.IntN(4) == 0 {
		h.Source = &record.Source{Function: "f", File: "/x/a.go", Line: r.IntN(3)}
	}
	if shape.IntN(3) == 0 {
		h.IDs = &record.IDs{CorrelationID: fmt.Sprint(r.Int())}
		if r.IntN(2) == 0 {
			h.IDs.TraceID, h.IDs.SpanID = [16]byte{1}, [8]byte{2}
		}
	}
	if r.IntN(50) == 0 {
		h.Time = record.NoTime
	}
	var attrs []slog.Attr
	for range shape.IntN(8) {
		key := anyKeys[shape.IntN(len(anyKeys))]
		value := anyValue(shape)
		if r.IntN(3) == 0 {
			value = anyValue(r)
		}
		attrs = append(attrs, slog.Any(key, value))
	}
	raw := encode(h, attrs...)
	if r.IntN(20) == 0 {
		raw = raw[:len(raw)-r.IntN(min(len(raw)-12, 9))] // damaged
	}
	var v record.View
	if v.Decode(raw) != nil {
		return anyRecord(r)
	}
	if r.IntN(4) > 0 {
		v.Journal, v.Position = [16]byte{1}, r.Uint64N(1e6)
	}
	v.Recovered = r.IntN(8) == 0
	return v
}

func TestWhatAFormatterHasLearnedChangesNothing(t *testing.T) {
	records := 300
	if os.Getenv("HYDRA_FULL") != "" {
		records = 5000
	}
	everyFormat(t, func(what string, fresh func() Formatter) {
		r := rand.New(rand.NewPCG(7, 7))
		old := fresh()
		for i := range records {
			v := anyRecord(r)
			got := string(old.Append([]byte("before"), &v))
			if want := string(fresh().Append([]byte("before"), &v)); got != want {
				t.Fatalf("%s, record %d:\ngot  %q\nwant %q", what, i, got, want)
			}
		}
	})
}

func FuzzWhatAFormatterHasLearnedChangesNothing(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		a, b := anyRecord(r), anyRecord(r)
		f.Add([]byte(a.Raw()), []byte(b.Raw()), uint16(3), byte(1))
	}
	f.Fuzz(func(t *testing.T, rawA, rawB []byte, at uint16, turned byte) {
		var a, b, c record.View
		if a.Decode(rawA) != nil || b.Decode(rawB) != nil {
			return
		}
		changed := append([]byte{}, rawA...)
		changed[int(at)%len(changed)] ^= turned
		if c.Decode(changed) != nil {
			c = a
		}
		for _, name := range Names() {
			old, _ := New(name, Options{})
			for i, v := range []*record.View{&a, &a, &c, &a, &b, &c, &a, &b} {
				fresh, _ := New(name, Options{})
				if got, want := string(old.Append(nil, v)), string(fresh.Append(nil, v)); got != want {
					t.Fatalf("%s, record %d:\ngot  %q\nwant %q", name, i, got, want)
				}
			}
		}
	})
}

func TestAFormatterLearnsWhatComesAgain(t *testing.T) {
	f := newJSON(Options{})
	var v record.View
	for i := range 20 {
		if err := v.Decode(encode(record.Header{Message: "m"}, slog.Int("seq", i), slog.String("service", "payment"))); err != nil {
			t.Fatal(err)
		}
		f.Append(nil, &v)
	}
	if l := f.memory.recall(&v); l == nil || l.hits != 19 {
		t.Errorf("of 20 records of one shape, those behind the first should be found: %+v", l)
	}
}

func TestValuesThatChangeNowAndThenAreWrittenAsTheyAre(t *testing.T) {
	var raws [][]byte
	for i := range 600 {
		var attrs []slog.Attr
		for k := range 9 { // the first one changes each time, the last one seldom; their lengths too
			attrs = append(attrs, slog.String(fmt.Sprint("key", k), strings.Repeat("v", (i>>k)%5)+fmt.Sprint(i>>k)))
		}
		attrs = append(attrs, slog.Bool("seldom", i%50 == 0), slog.Int("by turns", i%2), slog.String("always", "the same"))
		raws = append(raws, encode(record.Header{Layer: "api", Message: "m"}, attrs...))
	}
	for _, name := range Names() {
		old, _ := New(name, Options{})
		var v record.View
		for i, raw := range raws {
			if err := v.Decode(raw); err != nil {
				t.Fatal(err)
			}
			got := string(old.Append(nil, &v))
			if i%7 > 0 { // a new formatter for each record would take too long
				continue
			}
			fresh, _ := New(name, Options{})
			if want := string(fresh.Append(nil, &v)); got != want {
				t.Fatalf("%s, record %d:\ngot  %q\nwant %q", name, i, got, want)
			}
		}
	}
}
