package lines

import (
	"bytes"
	"slices"
)

// DefaultMaxLine is the length above which a line becomes several records.
const DefaultMaxLine = 96 << 20

// Splitter cuts a stream into lines and puts traces together.
type Splitter struct {
	// Emit gets each unit in order. Its Text is valid during the call.
	Emit func(Unit)
	// Max is the longest line, in bytes; a longer one becomes several units with numbers. Default: 96 MiB.
	Max int

	assembler Assembler
	partial   []byte // the beginning of a line whose end has not come
	pos       int64  // of the stream, behind partial
	part      int    // units that the present line has become already
}

// Start sets the position at which the next byte lies in the stream.
func (s *Splitter) Start(pos int64) {
	s.pos = pos
	s.assembler.Emit = s.Emit
	if s.Max <= 0 {
		s.Max = DefaultMaxLine
	}
}

// Write takes the next bytes of the stream.
func (s *Splitter) Write(p []byte) {
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.keep(p)
			return
		}
		s.pos += int64(i) + 1
		if len(s.partial) == 0 && s.part == 0 {
			s.assembler.Add(p[:i], s.pos)
		} else {
			s.partial = append(s.partial, p[:i]...)
			s.endLine()
		}
		p = p[i+1:]
	}
}

// keep holds the beginning of a line, and gives away what is too long.
func (s *Splitter) keep(p []byte) {
	if cap(s.partial)-len(s.partial) < len(p) { // double: a long line comes in many pieces
		s.partial = slices.Grow(s.partial, max(len(p), len(s.partial)))
	}
	s.partial = append(s.partial, p...)
	s.pos += int64(len(p))
	if len(s.partial) < s.Max {
		return
	}
	s.assembler.Flush()
	s.part++
	s.Emit(Unit{Text: s.partial, End: s.pos, Part: s.part})
	s.partial = s.partial[:0]
}

func (s *Splitter) endLine() {
	if s.part > 0 {
		s.part++
		s.Emit(Unit{Text: s.partial, End: s.pos, Part: s.part})
	} else {
		s.assembler.Add(s.partial, s.pos)
	}
	s.part = 0
	s.partial = s.partial[:0]
	if cap(s.partial) > 1<<20 {
		s.partial = nil
	}
}

// Quiet emits what is held because it might have gone on: nothing came for a while.
func (s *Splitter) Quiet() { s.assembler.Flush() }

// End emits everything, a last line without its end too.
func (s *Splitter) End() {
	if len(s.partial) > 0 || s.part > 0 {
		s.endLine()
	}
	s.assembler.Flush()
}

// Holding reports whether lines are held back, and whether they are a trace that has begun.
func (s *Splitter) Holding() (held, trace bool) { return s.assembler.Holding() }

// Pos is where the next byte lies in the stream.
func (s *Splitter) Pos() int64 { return s.pos }
