package socketdest

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

func TestEachFramingKeepsARecordApart(t *testing.T) {
	b := batchOf("one", "two\nlines", "nul\x00byte")
	for f, want := range map[Framing]string{
		"":           "one\ntwo\\nlines\nnul\x00byte\n",
		FramingOctet: "3 one9 two\nlines8 nul\x00byte",
		FramingNUL:   "one\x00two\nlines\x00nul byte\x00",
	} {
		if got := string(f.appendAll(nil, b)); got != want {
			t.Errorf("%s: %q, want %q", f, got, want)
		}
	}
}

func TestOnlyOneLineFeedBehindARecordFallsAway(t *testing.T) {
	if got := string(FramingOctet.appendAll(nil, batchOf("text\n"))); got != "5 text\n" {
		t.Errorf("%q", got)
	}
}

func TestAnEmptyRecordHasNoFrameWhereNoneIsPossible(t *testing.T) {
	for _, f := range []Framing{FramingOctet, FramingNUL} {
		if got := f.appendAll(nil, batchOf("")); len(got) != 0 {
			t.Errorf("%s: %q", f, got)
		}
	}
}

func FuzzFramesAreReadBack(f *testing.F) {
	f.Add([]byte("a"), []byte("b\nc"))
	f.Add([]byte("\n"), []byte("\x00"))
	f.Add([]byte("12 "), []byte("7 x"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		b := batchOf(string(one), string(two))
		for _, f := range []Framing{FramingNewline, FramingOctet, FramingNUL} {
			r := bufio.NewReader(bytes.NewReader(f.appendAll(nil, b)))
			for _, rec := range []string{string(one), string(two)} {
				switch {
				case f == FramingNewline:
					rec = strings.ReplaceAll(rec, "\n", `\n`)
				case rec == "":
					continue
				case f == FramingNUL:
					rec = strings.ReplaceAll(rec, "\x00", " ")
				}
				if got, err := readFrame(r, f); err != nil || got != rec {
					t.Errorf("%s: %q, %v, want %q", f, got, err, rec)
				}
			}
		}
	})
}
