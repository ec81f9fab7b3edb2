package redact

import (
	"encoding/binary"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// dull reports whether a text of 8 to 16 bytes is made of letters, spaces and _ alone (and [ ] ^ ` { | } \, which
// begin nothing). It looks at eight bytes at a time.
func dull(s string) bool {
	p := unsafe.Slice(unsafe.StringData(s), len(s))
	return dull8(binary.LittleEndian.Uint64(p)) && dull8(binary.LittleEndian.Uint64(p[len(p)-8:]))
}

// dull8 looks at eight bytes: each has to be 0x41 to 0x7D, or a space. It may say no where it could say yes.
func dull8(w uint64) bool {
	space := w ^ 0x20*ones
	notSpace := ((space &^ highs) + 0x7f*ones | space) & highs // 0x80 where there is no space
	letter := w << 1 & highs                                   // 0x80 from 0x40 on
	if (letter|^notSpace)&highs != highs || w&highs != 0 {
		return false
	}
	at := w ^ '@'*ones
	return (at-ones)&^at&highs == 0 && (w+2*ones)&highs == 0 // no @, no ~, no DEL
}

// plainText reports whether a glance tells that a short text has nothing to hide: letters
// alone are no secret, but for long ones.
func (r *Redactor) plainText(s string) bool {
	n := len(s)
	if n > 16 || n == 0 || !r.glances {
		return n == 0
	}
	if n < 8 {
		const letters = 'A' * ones // in the bytes that the text does not have
		return dull8(word(s)&(1<<(8*n)-1) | letters<<(8*n))
	}
	if !dull(s) {
		return false
	}
	return n < minScheme || !hasB(binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(s), n)))
}

// hasB reports whether there is a b or B, with which "Bearer" and "Basic" begin, or something that looks so.
func hasB(w uint64) bool {
	b := (w | 0x20*ones) ^ 'b'*ones
	return (b-ones)&^b&highs != 0
}
