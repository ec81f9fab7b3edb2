package format

import "math/bits"

const (
	hashA = 0x9e3779b97f4a7c15
	hashB = 0xd6e8feb86659fd93

	keyMarks  = 0xffff // low bits of a slot: the record that the key belongs to
	keyAlways = 0xffff // the key belongs to every record
	maxProbes = 16

	blanks = 0x20 * ones

	keyRoom = 24 // a key of 16 bytes, its quotes and the colon, rounded up
)

// A keySet remembers the keys that one record has used, by their hashes. It answers "seen" too often
// rather than too rarely: who gets that answer makes a plan for the record.
type keySet struct {
	record uint64
	slots  [256]uint64
}

// begin forgets all keys but those of always.
func (k *keySet) begin() {
	k.record++
	if k.record == keyAlways {
		k.record = 1
		for i, s := range k.slots {
			if s&keyMarks != keyAlways {
				k.slots[i] = 0
			}
		}
	}
}

// always adds a key to every record.
func (k *keySet) always(h uint64) {
	i := uint8(h >> 56)
	for k.slots[i] != 0 {
		i++
	}
	k.slots[i] = h | keyAlways
}

// seen adds a key and reports whether the record may have had it before.
func (k *keySet) seen(h uint64) bool {
	i := uint8(h >> 56)
	for range maxProbes {
		s := k.slots[i]
		if mark := s & keyMarks; mark != k.record && mark != keyAlways {
			k.slots[i] = h&^keyMarks | k.record
			return false
		}
		if (s^h)&^keyMarks == 0 {
			return true
		}
		i++
	}
	return true
}

// hashText hashes a key of any length; seed tells the objects of one record apart.
func hashText(s string, seed uint64) uint64 {
	m := len(s)
	for ; len(s) > 16; s = s[16:] {
		hi, lo := bits.Mul64(load64(s, 0)^hashA^seed, load64(s, 8)^hashB)
		seed = hi ^ lo
	}
	switch {
	case len(s) >= 8:
		return hash2(load64(s, 0), load64(s, len(s)-8), m, seed)
	case len(s) >= 4:
		return hash2(uint64(load32(s, 0))|uint64(load32(s, len(s)-4))<<32, blanks, m, seed)
	case len(s) > 0:
		return hash2(few(s), blanks, m, seed)
	}
	return hash2(blanks, blanks, m, seed)
}

// few returns the bytes of a string of 1 to 3, filled up with blanks.
func few(s string) uint64 {
	m := len(s)
	return uint64(s[0]) | uint64(s[m/2])<<8 | uint64(s[m-1])<<16 | blanks&^0xffffff
}

// hash2 hashes a key of m bytes of which w and v are the first and the last.
func hash2(w, v uint64, m int, seed uint64) uint64 {
	hi, lo := bits.Mul64(w^hashA^seed, v^hashB^uint64(m))
	return hi ^ lo
}

// appendKey appends s as the key of a JSON object, with the colon, and returns the hash of the text between its quotes.
func appendKey(b []byte, s string, seed uint64) ([]byte, uint64) {
	n, m := len(b), len(s)
	if uint(m-1) > 15 {
		return appendAnyKey(b, s, seed)
	}
	b = room(b, keyRoom)
	d := (*[keyRoom]byte)(b[n : n+keyRoom])
	d[0] = '"'
	var marks, h uint64
	switch {
	case m >= 8:
		w, v := load64(s, 0), load64(s, m-8)
		put64(d[1:], w)
		put64(d[m-7:], v)
		marks, h = special(w)|special(v), hash2(w, v, m, seed)
	case m >= 4:
		lo, hi := load32(s, 0), load32(s, m-4)
		put32(d[1:], lo)
		put32(d[m-3:], hi)
		w := uint64(lo) | uint64(hi)<<32
		marks, h = special(w), hash2(w, blanks, m, seed)
	default:
		w := few(s)
		d[1], d[m/2+1], d[m] = s[0], s[m/2], s[m-1]
		marks, h = special(w), hash2(w, blanks, m, seed)
	}
	if marks != 0 {
		return appendAnyKey(b, s, seed)
	}
	d[m+1], d[m+2] = '"', ':'
	return b[:n+m+3], h
}

// appendAnyKey is appendKey for keys that are empty, long, or need escapes.
func appendAnyKey(b []byte, s string, seed uint64) ([]byte, uint64) {
	n := len(b)
	b = appendQuoted(b, s, ':')
	return b, hashText(stringOf(b[n+1:len(b)-2]), seed)
}
