package redact

import (
	"encoding/binary"
	"strings"
	"sync/atomic"
	"unsafe"
)

// maxCleanText is the length of the longest text that is remembered.
const maxCleanText = 256

// cleanTexts remembers texts of 17 bytes or more that have nothing to hide: most messages, routes and texts of errors
// come again and again. It is bounded, by hash; a text is kept when it is seen twice in a row at its place, so that those that are always
// different cost no memory.
type cleanTexts [256]struct {
	text atomic.Pointer[string]
	seen atomic.Uint64 // hash of the last text that was not kept
}

// textHash looks at the beginning, the middle and the end of a text of 17 bytes or more.
func textHash(s string) uint64 {
	p := unsafe.Slice(unsafe.StringData(s), len(s))
	n := len(p)
	first, last := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[n-8:])
	middle := binary.LittleEndian.Uint64(p[n/2-4:])
	return ((first*spread^last)*spread^middle)*spread + uint64(n)
}

// has reports whether a text of 17 bytes or more is remembered.
func (c *cleanTexts) has(s string) bool {
	if len(s) > maxCleanText {
		return false
	}
	t := c[textHash(s)>>56].text.Load()
	return t != nil && *t == s
}

// dirty reports whether text would change a text. It allocates nothing, but for JSON with escapes, which it
// does not look into.
func (r *Redactor) dirty(s string) bool {
	if len(s) <= 16 || len(s) > maxCleanText || !r.glances {
		return r.looksDirty(s)
	}
	h := textHash(s)
	at := &r.texts[h>>56]
	if t := at.text.Load(); t != nil && *t == s {
		return false
	}
	if r.looksDirty(s) {
		return true
	}
	if at.seen.Swap(h) == h {
		kept := strings.Clone(s)
		at.text.Store(&kept)
	}
	return false
}
