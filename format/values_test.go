package format

import (
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

func TestFloatsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	check := func(f float64) {
		t.Helper()
		want, err := json.Marshal(f)
		if err != nil {
			return
		}
		if got := appendFloat(nil, f); string(got) != string(want) {
			t.Fatalf("%x: got %s want %s", math.Float64bits(f), got, want)
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.5, 249.99, 1e-6, 9.99999e-7, 1e-7, 4e-7, 0.000123, 123456.789012, 999999999.999999, 1e9, 1e15, 1e16, 1e20, 1e21, 1e22,
		math.MaxFloat64, math.SmallestNonzeroFloat64, 1.0 / 3, 0.1 + 0.2, 1e9 - 1e-6, math.MaxInt64, math.MinInt64} {
		check(f)
		check(-f)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		check(math.Float64frombits(r.Uint64()))
		check(float64(r.Int64N(1e12)) / math.Pow10(r.IntN(12)))
		check(r.NormFloat64() * math.Pow10(r.IntN(14)-5))
		if f := math.Round(r.Float64()*1e10) / 1e6; true {
			check(f)
			check(math.Nextafter(f, 0))
			check(math.Nextafter(f, math.Inf(1)))
		}
	}
}

func TestIntegersHaveAllTheirDigits(t *testing.T) {
	check := func(v uint64) {
		t.Helper()
		if got, want := string(appendUint(nil, v)), strconv.FormatUint(v, 10); got != want {
			t.Fatalf("got %s want %s", got, want)
		}
		if got, want := string(appendInt(nil, int64(v))), strconv.FormatInt(int64(v), 10); got != want {
			t.Fatalf("got %s want %s", got, want)
		}
	}
	for p := uint64(1); p < 1e19; p *= 10 {
		for _, v := range []uint64{p - 1, p, p + 1, 9 * p, -p} {
			check(v)
		}
	}
	for i := range 64 {
		check(1 << i)
		check(1<<i - 1)
	}
	check(math.MaxUint64)
	check(1e19)
}

func TestTimesAreWrittenAsPackageTimeDoes(t *testing.T) {
	c := newClock()
	check := func(v time.Time) {
		t.Helper()
		view := build(t, record.Header{}, slog.Time("t", v))
		attrs := view.Attrs()
		var tok record.Token
		attrs.Next(&tok)
		if got, want := string(c.appendTime(nil, &tok)), v.Format(time.RFC3339Nano); got != want {
			t.Fatalf("got %s want %s", got, want)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 100_000 {
		v := time.Unix(0, int64(r.Uint64()))
		check(v.UTC())
		check(v.Truncate(time.Millisecond).In(time.FixedZone("", (r.IntN(112)-56)*15*60)))
		if i%10 == 0 {
			check(time.Unix(r.Int64N(1e11), 0).UTC())
		}
	}
	for _, ns := range []int64{math.MinInt64 + 1, -1, 0, 1, 999_999_999, 1e9, math.MaxInt64} {
		check(time.Unix(0, ns).UTC())
		v := record.View{Time: ns}
		got := string(newJSON(Options{}).appendHead(nil, &v))
		if want := time.Unix(0, ns).UTC().Format(`{"timestamp":"2006-01-02T15:04:05.000000000Z"`); !strings.HasPrefix(got, want) {
			t.Errorf("got %s want %s", got, want)
		}
		got = string(newText(Options{}, PlainText).appendHead(nil, &v))
		if want := time.Unix(0, ns).UTC().Format("| 2006-01-02T15:04:05.000000Z |"); !strings.HasPrefix(got, want) {
			t.Errorf("got %s want %s", got, want)
		}
	}
	check(time.Time{})
}

// TestClockDoesNotShowTheSecondOfAnotherRecord formats times that jump back and forth over seconds and days.
func TestClockDoesNotShowTheSecondOfAnotherRecord(t *testing.T) {
	f := newJSON(Options{})
	r := rand.New(rand.NewPCG(5, 6))
	for range 10_000 {
		v := record.View{Time: r.Int64N(4 * 86400e9)}
		want := time.Unix(0, v.Time).UTC().Format(`{"timestamp":"2006-01-02T15:04:05.000000000Z"`)
		if got := string(f.Append(nil, &v)); !strings.HasPrefix(got, want) {
			t.Fatalf("got %s want %s", got, want)
		}
	}
}

func TestDurationsAreWrittenAsTheirString(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	check := func(d time.Duration) {
		t.Helper()
		if got := string(appendDuration(nil, d)); got != d.String() {
			t.Fatalf("got %s want %s", got, d)
		}
	}
	for _, d := range []time.Duration{0, 1, 999, 1000, 1001, 1e6, 1e6 - 1, 1e9, 1e9 - 1, time.Minute, time.Hour, time.Hour + 1, math.MaxInt64, math.MinInt64} {
		check(d)
		check(-d)
	}
	for range 100_000 {
		check(time.Duration(r.Uint64() >> r.IntN(64)))
	}
}

// TestTextIsEscapedWhereverItStands puts each awkward piece at each place of strings of each length.
func TestTextIsEscapedWhereverItStands(t *testing.T) {
	pieces := []string{"\x00", "\n", "\x1f", `"`, `\`, "\x7f", "\u0080", "\u0085", "\u009b", "\u00a0", "é", "\u2027", "\u2028", "\u2029", "\u202a", "\u202e", "\u202f",
		"\u2065", "\u2066", "\u2069", "\u206a", "☃", "𝄞", "\xff", "\xc3", "\xe2\x80", "\xed\xa0\x80", "\ufffd", "\x21", "\x20", "~", "#", "[", "]"}
	for _, piece := range pieces {
		for size := range 36 {
			for at := range size + 1 {
				s := strings.Repeat("x", at) + piece + strings.Repeat("y", size-at)
				want := string([]rune(s))
				out := appendString([]byte("before"), s)[len("before"):]
				var got string
				if err := json.Unmarshal(out, &got); err != nil || got != want {
					t.Fatalf("%q: %s: %v", s, out, err)
				}
				checkHarmless(t, string(out))
				key, _ := appendKey([]byte("before"), s, 0)
				if string(key) != "before"+string(out)+":" {
					t.Fatalf("%q: key %s", s, key)
				}
				line := string(appendLine(nil, s))
				checkHarmless(t, line)
				if n := skipPlain(s, 0); n < len(s) != (special(uint64(piece[0])|blanks&^0xff) != 0) {
					t.Fatalf("%q: plain to %d", s, n)
				}
				word := string(appendWord(nil, s))
				if strings.HasPrefix(word, `"`) {
					if word != string(out) {
						t.Fatalf("%q: word %s", s, word)
					}
				} else if word != s || strings.ContainsAny(word, " \"=") {
					t.Fatalf("%q: word %s", s, word)
				}
			}
		}
	}
}

func TestARecordWithoutATimeIsWrittenWithoutOne(t *testing.T) {
	v := record.View{Time: record.NoTime, Layer: "api", Message: "m"}
	if got := formatted(t, JSONLines, Options{}, &v); got != `{"level":"INFO","layer":"api","message":"m"}`+"\n" {
		t.Error(got)
	}
	if got := formatted(t, PlainText, Options{}, &v); got != "| - | INFO | api | m\n" {
		t.Error(got)
	}
}

func TestNamesOfLevels(t *testing.T) {
	for l, want := range map[slog.Level]string{
		-100: "TRACE-92", -9: "TRACE-1", -8: "TRACE", -5: "TRACE+3", -4: "DEBUG", -1: "DEBUG+3", 0: "INFO", 1: "INFO+1", 4: "WARNING", 7: "WARNING+3", 8: "ERROR", 12: "CRITICAL",
		13: "CRITICAL+1", 99: "CRITICAL+87", math.MaxInt: "CRITICAL+" + strconv.Itoa(math.MaxInt-12),
	} {
		if got := string(AppendLevel(nil, l)); got != want {
			t.Errorf("got %s want %s", got, want)
		}
		v := record.View{Level: l}
		if m := checkJSON(t, formatted(t, JSONLines, Options{}, &v)); m["level"] != want {
			t.Errorf("got %s want %s", m["level"], want)
		}
		if line := formatted(t, PlainText, Options{}, &v); !strings.Contains(line, "Z | "+want+" |") {
			t.Errorf("%s", line)
		}
	}
}

func TestRecordIDIsUUIDAndPosition(t *testing.T) {
	var journal [16]byte
	hex.Decode(journal[:], []byte("0123456789abcdef0123456789abcdef"))
	if got := RecordID(journal, 0xfedc); got != "01234567-89ab-cdef-0123-456789abcdef:000000000000fedc" {
		t.Error(got)
	}
}

func TestUnknownNamesAreExplained(t *testing.T) {
	for name, want := range map[string]string{
		"json-line":  `did you mean "json-lines"?`,
		"plain_text": `did you mean "plain-text"?`,
		"xml":        `use one of json-lines, json, plain-text`,
		"":           `format: unknown name ""`,
	} {
		if f, err := New(name, Options{}); err == nil || !strings.Contains(err.Error(), want) || f != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range Names() {
		if _, err := New(name, Options{}); err != nil {
			t.Error(err)
		}
	}
}
