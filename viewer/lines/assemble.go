package lines

import "bytes"

// maxTrace is the size above which a trace goes on in another record.
const maxTrace = 4 << 20

// maxBlanks is how many empty lines in a row may be inside a trace.
const maxBlanks = 64

// Unit is the text of one record: a line, or the lines of a stack trace with LF between them.
type Unit struct {
	Text []byte
	End  int64 // of its last line in the stream, behind the line's end
	Part int   // 1, 2, ... for the parts of a line that is too long for one record; else 0
}

// Assembler puts the lines of one stream together. The zero value is ready.
// A text line is held back until the next one shows that it does not continue,
// or until Flush; a JSON line never waits.
type Assembler struct {
	// Emit gets each unit in order. Its Text is valid during the call.
	Emit func(Unit)

	mode   mode
	held   []byte
	last   int     // where the last line begins in held
	end    int64   // of what is held
	blanks []int64 // ends of empty lines that may be inside the trace
}

// Add takes the next line, without its end, and where it ends in the stream.
// The line is copied where it is kept.
func (a *Assembler) Add(line []byte, end int64) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case a.mode == modeNone:
	case len(line) == 0 && bridgesBlank(a.mode) && len(a.blanks) < maxBlanks:
		a.blanks = append(a.blanks, end)
		return
	case len(line) > 0 && len(a.held)+len(line) < maxTrace:
		if m := follows(a.mode, a.held[a.last:], line); m != modeNone {
			a.join(m, line, end)
			return
		}
	}
	a.Flush()
	if len(line) == 0 || line[0] == '{' || len(line) >= maxTrace {
		a.Emit(Unit{Text: line, End: end})
		return
	}
	a.mode, a.end, a.last = begins(line), end, 0
	a.held = append(a.held[:0], line...)
}

func (a *Assembler) join(m mode, line []byte, end int64) {
	for range a.blanks {
		a.held = append(a.held, '\n')
	}
	a.blanks = a.blanks[:0]
	a.held = append(a.held, '\n')
	a.last = len(a.held)
	a.held = append(a.held, line...)
	a.mode, a.end = m, end
}

// Flush emits what is held.
func (a *Assembler) Flush() {
	if a.mode == modeNone {
		return
	}
	a.mode = modeNone
	a.Emit(Unit{Text: a.held, End: a.end})
	for _, end := range a.blanks {
		a.Emit(Unit{End: end})
	}
	a.blanks = a.blanks[:0]
	if cap(a.held) > maxTrace/4 {
		a.held = nil
	}
}

// Holding reports whether something is held, and whether it is a trace that has begun.
func (a *Assembler) Holding() (held, trace bool) {
	return a.mode != modeNone, a.mode > modePlain
}
