package redact

import (
	"encoding/binary"
	"unsafe"
)

// isUUID reports whether s is a UUID (RFC 9562). It looks at eight bytes at a time.
func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	p := unsafe.Slice(unsafe.StringData(s), 36)
	a, b, c := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[9:]), binary.LittleEndian.Uint64(p[15:])
	d, e := binary.LittleEndian.Uint64(p[24:]), binary.LittleEndian.Uint64(p[28:])
	b ^= ('-' ^ '0') << 32 // 1234-123
	c ^= ('-' ^ '0') << 24 // 123-1234
	return hex8(a)&hex8(b)&hex8(c)&hex8(d)&hex8(e)&highs == highs
}

// hex8 has 0x80 in each byte of w that is a hexadecimal digit.
func hex8(w uint64) uint64 {
	low := w &^ highs
	digit := (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones)
	letter := low | 0x20*ones
	letter = (letter + (0x80-'a')*ones) &^ (letter + (0x80-'f'-1)*ones)
	return (digit | letter) &^ w & highs
}
