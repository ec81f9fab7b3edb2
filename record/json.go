package record

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// putJSON writes JSON text as the structure that it is. Text that is no valid JSON leaves a mark.
func (e *Encoder) putJSON(key string, raw []byte) {
	n, depth := e.n, e.depth
	p := jsonParser{e: e, s: unsafe.String(unsafe.SliceData(raw), len(raw))}
	err := p.value(key)
	if err == nil {
		if p.space(); p.i < len(p.s) {
			err = errTrailing
		}
	}
	if err != nil {
		e.n, e.depth = n, depth
		e.putMark(key, fmt.Sprintf("!ERROR: invalid JSON at byte %d: %v", p.i, err))
	}
}

// putRaw writes a json.RawMessage.
func (e *Encoder) putRaw(key string, raw []byte) {
	if raw == nil {
		e.putNull(key)
		return
	}
	e.putJSON(key, raw)
}

// putJSONNumber writes a valid JSON number: as an integer or float when that holds it exactly, else as its text.
func (e *Encoder) putJSONNumber(key, s string) {
	if v, err := strconv.ParseInt(s, 10, 64); err == nil && s != "-0" {
		e.putInt(key, KindInt, v)
		return
	}
	if v, err := strconv.ParseUint(s, 10, 64); err == nil {
		e.putUint(key, v)
		return
	}
	if significantDigits(s) <= 15 { // any such decimal comes back from a float64 as it was
		if v, err := strconv.ParseFloat(s, 64); err == nil && (v == 0 || math.Abs(v) >= 1e-300) {
			e.putFloat(key, v)
			return
		}
	}
	e.putText(key, KindNumber, s)
}

func significantDigits(s string) int {
	n := 0
	for i := 0; i < len(s) && s[i] != 'e' && s[i] != 'E'; i++ {
		if s[i] >= '0' && s[i] <= '9' && (n > 0 || s[i] != '0') {
			n++
		}
	}
	return n
}

var (
	errTrailing = errors.New("text after the value")
	errEnd      = errors.New("ends before its end")
	errSyntax   = errors.New("unexpected character")
	errEscape   = errors.New("bad escape in a string")
)

// maxJSONDepth is how deep text may nest below what is written of it.
const maxJSONDepth = 10_000

// jsonParser turns JSON text into tokens.
type jsonParser struct {
	e    *Encoder
	s    string
	i    int
	mute int // above zero: only check the text, write nothing
}

func (p *jsonParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// peek returns the next character that is no white space, 0 at the end.
func (p *jsonParser) peek() byte {
	p.space()
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *jsonParser) value(key string) error {
	switch c := p.peek(); c {
	case 0:
		return errEnd
	case '{':
		return p.container(key, KindGroup, '}')
	case '[':
		return p.container(key, KindList, ']')
	case '"':
		s, err := p.text()
		if err == nil && p.mute == 0 {
			p.e.putText(key, KindString, s)
		}
		return err
	case 't':
		return p.word("true", func() { p.e.putBool(key, true) })
	case 'f':
		return p.word("false", func() { p.e.putBool(key, false) })
	case 'n':
		return p.word("null", func() { p.e.putNull(key) })
	default:
		return p.number(key)
	}
}

func (p *jsonParser) word(w string, put func()) error {
	if len(p.s)-p.i < len(w) || p.s[p.i:p.i+len(w)] != w {
		return errSyntax
	}
	p.i += len(w)
	if p.mute == 0 {
		put()
	}
	return nil
}

func (p *jsonParser) number(key string) error {
	start := p.i
	for p.i < len(p.s) && isNumberByte(p.s[p.i]) {
		p.i++
	}
	s := p.s[start:p.i]
	if !isNumber(s) {
		p.i = start
		return errSyntax
	}
	if p.mute == 0 {
		p.e.putJSONNumber(key, s)
	}
	return nil
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

// container reads an object or array. What exceeds the limits is read, but not written.
func (p *jsonParser) container(key string, k Kind, end byte) error {
	opened := p.mute == 0 && p.e.open(key, k)
	if !opened {
		p.mute++
		if p.mute > maxJSONDepth {
			return errors.New("nested too deep")
		}
	}
	p.i++
	of, cut, err := p.elements(k, end)
	if !opened {
		p.mute--
		return err
	}
	if cut > 0 {
		p.mute--
		p.e.putCutElements(k, cut, of)
	}
	if err == nil {
		p.e.close()
	}
	return err
}

// elements reads the elements up to end, and returns how many there are and how many of them were not written
// for lack of room; p.mute is one higher when there are such.
func (p *jsonParser) elements(k Kind, end byte) (of, cut int, err error) {
	if p.peek() == end {
		p.i++
		return 0, 0, nil
	}
	for {
		of++
		if cut > 0 {
			cut++
		} else if p.mute == 0 && (p.e.take(1) == 0 || !p.e.room(scalarRoom)) {
			cut = 1
			p.mute++
		}
		if err := p.element(k); err != nil {
			return of, cut, err
		}
		switch p.peek() {
		case ',':
			p.i++
		case end:
			p.i++
			return of, cut, nil
		case 0:
			return of, cut, errEnd
		default:
			return of, cut, errSyntax
		}
	}
}

func (p *jsonParser) element(k Kind) error {
	if k == KindList {
		return p.value("")
	}
	if p.peek() != '"' {
		return errSyntax
	}
	name, err := p.text()
	if err != nil {
		return err
	}
	if p.peek() != ':' {
		return errSyntax
	}
	p.i++
	return p.value(name)
}

func (e *Encoder) putCutElements(k Kind, cut, of int) {
	if k == KindList {
		e.putMark("", cutMark(cut, of, "elements"))
		return
	}
	e.putMark(cutKey, cutMark(cut, of, "entries"))
}

// text reads a string. It copies only when there are escapes.
func (p *jsonParser) text() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return p.s[start : p.i-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", errSyntax
		}
		p.i++
	}
	return "", errEnd
}

// escaped reads the rest of a string that began at start and has an escape at p.i.
func (p *jsonParser) escaped(start int) (string, error) {
	b := append([]byte(nil), p.s[start:p.i]...)
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == '"':
			return string(b), nil
		case c < ' ':
			return "", errSyntax
		case c != '\\':
			b = append(b, c)
			continue
		}
		if p.i >= len(p.s) {
			return "", errEnd
		}
		c = p.s[p.i]
		p.i++
		if c == 'u' {
			r, ok := p.unicode()
			if !ok {
				return "", errEscape
			}
			b = utf8.AppendRune(b, r)
			continue
		}
		if c = unescape(c); c == 0 {
			return "", errEscape
		}
		b = append(b, c)
	}
	return "", errEnd
}

func unescape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// unicode reads what follows \u, and a second half if there is one.
func (p *jsonParser) unicode() (rune, bool) {
	r, ok := p.hex4(p.i)
	if !ok {
		return 0, false
	}
	p.i += 4
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if len(p.s)-p.i >= 6 && p.s[p.i] == '\\' && p.s[p.i+1] == 'u' {
		if low, ok := p.hex4(p.i + 2); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				p.i += 6
				return both, true
			}
		}
	}
	return utf8.RuneError, true
}

func (p *jsonParser) hex4(i int) (rune, bool) {
	if len(p.s)-i < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(p.s[i:i+4], 16, 16)
	return rune(v), err == nil
}
