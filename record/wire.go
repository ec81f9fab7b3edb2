package record

import (
	"encoding/binary"
	"math/bits"
)

const (
	timeUTC  = 0
	timeZone = 1
	timeFar  = 2

	maxZone = 48 * 3600 // no zone is farther than this from UTC, in seconds

	oneByte    = 248 // a varint below this is one byte
	lengthBase = 247
	maxVarint  = 9 // bytes that putUvarint may touch
)

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// putUvarint writes v at b[i:], which must have maxVarint bytes, and returns the place behind it.
func putUvarint(b []byte, i int, v uint64) int {
	if v < oneByte {
		b[i] = byte(v)
		return i + 1
	}
	n := (bits.Len64(v) + 7) >> 3
	b[i] = byte(lengthBase + n)
	binary.LittleEndian.PutUint64(b[i+1:], v)
	return i + 1 + n
}

// getUvarint reads the varint at s[i:]; the returned place is -1 when there is none. A negative i gives -1.
func getUvarint(s string, i int) (uint64, int) {
	if uint(i) < uint(len(s)) && s[i] < oneByte {
		return uint64(s[i]), i + 1
	}
	return getLongUvarint(s, i)
}

func getLongUvarint(s string, i int) (uint64, int) {
	if uint(i) >= uint(len(s)) {
		return 0, -1
	}
	n := int(s[i]) - lengthBase
	i++
	if len(s)-i >= 8 {
		return load64(s, i) & (^uint64(0) >> (64 - 8*uint(n))), i + n
	}
	if n > len(s)-i {
		return 0, -1
	}
	var v uint64
	for k := n - 1; k >= 0; k-- {
		v = v<<8 | uint64(s[i+k])
	}
	return v, i + n
}

// getString reads the string at s[i:].
func getString(s string, i int) (string, int, bool) {
	v, i := getUvarint(s, i)
	if i < 0 || v > uint64(len(s)-i) {
		return "", -1, false
	}
	j := i + int(v)
	return s[i:j], j, true
}

// load64 reads 8 bytes at s[i:], which must exist.
func load64(s string, i int) uint64 {
	p := s[i : i+8]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

// isNumber reports whether s is a number as JSON writes it.
func isNumber(s string) bool {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	default:
		if i = skipDigits(s, i); i < 0 {
			return false
		}
	}
	if i < len(s) && s[i] == '.' {
		if i = skipDigits(s, i+1); i < 0 {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if i = skipDigits(s, i); i < 0 {
			return false
		}
	}
	return i == len(s)
}

// skipDigits returns the place behind the digits at s[i:], or -1 when there is none.
func skipDigits(s string, i int) int {
	start := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
