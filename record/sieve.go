package record

import (
	"log/slog"
	"sync/atomic"
	"unsafe"
)

// Sieve lets an [Encoder] tell, while it has a record at hand anyway, that a processor has nothing to do with it: then the
// record need not be decoded. It is asked for the message, the ids, and the keys and texts of all attributes; numbers, times and
// the like it passes over. The functions are called by many goroutines at once, must not keep what they get and must not panic.
//
// Keys are few and come again and again: those that Key let pass are remembered by their content, in a table of a fixed size.
type Sieve struct {
	// Key and Text report whether the processor has to see a record with this key or text.
	Key, Text func(string) bool
	// Rest reports the same of attributes that are no common scalars: errors, groups, structs, what is bound to a logger.
	Rest func(Texts) bool
	// Words is the length of the longest text, at most 16 bytes, that passes when it has nothing but letters and spaces; see [AreWords].
	Words int

	short [1024]atomic.Uint64
	long  [1024]atomic.Pointer[passedKey]
}

// passedKey is a key of 8 to 16 bytes that passed. The two words and the length say all of it: that is compared
// faster than a string.
type passedKey struct {
	first, last uint64
	n           int
}

const spread = 0x9E3779B97F4A7C15 // the golden ratio: takes what differs into the upper bits

// word puts a key of 1 to 7 bytes and its length into a word.
func word(p unsafe.Pointer, n int) uint64 {
	if n >= 4 {
		return uint64(load4(p, 0)) | uint64(load4(p, n-4))<<(8*(n-4)) | uint64(n)<<56
	}
	b := unsafe.Slice((*byte)(p), n)
	return uint64(b[0]) | uint64(b[n/2])<<(8*(n/2)) | uint64(b[n-1])<<(8*(n-1)) | uint64(n)<<56
}

// PassesKey reports whether the processor has nothing to do with a key.
func (s *Sieve) PassesKey(key string) bool {
	n, p := len(key), unsafe.Pointer(unsafe.StringData(key))
	switch {
	case n == 0:
		return true
	case n < 8:
		w := word(p, n)
		return s.short[w*spread>>54].Load() == w || s.askShort(key, w)
	case n <= 16:
		first, last := load8(p, 0), load8(p, n-8)
		c := s.long[longSlot(first, last)].Load()
		return c != nil && c.first == first && c.last == last && c.n == n || s.askLong(key, first, last)
	}
	return !s.Key(key)
}

func (s *Sieve) askShort(key string, w uint64) bool {
	if s.Key(key) {
		return false
	}
	s.short[w*spread>>54].Store(w)
	return true
}

func (s *Sieve) askLong(key string, first, last uint64) bool {
	if s.Key(key) {
		return false
	}
	s.long[longSlot(first, last)].Store(&passedKey{first, last, len(key)})
	return true
}

func longSlot(first, last uint64) uint64 { return (first*spread ^ last) * spread >> 54 }

// shapes remembers the keys of the last records that passed, in their order, as one place in a program logs them: four records
// of up to 16 keys, told apart by where their first key lies.
type shapes [4][16]passedKey

func (c *shapes) of(attrs []slog.Attr) *[16]passedKey {
	return &c[uintptr(unsafe.Pointer(unsafe.StringData(attrs[0].Key)))>>3%4]
}

// passes reports whether the keys of attributes, and those of their values that are texts, pass. What is no common scalar
// is left to Rest.
func (e *Encoder) passes(attrs []slog.Attr) bool {
	if len(attrs) == 0 {
		return true
	}
	s, shape := e.sieve, e.shapes.of(attrs)
	for j := range attrs {
		a := (*rawAttr)(unsafe.Pointer(&attrs[j]))
		n, p := len(a.key), unsafe.Pointer(unsafe.StringData(a.key))
		var first, last uint64
		if n >= 8 {
			first, last = load8(p, 0), load8(p, n-8)
		} else if n >= 4 {
			first, last = uint64(load4(p, 0)), uint64(load4(p, n-4))
		} else {
			for i := range n {
				first = first<<8 | uint64(a.key[i])
			}
		}
		if known := &shape[j%16]; known.first != first || known.last != last || known.n != n || n > 16 {
			if !s.PassesKey(a.key) {
				return false
			}
			*known = passedKey{first, last, n}
		}
		if a.value.typ == wordString {
			text := unsafe.String((*byte)(a.value.data), int(a.value.num))
			if !(len(text) <= s.Words && AreWords(text)) && s.Text(text) {
				return false
			}
		}
	}
	return true
}

// SetSieve makes Encode and EncodeSlog put records through a sieve. nil: none.
func (e *Encoder) SetSieve(s *Sieve) {
	if e.sieve != s {
		e.sieve, e.sifted, e.shapes = s, nil, shapes{}
	}
}

// Passed reports whether all of the record that was encoded last passed the sieve. Without one it is false.
func (e *Encoder) Passed() bool { return e.passed }

// siftHead puts what comes before a call's attributes through the sieve. What is bound to a logger is remembered.
func (e *Encoder) siftHead(h *Header, b *Bound) {
	s := e.sieve
	e.oddFrom, e.passed = -1, false
	if !rawLayout || s.Text(h.Message) {
		return
	}
	if d := h.IDs; d != nil && (d.CorrelationID != "" && s.Text(d.CorrelationID) || d.CausationID != "" && s.Text(d.CausationID) ||
		d.MessageID != "" && s.Text(d.MessageID)) {
		return
	}
	if len(h.Context) > 0 && s.Rest(textsOf(h.Context)) {
		return
	}
	if b != e.sifted {
		if len(b.Bytes()) > 0 && s.Rest(textsOf(b.Bytes())) {
			return
		}
		e.sifted = b
	}
	e.passed = true
}

// siftRest puts through the sieve what putAttrs met besides common scalars.
func (e *Encoder) siftRest() {
	if e.passed && e.oddFrom >= 0 {
		e.passed = !e.sieve.Rest(textsOf(e.buf[e.oddFrom:e.oddTo]))
	}
}

// odd notes that what was written from at on is no common scalar.
func (e *Encoder) odd(at int) {
	if e.oddFrom < 0 || at < e.oddFrom {
		e.oddFrom = at
	}
	e.oddTo = e.n
}

func textsOf(b []byte) Texts { return Texts{s: unsafe.String(unsafe.SliceData(b), len(b))} }
