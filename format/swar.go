package format

import (
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks with bit 7 the bytes of w that a JSON string or a line of text can't take as
// they are: control characters with DEL, the quote, the backslash, and all that is not ASCII.
// The lowest mark is exact; above it there may be false ones. (The quote, with bit 1 turned over, is a blank, and a blank is not.)
func special(w uint64) uint64 {
	return (w | (w + ones) | ((w ^ 2*ones) - 0x21*ones) | ((w ^ '\\'*ones) - ones)) & highs
}

// quotable marks the bytes that need quotes in a bare word: blanks and control characters with DEL, the quote,
// the equals sign, and all that is not ASCII.
func quotable(w uint64) uint64 {
	return (w | (w + ones) | (w - 0x21*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '='*ones) - ones)) & highs
}

// skipPlain returns a place from i on before which nothing is special; it is the length of s when there is nothing at all.
func skipPlain(s string, i int) int {
	for ; len(s)-i >= 8; i += 8 {
		if m := special(load64(s, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	left := len(s) - i
	switch {
	case left == 0:
		return i
	case len(s) >= 8:
		m := special(load64(s, len(s)-8)) >> (64 - 8*uint(left))
		return i + min(bits.TrailingZeros64(m)>>3, left)
	}
	for i < len(s) && special(uint64(s[i])|blanks&^0xff) == 0 {
		i++
	}
	return i
}

// deceptive reports the characters beyond ASCII that can act on a terminal, end a line for
// some readers, or show text in another order than it is written: the C1 controls, the line and paragraph
// separators, the embeddings, overrides and isolates of bidirectional text.
func deceptive(r rune) bool {
	switch {
	case r < 0xa0:
		return true
	case r < 0x2028 || r > 0x2069:
		return false
	}
	return r <= 0x202e || r >= 0x2066
}

// badByte reports that a decoded rune stands for a byte that is not UTF-8.
func badByte(r rune, size int) bool { return r == utf8.RuneError && size == 1 }

// appendHexRune appends \uXXXX for r < 0x10000.
func appendHexRune(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// stringOf returns b as a string that lives as long as b is not changed.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// bare reports whether s holds nothing that quotable marks, and something at all.
func bare(s string) bool {
	m, i := len(s), 0
	var marks uint64
	for ; m-i >= 8; i += 8 {
		marks |= quotable(load64(s, i))
	}
	switch {
	case m >= 8:
		marks |= quotable(load64(s, m-8))
	case m >= 4:
		marks = quotable(uint64(load32(s, 0)) | uint64(load32(s, m-4))<<32)
	case m > 0:
		marks = quotable(few(s) | 0x4141414141<<24) // letters in place of the blanks
	}
	return marks == 0 && m > 0
}
