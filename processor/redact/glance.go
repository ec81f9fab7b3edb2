package redact

import (
	"encoding/binary"
	"unsafe"

	"github.com/hydra-logger/hydra/record"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080

	spread = 0x9E3779B97F4A7C15 // the golden ratio: takes what differs into the upper bits
)

// plainText reports whether a glance tells that a short text has nothing to hide: letters
// alone are no secret, but for long ones.
func (r *Redactor) plainText(s string) bool {
	n := len(s)
	if n > 16 || n == 0 || !r.glances {
		return n == 0
	}
	return record.AreWords(s) && (n < minScheme || !hasB(binary.LittleEndian.Uint64(unsafe.Slice(unsafe.StringData(s), n))))
}

// hasB reports whether there is a b or B, with which "Bearer" and "Basic" begin, or something that looks so.
func hasB(w uint64) bool {
	b := (w | 0x20*ones) ^ 'b'*ones
	return (b-ones)&^b&highs != 0
}
