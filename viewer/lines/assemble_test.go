package lines

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// units runs an assembler over text and returns what it emits.
func units(text []byte) []Unit {
	var out []Unit
	a := Assembler{Emit: func(u Unit) {
		out = append(out, Unit{Text: bytes.Clone(u.Text), End: u.End})
	}}
	end := int64(0)
	for line := range bytes.Lines(text) {
		end += int64(len(line))
		a.Add(bytes.TrimSuffix(line, []byte("\n")), end)
	}
	a.Flush()
	return out
}

func TestStackTracesOfRealProgramsStayOneRecord(t *testing.T) {
	files, err := filepath.Glob("testdata/traces/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, u := range units(text) {
				r := Parse(u.Text)
				first, _, _ := strings.Cut(r.Message, "\n")
				fmt.Fprintf(&b, "%3d lines, %v %v: %s\n", 1+bytes.Count(u.Text, []byte("\n")), r.Level, r.HasLevel, first)
			}
			golden := strings.TrimSuffix(file, ".txt") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.String(); got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// checkConserved fails unless the units hold every line once and in order.
func checkConserved(t *testing.T, text []byte) {
	t.Helper()
	var joined []byte
	last := int64(0)
	for _, u := range units(text) {
		joined = append(joined, u.Text...)
		joined = append(joined, '\n')
		if u.End <= last {
			t.Fatalf("end %d after %d", u.End, last)
		}
		last = u.End
	}
	if last != int64(len(text)) {
		t.Errorf("the last unit ends at %d of %d", last, len(text))
	}
	var want []byte
	for line := range bytes.Lines(text) {
		want = append(want, bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))...)
		want = append(want, '\n')
	}
	if !bytes.Equal(joined, want) {
		t.Errorf("lines in are not lines out:\n%q\n%q", want, joined)
	}
}

func TestEveryLineComesOutOnceAndInOrder(t *testing.T) {
	files, _ := filepath.Glob("testdata/traces/*.txt")
	for _, file := range append(files, "assemble_test.go", "trace.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkConserved(t, text)
	}
}

func TestEmptyLinesWithoutEndBehindATraceAreNotKept(t *testing.T) {
	var a Assembler
	units, most := 0, 0
	a.Emit = func(Unit) { units++ }
	a.Add([]byte("panic: boom"), 12)
	for i := range 10_000 {
		a.Add(nil, int64(13+i))
		most = max(most, len(a.blanks))
	}
	a.Flush()
	if most > maxBlanks || units != 10_001 {
		t.Errorf("%d lines came out of 10,001, and %d empty ones were held at once", units, most)
	}
}

func TestIndentedTextIsNotJoined(t *testing.T) {
	text := "=== RUN   TestX\n    x_test.go:12: got 1\n    x_test.go:13: want 2\n--- FAIL: TestX (0.00s)\n\nFAIL\n  at\n\tat noon\n"
	if got := len(units([]byte(text))); got != 7 {
		t.Errorf("%d units of 8 lines; only the last may be joined", got)
	}
}

func TestTheTextOfALargeTraceGoesOnInAnotherRecord(t *testing.T) {
	line := "\t" + strings.Repeat("x", 1<<20)
	text := "panic: big\n" + strings.Repeat(line+"\n", 10)
	checkConserved(t, []byte(text))
	for _, u := range units([]byte(text)) {
		if len(u.Text) > maxTrace {
			t.Errorf("a record of %d bytes", len(u.Text))
		}
	}
}

func FuzzAssembler(f *testing.F) {
	files, _ := filepath.Glob("testdata/traces/*.txt")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte("panic: x\r\n\n\n\tfoo\n\nlast without end"))
	f.Fuzz(func(t *testing.T, text []byte) {
		checkConserved(t, text)
		for _, u := range units(text) {
			Parse(u.Text)
		}
	})
}
