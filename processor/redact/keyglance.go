package redact

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// cleanKey is a key of 8 to 16 bytes that has nothing to hide and does not name what has. The two words and
// the length say all of it: that is compared faster than a string.
type cleanKey struct {
	first, last uint64
	n           int
}

// cleanKeys remembers keys, by hash: bounded, the latest stays. Keys of up to 7 bytes are kept as a word, with their
// length in its last byte.
type cleanKeys struct {
	short [1024]atomic.Uint64
	long  [1024]atomic.Pointer[cleanKey]
}

// word puts a key of 1 to 7 bytes and its length into a word.
func word(key string) uint64 {
	p := unsafe.Slice(unsafe.StringData(key), len(key))
	n := len(p)
	if n >= 4 {
		return uint64(binary.LittleEndian.Uint32(p)) | uint64(binary.LittleEndian.Uint32(p[n-4:]))<<(8*(n-4)) | uint64(n)<<56
	}
	return uint64(p[0]) | uint64(p[n/2])<<(8*(n/2)) | uint64(p[n-1])<<(8*(n-1)) | uint64(n)<<56
}

const spread = 0x9E3779B97F4A7C15 // the golden ratio: takes what differs into the upper bits

// dirtyKey reports whether a key is to be changed, or says something about its value.
func (r *Redactor) dirtyKey(key string) bool {
	n := len(key)
	if n >= 8 {
		return r.dirtyLongKey(key)
	}
	w := word(key)
	slot := &r.clear.short[w*spread>>54]
	if slot.Load() == w {
		return false
	}
	if r.keys.of(key).matters() || r.dirty(key) {
		return true
	}
	slot.Store(w)
	return false
}

func (r *Redactor) dirtyLongKey(key string) bool {
	n := len(key)
	if n > 16 {
		return r.keys.of(key).matters() || r.dirty(key)
	}
	p := unsafe.Slice(unsafe.StringData(key), n)
	first, last := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[n-8:])
	slot := &r.clear.long[(first*spread^last)*spread>>54]
	if c := slot.Load(); c != nil && c.first == first && c.last == last && c.n == n {
		return false
	}
	if r.keys.of(key).matters() || r.dirty(key) {
		return true
	}
	slot.Store(&cleanKey{first, last, n})
	return false
}
