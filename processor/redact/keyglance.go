package redact

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// cleanKey is a key of at most 16 bytes that has nothing to hide and does not name what has. The two words and
// the length say all of it: that is compared faster than a string.
type cleanKey struct {
	first, last uint64
	n           int
}

// cleanKeys remembers keys, by hash: bounded, the latest stays.
type cleanKeys [256]atomic.Pointer[cleanKey]

// fold puts a key of 1 to 16 bytes into two words.
func fold(key string) (first, last uint64) {
	p := unsafe.Slice(unsafe.StringData(key), len(key))
	n := len(p)
	switch {
	case n >= 8:
		return binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(p)), uint64(binary.LittleEndian.Uint32(p[n-4:]))
	}
	return uint64(p[0]), uint64(p[n/2])<<8 | uint64(p[n-1])
}

// dirtyKey reports whether a key is to be changed, or says something about its value.
func (r *Redactor) dirtyKey(key string) bool {
	n := len(key)
	if n > 16 {
		return r.keys.of(key).matters() || r.dirty(key)
	}
	first, last := fold(key)
	slot := &r.clear[(first*0x9E3779B97F4A7C15^last*0xC2B2AE3D27D4EB4F^uint64(n)<<56)>>56]
	if c := slot.Load(); c != nil && c.first == first && c.last == last && c.n == n {
		return false
	}
	if r.keys.of(key).matters() || r.dirty(key) {
		return true
	}
	slot.Store(&cleanKey{first, last, n})
	return false
}
