package format

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

const twoDigits = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// room returns b with a capacity for at least n more bytes.
func room(b []byte, n int) []byte {
	if cap(b)-len(b) < n {
		return slices.Grow(b, n)
	}
	return b
}

// put2 writes v < 100 as two digits.
func put2(d []byte, v uint64) {
	_ = d[1]
	d[0], d[1] = twoDigits[2*v], twoDigits[2*v+1]
}

// put9 writes v < 1e9 as nine digits at d[0:9].
func put9(d []byte, v uint64) {
	d = d[:9:9]
	first := v / 1e8
	d[0] = byte('0' + first)
	put64(d[1:], eightDigits(v-1e8*first))
}

// eightDigits returns the text of v < 1e8, first digit in the lowest byte. It divides all parts of v at once:
// by 10000 into halves, by 100 into quarters (10486/2^20 is near enough to 1/100), by 10 into eighths (103/2^10).
func eightDigits(v uint64) uint64 {
	q := v / 10000
	v = q | (v-10000*q)<<32
	q = v * 10486 >> 20 & 0x7f_0000007f
	v = q | (v-100*q)<<16
	q = v * 103 >> 10 & 0x000f_000f_000f_000f
	v = q | (v-10*q)<<8
	return v | '0'*ones
}

func appendInt(b []byte, v int64) []byte {
	if v < 0 {
		return appendUint(append(b, '-'), -uint64(v))
	}
	return appendUint(b, uint64(v))
}

// appendUint counts the digits first: where the next text begins must not wait for them.
func appendUint(b []byte, u uint64) []byte {
	if u < 10 {
		return append(b, byte('0'+u))
	}
	if u >= 1e16 {
		return strconv.AppendUint(b, u, 10)
	}
	n, k := len(b), digits(u)
	b = room(b, 24)
	d := (*[24]byte)(b[n : n+24])
	if k <= 8 {
		put64(d[:], eightDigits(u)>>(64-8*uint(k)))
		return b[:n+k]
	}
	high := u / 1e8
	put64(d[:], eightDigits(high)>>(128-8*uint(k)))
	put64(d[k-8:], eightDigits(u-1e8*high))
	return b[:n+k]
}

// digits returns how many decimal digits u has.
func digits(u uint64) int {
	k := bits.Len64(u|1) * 1233 >> 12 // log10(2) is about 1233/4096
	if k < 20 && u >= powersOfTen[k] {
		k++
	}
	return k
}

var powersOfTen = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// appendAnyFloat is appendFloat, and NaN, +Inf and -Inf for what is not finite.
func appendAnyFloat(b []byte, f float64) []byte {
	switch {
	case f != f:
		return append(b, "NaN"...)
	case f > math.MaxFloat64:
		return append(b, "+Inf"...)
	case f < -math.MaxFloat64:
		return append(b, "-Inf"...)
	}
	return appendFloat(b, f)
}

// appendFloat appends a finite f as encoding/json writes it.
//
// Most floats that people log have few digits. If n/10^k, n < 1e15, divides to exactly f, then its digits are the
// shortest ones for f: no two decimals of at most 15 digits are the same float64.
func appendFloat(b []byte, f float64) []byte {
	a := math.Abs(f)
	if a >= 1e9 || a == 0 {
		return appendOtherFloat(b, f)
	}
	micros := int64(a*1e6 + 0.5)
	if float64(micros)/1e6 != a {
		return appendOtherFloat(b, f)
	}
	if f < 0 {
		b = append(b, '-')
	}
	b = appendUint(b, uint64(micros)/1e6)
	if r := uint64(micros) % 1e6; r != 0 {
		b = appendFraction(b, r*1000)
	}
	return b
}

func appendOtherFloat(b []byte, f float64) []byte {
	if i := int64(f); float64(i) == f && math.Abs(f) < 1e15 && (i != 0 || !math.Signbit(f)) {
		return appendInt(b, i)
	}
	a := math.Abs(f)
	if a != 0 && (a < 1e-6 || a >= 1e21) {
		b = strconv.AppendFloat(b, f, 'e', -1, 64)
		if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-2] == '0' { // e-09 is e-9
			b[n-2] = b[n-1]
			b = b[:n-1]
		}
		return b
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// appendFraction appends a point and the billionths of 0 < nanos < 1e9 without the zeros at their end.
func appendFraction(b []byte, nanos uint64) []byte {
	n := len(b)
	b = room(b, 10)
	d := (*[10]byte)(b[n : n+10])
	d[0] = '.'
	eight := nanos / 10
	text := eightDigits(eight)
	put64(d[1:], text)
	if last := nanos - 10*eight; last != 0 {
		d[9] = byte('0' + last)
		return b[:n+10]
	}
	return b[:n+9-bits.LeadingZeros64(text^'0'*ones)/8]
}

// load64 reads 8 bytes at s[i:], which must exist.
func load64(s string, i int) uint64 {
	p := s[i : i+8]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

// load32 reads 4 bytes at s[i:], which must exist.
func load32(s string, i int) uint32 {
	p := s[i : i+4]
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

func put64(d []byte, w uint64) { binary.LittleEndian.PutUint64(d, w) }
func put32(d []byte, w uint32) { binary.LittleEndian.PutUint32(d, w) }
