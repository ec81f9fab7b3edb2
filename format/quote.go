package format

import "unicode/utf8"

// appendQuoted appends s as a JSON string, and end behind it. Text that needs no escape is checked and copied in one pass.
func appendQuoted(b []byte, s string, end byte) []byte {
	n, m := len(b), len(s)
	if m < 8 {
		return appendShort(b, s, end)
	}
	b = room(b, m+3)
	d := b[n : n+m+3]
	i := 0
	for ; i < m-8; i += 8 {
		w := load64(s, i)
		if special(w) != 0 {
			return appendEscaped(b, s, i, end)
		}
		put64(d[i+1:], w)
	}
	w := load64(s, m-8)
	if special(w) != 0 {
		return appendEscaped(b, s, i, end)
	}
	put64(d[m-7:], w)
	d[0], d[m+1], d[m+2] = '"', '"', end
	return b[:n+m+3]
}

// appendString is appendQuoted with nothing behind it.
func appendString(b []byte, s string) []byte {
	b = appendQuoted(b, s, ' ')
	return b[:len(b)-1]
}

// appendShort is appendQuoted for less than 8 bytes.
func appendShort(b []byte, s string, end byte) []byte {
	n, m := len(b), len(s)
	b = room(b, 16)
	d := (*[16]byte)(b[n : n+16])
	d[0] = '"'
	var marks uint64
	switch {
	case m >= 4:
		lo, hi := load32(s, 0), load32(s, m-4)
		put32(d[1:], lo)
		put32(d[m-3:], hi)
		marks = special(uint64(lo) | uint64(hi)<<32)
	case m > 0:
		marks = special(few(s))
		d[1], d[m/2+1], d[m] = s[0], s[m/2], s[m-1]
	}
	if marks != 0 {
		return appendEscaped(b, s, 0, end)
	}
	d[m+1], d[m+2] = '"', end
	return b[:n+m+3]
}

// appendEscaped is appendQuoted for text that may need escapes. Behind b there is a byte for the quote, then the first done bytes of s,
// which need none.
func appendEscaped(b []byte, s string, done int, end byte) []byte {
	n := len(b)
	b = b[:n+1+done]
	b[n] = '"'
	b = appendSafe(b, s[done:], true)
	return append(b, '"', end)
}

// appendSafe appends s with escapes for all that may not stand in a line; also for the quote and the backslash, if quoted.
func appendSafe(b []byte, s string, quoted bool) []byte {
	start := 0
	for i := skipPlain(s, 0); i < len(s); i = skipPlain(s, i) {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f || quoted && (c == '"' || c == '\\') {
				b = appendEscape(append(b, s[start:i]...), c)
				start = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case badByte(r, size):
			b = append(append(b, s[start:i]...), "\ufffd"...)
			start = i + size
		case deceptive(r):
			b = appendHexRune(append(b, s[start:i]...), r)
			start = i + size
		}
		i += size
	}
	return append(b, s[start:]...)
}

// appendEscape appends the escape of an ASCII character in a JSON string.
func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return appendHexRune(b, rune(c))
}
