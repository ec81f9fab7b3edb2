package redact

import (
	"sync"
	"unsafe"
)

// Text that is escaped as in URLs (RFC 3986; + for a space, as in forms) is looked at without its escapes.

// maxEscaped bounds how long a piece of such text is that is looked at in one.
const maxEscaped = 64 << 10

// unescaped is a text without its escapes, and where each of its bytes stands in the source.
type unescaped struct {
	text []byte
	at   []int32
}

var unescapedPool = sync.Pool{New: func() any { return &unescaped{text: make([]byte, 0, 512), at: make([]int32, 0, 512)} }}

// stopsEscaped has 1 for the bytes that stand in no text with escapes.
var stopsEscaped = func() (t [256]uint8) {
	for c := range 0x21 {
		t[c] = 1
	}
	t['"'], t['\''], t['<'], t['>'], t['`'] = 1, 1, 1, 1, 1
	return t
}()

// unescapedMatch finds a secret in the piece of escaped text whose first escape is at i.
func (r *Redactor) unescapedMatch(s string, from, i int, m *match) bool {
	if !isEscape(s, i) {
		return false
	}
	b := i
	for b > from && i-b < maxEscaped && stopsEscaped[s[b-1]] == 0 {
		if b--; s[b] == '%' && isEscape(s, b) {
			return false // it has been looked at from there
		}
	}
	u := unescapedPool.Get().(*unescaped)
	defer unescapedPool.Put(u)
	u.read(s, b)
	text := unsafe.String(unsafe.SliceData(u.text), len(u.text)) // nothing keeps it: names are cloned
	if !r.next(text, 0, m) {
		return false
	}
	m.start, m.end, m.from, m.to = int(u.at[m.start]), int(u.at[m.end]), int(u.at[m.from]), int(u.at[m.to])
	if m.before != "" { // the original's mark has the name in it, which stays here
		m.start, m.end, m.before, m.after = m.from, m.to, "", ""
	}
	return true
}

// read takes the escapes out of the piece of s that begins at b.
func (u *unescaped) read(s string, b int) {
	u.text, u.at = u.text[:0], u.at[:0]
	k := b
	for k < len(s) && k-b < maxEscaped && stopsEscaped[s[k]] == 0 {
		u.at = append(u.at, int32(k))
		switch c := s[k]; {
		case c == '%' && isEscape(s, k):
			u.text = append(u.text, unhex(s[k+1])<<4|unhex(s[k+2]))
			k += 3
		case c == '+':
			u.text = append(u.text, ' ')
			k++
		default:
			u.text = append(u.text, c)
			k++
		}
	}
	u.at = append(u.at, int32(k))
}

func isEscape(s string, i int) bool {
	return len(s)-i > 2 && unhex(s[i+1]) < 16 && unhex(s[i+2]) < 16
}

// unhex is the value of a hexadecimal digit; 255: it is none.
func unhex(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return (c | 0x20) - 'a' + 10
	}
	return 255
}
