package sanitize_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/processor/sanitize"
	"github.com/hydra-logger/hydra/record"
)

func clean(t testing.TB, o sanitize.Options, in string) string {
	t.Helper()
	s, err := sanitize.New(o)
	if err != nil {
		t.Fatal(err)
	}
	out := s.Clean(in)
	if s.Dirty(in) != (out != in) {
		t.Errorf("Dirty says %v of %q, which becomes %q", s.Dirty(in), in, out)
	}
	return out
}

func TestWhatActsOnAReaderIsTakenOut(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, ümlaut, 日本, tab\t, line\n": "plain text, ümlaut, 日本, tab\t, line\n",
		"a<script>x</script >b":                 "a[SANITIZED_SCRIPT]b",
		"<SCRIPT\nsrc=x>1</ScRiPt>":             "[SANITIZED_SCRIPT]",
		"<script src=//x>left":                  "[SANITIZED_SCRIPT]left",
		"<script src=x":                         "[SANITIZED_SCRIPT]",
		"a</script>b":                           "a[SANITIZED_SCRIPT]b",
		"<scripts>":                             "<scripts>",
		"JavaScript:alert(1)":                   "[SANITIZED_JS]alert(1)",
		"xjavascript:y":                         "x[SANITIZED_JS]y",
		"\x1b[2Jbob\x07\x00\x7f":                `\x1b[2Jbob\x07\x00\x7f`,
		"csi \u009b31m":                         `csi \u009b31m`,
		"user\u202etxt.exe":                     `user\u202etxt.exe`,
		"bad \xff\xfe end":                      "bad \uFFFD\uFFFD end",
	} {
		if got := clean(t, sanitize.Options{}, in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestLineBreaksAreTreatedAsAskedFor(t *testing.T) {
	in := "a\nb\r\nc\rd\u2028e"
	for mode, want := range map[string]string{"": in, "keep": in, "escape": `a\nb\nc\nd\u2028e`, "space": `a b c d\u2028e`} {
		if got := clean(t, sanitize.Options{LineBreaks: mode}, in); got != want {
			t.Errorf("%s: %q", mode, got)
		}
	}
	if _, err := sanitize.New(sanitize.Options{MaxValue: 5}); err == nil {
		t.Error("a limit without room for a mark is taken")
	}
}

func TestLongValuesAreCutWithAMark(t *testing.T) {
	got := clean(t, sanitize.Options{MaxValue: 64}, strings.Repeat("é", 100))
	if len(got) > 64 || !utf8.ValidString(got) || !strings.HasSuffix(got, " !CUT: 200 bytes in all") {
		t.Errorf("%q", got)
	}
}

func TestARecordIsCleanedInAllItsParts(t *testing.T) {
	var enc record.Encoder
	var v record.View
	var ev record.Event
	const bad = "\x1b[31m"
	data := enc.Encode(&record.Header{Message: bad, IDs: &record.IDs{CorrelationID: bad}}, nil, []slog.Attr{
		slog.String(bad, bad), slog.Group("g", slog.Any("l", []string{bad})), slog.Any("e", errors.Join(errors.New(bad)))})
	if err := errors.Join(v.Decode(data), ev.Set(&v)); err != nil {
		t.Fatal(err)
	}
	s, err := sanitize.New(sanitize.Options{})
	if err != nil || !s.Process(context.Background(), &ev) {
		t.Fatal(err)
	}
	if out := string(enc.EncodeEvent(&ev)); strings.Contains(out, bad) || strings.Count(out, `\x1b[31m`) != 7 {
		t.Errorf("%q", out)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("<script>\xff\x1b\u202ejavascript:</script")
	s, err := sanitize.New(sanitize.Options{LineBreaks: "escape"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out := s.Clean(in)
		if !utf8.ValidString(out) || strings.ContainsAny(out, "\x00\x1b\n\u202e") {
			t.Errorf("%q became %q", in, out)
		}
		if s.Dirty(in) != (in != out) {
			t.Errorf("Dirty of %q is wrong", in)
		}
	})
}
