package lines

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// splitUnits cuts text into pieces of random length and returns what a splitter makes of them.
func splitUnits(text []byte, most int) []Unit {
	var out []Unit
	s := Splitter{Max: most, Emit: func(u Unit) {
		u.Text = bytes.Clone(u.Text)
		out = append(out, u)
	}}
	s.Start(0)
	for rest := text; len(rest) > 0; {
		n := min(1+rand.IntN(40), len(rest))
		s.Write(rest[:n])
		rest = rest[n:]
	}
	s.End()
	return out
}

func TestPiecesOfAStreamMakeTheSameLines(t *testing.T) {
	text := []byte("first\nsecond is longer\n\n{\"msg\":\"third\"}\npanic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1\nnul \x00 and \xff\nlast without end")
	for range 200 {
		got := splitUnits(text, 0)
		want := units(text)
		if len(got) != len(want) {
			t.Fatalf("%d units, want %d", len(got), len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i].Text, want[i].Text) || got[i].End != want[i].End {
				t.Fatalf("unit %d: %q to %d, want %q to %d", i, got[i].Text, got[i].End, want[i].Text, want[i].End)
			}
		}
	}
}

func TestALineThatIsTooLongComesInNumberedParts(t *testing.T) {
	long := strings.Repeat("0123456789", 100)
	got := splitUnits([]byte("before\n"+long+"\nafter\n"), 300)
	var joined []byte
	for i, u := range got[1 : len(got)-1] {
		if u.Part != i+1 {
			t.Errorf("part %d has the number %d", i+1, u.Part)
		}
		joined = append(joined, u.Text...)
	}
	if string(joined) != long || len(got) < 5 {
		t.Errorf("%d units with %d bytes, want %d bytes", len(got), len(joined), len(long))
	}
	if last := got[len(got)-1]; string(last.Text) != "after" || last.Part != 0 || last.End != int64(len(long)+14) {
		t.Errorf("the line after it is %q, part %d, end %d", last.Text, last.Part, last.End)
	}
}

func TestALineOf64MiBIsOneUnit(t *testing.T) {
	line := bytes.Repeat([]byte("x"), 64<<20)
	var n, length int
	s := Splitter{Emit: func(u Unit) { n++; length = len(u.Text) }}
	s.Start(0)
	for rest := line; len(rest) > 0; rest = rest[min(1<<20, len(rest)):] {
		s.Write(rest[:min(1<<20, len(rest))])
	}
	s.Write([]byte("\n"))
	s.End()
	if n != 1 || length != len(line) {
		t.Errorf("%d units, the last of %d bytes", n, length)
	}
}
