package sanitize

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Sanitizer cleans texts. It is immutable: any number of goroutines may use it.
type Sanitizer struct {
	o     Options
	hot   [256]bool // bytes at which something may have to be done
	lines string    // what stands for a line feed; "": it stays
}

// New returns a sanitizer, or an error when an option has no such value.
func New(o Options) (*Sanitizer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Sanitizer{o: o}
	switch strings.ToLower(o.LineBreaks) {
	case "escape":
		s.lines = `\n`
	case "space":
		s.lines = " "
	}
	for b := range 256 {
		c := byte(b)
		switch {
		case c == '<' || c == ':':
			s.hot[b] = !o.KeepScripts
		case c == '\n' || c == '\r':
			s.hot[b] = s.lines != ""
		case c == '\t':
		case c < ' ' || c == 0x7f:
			s.hot[b] = !o.KeepControls
		case c >= utf8.RuneSelf:
			s.hot[b] = true
		}
	}
	return s, nil
}

// Hot reports whether a text that holds the byte may need cleaning: a caller that looks at each byte anyway
// asks Clean only then.
func (s *Sanitizer) Hot(b byte) bool { return s.hot[b] }

// Limits returns the longest value and record in bytes, 0 for no limit.
func (s *Sanitizer) Limits() (value, record int) { return s.o.MaxValue, s.o.MaxRecord }

// Dirty reports whether Clean would change text. It allocates nothing.
func (s *Sanitizer) Dirty(text string) bool {
	if s.o.MaxValue > 0 && len(text) > s.o.MaxValue {
		return true
	}
	w := walk{s: s, text: text}
	return w.next()
}

// Clean returns text without what could act on its reader. Cleaning twice changes nothing more.
func (s *Sanitizer) Clean(text string) string {
	var b []byte
	w := walk{s: s, text: text}
	done := 0
	for w.next() {
		b = append(append(b, text[done:w.start]...), w.with...)
		done = w.end
	}
	if b != nil {
		text = string(append(b, text[done:]...))
	}
	return Cut(text, s.o.MaxValue)
}

// walk goes through the places of a text that have to change.
type walk struct {
	s          *Sanitizer
	text       string
	start, end int // of the place
	with       string
	unclosed   bool // no script element is closed from here on
}

// next finds the next place.
func (w *walk) next() bool {
	for i := w.end; i < len(w.text); {
		if !w.s.hot[w.text[i]] {
			i++
			continue
		}
		w.start = i
		n, with := w.at(i)
		if n > 0 && with != w.text[w.start:i+n] {
			w.end, w.with = i+n, with
			return true
		}
		i += max(n, 1)
	}
	return false
}

// at returns how many bytes at i belong together, and what stands for them. 0: the byte stays.
func (w *walk) at(i int) (int, string) {
	c, s := w.text[i], w.s
	switch {
	case c == '<':
		return w.script(i)
	case c == ':':
		return w.scheme(i)
	case c == '\n':
		return 1, s.lines
	case c == '\r':
		if strings.HasPrefix(w.text[i:], "\r\n") {
			return 2, s.lines
		}
		return 1, s.lines
	case c < utf8.RuneSelf:
		return 1, fmt.Sprintf(`\x%02x`, c)
	}
	return s.wide(w.text, i)
}

// scheme looks for "javascript:" up to the colon at i.
func (w *walk) scheme(i int) (int, string) {
	const name = "javascript"
	if at := i - len(name); at >= w.end && hasFold(w.text[at:], name) {
		w.start = at
		return 1, JSMark
	}
	return 0, ""
}

// wide looks at a character that is not ASCII.
func (s *Sanitizer) wide(text string, i int) (int, string) {
	r, n := utf8.DecodeRuneInString(text[i:])
	switch {
	case r == utf8.RuneError && n == 1:
		return 1, "\uFFFD"
	case r < 0xA0 && !s.o.KeepControls: // C1, which terminals take as codes too
		return n, fmt.Sprintf(`\u%04x`, r)
	case isBidi(r) && !s.o.KeepBidi, (r == 0x2028 || r == 0x2029) && s.lines != "":
		return n, fmt.Sprintf(`\u%04x`, r)
	}
	return n, text[i : i+n]
}

// isBidi reports characters that turn the direction of what follows (CVE-2021-42574).
func isBidi(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}

// Cut returns the first bytes of text, whole characters, and a mark that says how much is missing: together at most
// limit bytes. 0: no limit.
func Cut(text string, limit int) string {
	if limit <= 0 || len(text) <= limit {
		return text
	}
	mark := fmt.Sprintf(" !CUT: %d bytes in all", len(text))
	k := max(limit-len(mark), 0)
	for k > 0 && !utf8.RuneStart(text[k]) {
		k--
	}
	return text[:k] + mark
}
