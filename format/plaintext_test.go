package format

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

func plainOf(t testing.TB, attrs ...slog.Attr) string {
	t.Helper()
	line := formatted(t, PlainText, Options{}, build(t, record.Header{Layer: "l", Message: "m"}, attrs...))
	const head = "| 1970-01-01T00:00:00.000000Z | INFO | l | m"
	rest, ok := strings.CutPrefix(line, head)
	if !ok {
		t.Fatalf("%q", line)
	}
	return strings.TrimSuffix(rest, "\n")
}

func TestPlainTextQuotesWhatWouldNotEndWhereItEnds(t *testing.T) {
	for value, want := range map[string]string{
		"a":          ` k=a`,
		"abcdefgh":   ` k=abcdefgh`,
		"abcdefghi":  ` k=abcdefghi`,
		"":           ` k=""`,
		"a b":        ` k="a b"`,
		"abcdefgh ":  ` k="abcdefgh "`,
		"a=b":        ` k="a=b"`,
		`a"b`:        ` k="a\"b"`,
		`C:\temp`:    ` k=C:\temp`,
		`C:\my temp`: ` k="C:\\my temp"`,
		"a\nb":       ` k="a\nb"`,
		"a\x1b[0mb":  ` k="a\u001b[0mb"`,
		"é":          ` k=é`,
		"é é":        ` k="é é"`,
		"\u202e":     ` k="\u202e"`,
		"\ufffd":     " k=\ufffd",
	} {
		if got := plainOf(t, slog.String("k", value)); got != want {
			t.Errorf("%q: got %s want %s", value, got, want)
		}
		wantKey := strings.Replace(want, "k=", "", 1) + "=1"
		if got := plainOf(t, slog.Int(value, 1)); got != wantKey {
			t.Errorf("key %q: got %s want %s", value, got, wantKey)
		}
	}
}

func TestPlainTextWritesGroupsWithDotsAndListsInBrackets(t *testing.T) {
	for _, c := range []struct {
		attrs []slog.Attr
		want  string
	}{
		{[]slog.Attr{slog.Group("a", slog.Int("b", 1), slog.Group("c d", slog.Int("e", 2)), slog.Int("f", 3)), slog.Int("g", 4)}, ` a.b=1 "a.c d.e"=2 a.f=3 g=4`},
		{[]slog.Attr{slog.Any("l", []string{"a", "b"})}, ` l=[a,b]`},
		{[]slog.Attr{slog.Any("l", []any{"a,b", 1, []int{2}, "x y", nil})}, ` l="[\"a,b\",1,[2],\"x y\",null]"`},
		{[]slog.Attr{slog.Any("l", []map[string]int{{"a": 1}, {}})}, ` l=[{a:1},{}]`},
		{[]slog.Attr{slog.Int("a", 1), slog.Int("b", 2), slog.Int("a", 3)}, ` b=2 a=3`},
		{[]slog.Attr{slog.Group("g", slog.Int("a", 1), slog.Int("a", 2)), slog.Group("h")}, ` g.a=2`},
		{[]slog.Attr{slog.String("level", "x"), slog.String("id", "y")}, ` level=x id=y`},
		{[]slog.Attr{slog.Duration("d", 90*time.Minute+1500*time.Millisecond)}, ` d=1h30m1.5s`},
	} {
		if got := plainOf(t, c.attrs...); got != c.want {
			t.Errorf("got %s want %s", got, c.want)
		}
	}
}

func TestPlainTextProtectsTheKeysOfTheRecord(t *testing.T) {
	v := build(t, record.Header{IDs: &record.IDs{CorrelationID: "c"}}, slog.String("correlation_id", "mine"), slog.String("recovered", "no"))
	v.Recovered = true
	got := formatted(t, PlainText, Options{}, v)
	if want := " correlation_id=c attr.correlation_id=mine attr.recovered=no recovered=true\n"; !strings.HasSuffix(got, want) {
		t.Errorf("%s", got)
	}
}

// TestColorsAreInTheirFieldsOnly holds against replacing words in the finished line.
func TestColorsAreInTheirFieldsOnly(t *testing.T) {
	v := build(t, record.Header{Level: slog.LevelInfo, Layer: "m", Message: "INFO about m \x1b[31m"}, slog.String("INFO", "m"))
	got := formatted(t, Colored, Options{}, v)
	want := "| 1970-01-01T00:00:00.000000Z | \x1b[32mINFO\x1b[0m | \x1b[37mm\x1b[0m | INFO about m \\u001b[31m INFO=m\n"
	if got != want {
		t.Errorf("got %q want %q", got, want)
	}
	v = build(t, record.Header{Level: levelCritical, Layer: "Api", Message: "x"})
	if got := formatted(t, Colored, Options{}, v); !strings.Contains(got, "\x1b[91mCRITICAL\x1b[0m | \x1b[94mApi\x1b[0m | x") {
		t.Errorf("%q", got)
	}
}

func TestColoredIsPlainTextWithColors(t *testing.T) {
	v := rich(t)
	colored := formatted(t, Colored, Options{}, v)
	for _, code := range []string{levelColor(v.Level), layerColor(v.Layer), colorEnd, colorEnd} {
		colored = strings.Replace(colored, code, "", 1)
	}
	if want := formatted(t, PlainText, Options{}, v); colored != want {
		t.Errorf("got  %q\nwant %q", colored, want)
	}
}
