package record

import "unsafe"

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// AreWords reports whether a text of at most 16 bytes has nothing but letters, spaces and _ (and [ ] ^ ` { | } \). It looks at eight
// bytes at a time.
func AreWords(s string) bool {
	n, p := len(s), unsafe.Pointer(unsafe.StringData(s))
	switch {
	case n >= 8:
		return n <= 16 && words8(load8(p, 0)) && words8(load8(p, n-8))
	case n == 0:
		return true
	}
	const letters = 'A' * ones // in the bytes that the text does not have
	return words8(word(p, n)&(1<<(8*n)-1) | letters<<(8*n))
}

// words8 looks at eight bytes: each has to be 0x41 to 0x7D, or a space. It may say no where it could say yes.
func words8(w uint64) bool {
	space := w ^ 0x20*ones
	notSpace := ((space &^ highs) + 0x7f*ones | space) & highs // 0x80 where there is no space
	letter := w << 1 & highs                                   // 0x80 from 0x40 on
	at := w ^ '@'*ones
	at = (at - ones) &^ at
	return (letter|^notSpace)&highs == highs && (w|at|(w+2*ones))&highs == 0 // no @, no ~, no DEL
}
