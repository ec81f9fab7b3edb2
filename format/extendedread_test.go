package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// readExtended returns the lines of a file of format binary-extended, and where it is damaged.
func readExtended(t *testing.T, r io.Reader) (lines []string, damages []Damage) {
	t.Helper()
	e := NewExtendedReader(r)
	for {
		line, err := e.Next()
		if errors.Is(err, io.EOF) {
			return lines, e.Damages()
		}
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(line) || bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("no line of JSON: %q", line)
		}
		lines = append(lines, string(line))
	}
}

func TestBinaryExtendedIsReadAsJSON(t *testing.T) {
	f := newCBOR(Options{})
	v := build(t, record.Header{Time: 1, Level: slog.LevelWarn, Message: "a \"b\"\n", Layer: "api", IDs: &record.IDs{CorrelationID: "c", TraceID: [16]byte{1, 0xab}, SpanID: [8]byte{2}}},
		slog.Int("n", -5), slog.Uint64("u", math.MaxUint64), slog.Float64("f", 0.25), slog.Bool("b", true), slog.Any("nil", nil), slog.Any("raw", []byte{1, 2, 3}),
		slog.Duration("d", time.Second), slog.Group("g", slog.String("x", "é"), slog.Any("l", []int{1, 2})), slog.Float64("nan", math.NaN()),
		slog.Time("t", time.Unix(0, 0).UTC()), slog.Int64("least", math.MinInt64))
	lines, damages := readExtended(t, iotest.OneByteReader(bytes.NewReader(f.Append(nil, v))))
	want := `{"timestamp":"1970-01-01T00:00:00.000000001Z","level_name":"WARNING","layer":"api","message":"a \"b\"\n","correlation_id":"c",` +
		`"trace_id":"01ab0000000000000000000000000000","span_id":"0200000000000000","attributes":{"n":-5,"u":18446744073709551615,"f":0.25,"b":true,"nil":null,` +
		`"raw":"AQID","d":1000000000,"g":{"x":"é","l":[1,2]},"nan":"NaN","t":"1970-01-01T00:00:00Z","least":-9223372036854775808}}` + "\n"
	if len(lines) != 1 || len(damages) != 0 || strings.Replace(lines[0], `"level"`, `"level_name"`, 1) != want {
		t.Errorf("%q\n%q, damages %v", lines, want, damages)
	}
}

func TestDamageInBinaryExtendedIsPassedOverAndItsPlaceIsKnown(t *testing.T) {
	f := newCBOR(Options{})
	var file []byte
	var starts []int
	for i := range 20 {
		starts = append(starts, len(file))
		file = f.Append(file, build(t, record.Header{Time: int64(i + 1), Message: "m"}, slog.Int("n", i)))
	}
	size := int64(starts[1])
	for name, c := range map[string]struct {
		change func([]byte) []byte
		lines  int
		want   []Damage
	}{
		"none":          {func(b []byte) []byte { return b }, 20, nil},
		"cut off":       {func(b []byte) []byte { return b[:len(b)-1] }, 19, []Damage{{int64(starts[19]), int64(len(file)-starts[19]) - 1}}},
		"in the middle": {func(b []byte) []byte { b[starts[5]+3] = 0xff; return b }, 19, []Damage{{int64(starts[5]), size}}},
		"two in a row":  {func(b []byte) []byte { b[starts[5]], b[starts[6]] = 0, 0; return b }, 18, []Damage{{int64(starts[5]), 2 * size}}},
		"two":           {func(b []byte) []byte { b[starts[5]], b[starts[8]] = 0, 0; return b }, 18, []Damage{{int64(starts[5]), size}, {int64(starts[8]), size}}},
		"in front":      {func(b []byte) []byte { return append([]byte("x"), b...) }, 20, []Damage{{0, 1}}},
		"a length that lies": {func(b []byte) []byte {
			copy(b[starts[5]:], "\xbf\x7b\x00\x00\x00\x00\x7f\xff\xff\xff")
			return b
		}, 19, []Damage{{int64(starts[5]), size}}},
	} {
		for _, r := range []func([]byte) io.Reader{func(b []byte) io.Reader { return bytes.NewReader(b) }, func(b []byte) io.Reader { return iotest.OneByteReader(bytes.NewReader(b)) }} {
			lines, damages := readExtended(t, r(c.change(slices.Clone(file))))
			if len(lines) != c.lines || !slices.Equal(damages, c.want) {
				t.Errorf("%s: %d lines, damages %v, want %d and %v", name, len(lines), damages, c.lines, c.want)
			}
		}
	}
}

func TestDamageInBinaryCompactIsKnownByItsPlace(t *testing.T) {
	f := newCompact()
	var file []byte
	var starts []int
	for i := range 20 {
		starts = append(starts, len(file))
		file = f.Append(file, build(t, record.Header{Time: int64(i + 1), Message: "m"}, slog.Int("n", i)))
	}
	file[starts[3]+20], file[starts[9]] = 0xff, 0
	file = file[:len(file)-2]
	r := NewCompactReader(bytes.NewReader(file))
	var v record.View
	n := 0
	for ; r.Next(&v) == nil; n++ {
	}
	want := []Damage{{int64(starts[3]), int64(starts[4] - starts[3])}, {int64(starts[9]), int64(starts[10] - starts[9])}, {int64(starts[19]), int64(len(file) - starts[19])}}
	if n != 17 || !slices.Equal(r.Damages(), want) {
		t.Errorf("%d records, damages %v, want %v", n, r.Damages(), want)
	}
}

func FuzzExtendedReader(f *testing.F) {
	f.Add([]byte("\xbf\x65level\x64INFO\x67message\x61m\xff"))
	f.Add([]byte("\xbf\x69timestamp\xc0\x7b\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("\xbf\x61a\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00\x61b\x3b\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, damages := readExtended(t, bytes.NewReader(file))
		end := int64(0)
		for _, d := range damages {
			if d.Bytes <= 0 || d.Offset < end || d.Offset+d.Bytes > int64(len(file)) {
				t.Fatalf("damages %v of %d bytes", damages, len(file))
			}
			end = d.Offset + d.Bytes + 1
		}
	})
}
