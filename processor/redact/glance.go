package redact

import (
	"encoding/binary"
	"strings"
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

// short reports whether a text of less than 8 bytes is dull.
func short(s string) bool {
	ok := uint8(1)
	for i := range len(s) {
		ok &= dullByte[s[i]]
	}
	return ok != 0
}

var dullByte = func() (t [256]uint8) {
	for c := 'A'; c <= '}'; c++ {
		t[c] = 1
	}
	t[' '] = 1
	return t
}()

// plainText reports whether a glance tells that a short text has nothing to hide: letters
// alone are no secret, but for long ones.
func (r *Redactor) plainText(s string) bool {
	if len(s) > 16 || !r.glances {
		return false
	}
	if len(s) < 8 {
		return short(s)
	}
	return dull(s) && (len(s) < minScheme || strings.IndexByte(s[:5], 'b') < 0 && strings.IndexByte(s[:5], 'B') < 0)
}
