package record

import (
	"log/slog"
	"unicode/utf8"
	"unsafe"
)

const (
	scalarRoom = 48 // most bytes that a token needs besides its key and string
	keepBuffer = 64 << 10
	firstRoom  = 1024
)

// Header is what a record says besides its attributes.
type Header struct {
	Time    int64 // nanoseconds since 1970 UTC
	Level   slog.Level
	Layer   string
	Logger  string
	Message string
	IDs     *IDs    // nil: none
	Source  *Source // nil: none
	// Context holds the attributes that come from the context, as [Bound.Bytes] returns them,
	// with no group left open.
	Context []byte
}

// Encoder builds records. The zero value is ready; it owns its buffer and may be pooled.
// It is not safe for concurrent use.
type Encoder struct {
	buf []byte // all of it may be written
	n   int    // written so far
	max int    // attributes may not grow beyond this place

	limits   Limits
	ready    bool // limits are set
	depth    int  // open groups and lists, with those of the Bound
	maxDepth int
	top      int     // depth at which the attributes of the call begin
	left     int     // elements that the present attribute may still have
	inList   bool    // the next value is an element of a list
	seen     []visit // pointers on the way to the present value
	plans    typePlans

	sieve          *Sieve // or nil
	passed         bool   // all of the record passed
	sifted         *Bound // the last that passed
	shapes         shapes
	oddFrom, oddTo int // where in buf attributes lie that are no common scalars; oddFrom < 0: none
}

// SetLimits sets the limits of the records that follow. nil: the defaults.
func (e *Encoder) SetLimits(l *Limits) {
	e.limits = l.withDefaults()
	e.ready = true
}

// Encode returns the binary form of a record: h, then the attributes of bound, then attrs in
// the innermost group of bound. bound may be nil. The bytes are valid until the next call of a
// method of e. What attrs holds is read before Encode returns, and methods of its values are called;
// one that panics leaves a mark in place of its value.
func (e *Encoder) Encode(h *Header, bound *Bound, attrs []slog.Attr) []byte {
	e.begin(h, bound)
	if e.sieve == nil {
		e.putAttrs(attrs)
		return e.buf[:e.n]
	}
	e.siftHead(h, bound)
	e.putAttrs(attrs)
	e.passed = e.passed && e.passes(attrs)
	e.siftRest()
	return e.buf[:e.n]
}

// EncodeSlog is Encode with the attributes of r; of r, nothing else is used. Attributes with the key omit are left out,
// unless omit is empty or bound has an open group.
func (e *Encoder) EncodeSlog(h *Header, bound *Bound, r *slog.Record, omit string) []byte {
	e.begin(h, bound)
	if bound.Depth() > 0 {
		omit = ""
	}
	if e.sieve != nil {
		e.siftHead(h, bound)
	}
	var chunk [8]slog.Attr
	n := 0
	r.Attrs(func(a slog.Attr) bool {
		if omit != "" && a.Key == omit {
			return true
		}
		if n == len(chunk) {
			e.putChunk(chunk[:])
			n = 0
		}
		chunk[n] = a
		n++
		return true
	})
	e.putChunk(chunk[:n])
	if e.sieve != nil {
		e.siftRest()
	}
	return e.buf[:e.n]
}

func (e *Encoder) putChunk(attrs []slog.Attr) {
	e.putAttrs(attrs)
	e.passed = e.passed && e.passes(attrs)
}

// begin writes everything before the call's attributes.
func (e *Encoder) begin(h *Header, bound *Bound) {
	if !e.ready {
		e.SetLimits(nil)
	}
	var data []byte
	e.depth, e.passed = 0, false
	if bound != nil {
		data, e.depth = bound.data, bound.open
	}
	e.startAttrs()
	if len(e.buf) > keepBuffer && e.n < keepBuffer {
		e.buf = nil // the last record did not need it
	}
	e.n = 0
	message := h.Message
	if len(message) > e.limits.String {
		message = cutText(message, e.limits.String)
	}
	need := headerSize + 8*maxVarint + len(h.Layer) + len(h.Logger) + len(message) + len(h.Context) + len(data)
	if len(e.buf) < need {
		e.force(need + firstRoom)
	}
	p := unsafe.Pointer(unsafe.SliceData(e.buf))
	store8(p, 0, uint64(h.Time))
	store1(p, 8, Version)
	store1(p, 9, 0)
	i := storeUvarint(p, headerSize, zigzag(int64(h.Level)))
	i = storeString(p, i, h.Layer)
	i = storeString(p, i, h.Logger)
	i = storeString(p, i, message)
	if h.IDs != nil || h.Source != nil {
		e.n = i
		e.putOptional(h, need)
		i = e.n
	}
	if len(h.Context) > 0 {
		i += copy(e.buf[i:], h.Context)
	}
	if len(data) > 0 {
		i += copy(e.buf[i:], data)
	}
	e.n = i
	e.max = i + e.limits.Attributes
}

// startAttrs resets what is counted for each attribute.
func (e *Encoder) startAttrs() {
	e.top, e.left = e.depth, e.limits.Elements
	e.maxDepth = min(e.depth+e.limits.Depth, MaxDepth)
	e.seen, e.inList = e.seen[:0], false
}

// putOptional writes ids and source, and leaves room for need bytes behind them.
func (e *Encoder) putOptional(h *Header, need int) {
	flags := byte(0)
	if d := h.IDs; d != nil {
		flags |= flagIDs
		e.force(len(d.CorrelationID) + len(d.CausationID) + len(d.MessageID) + 3*maxVarint + 26 + need)
		e.n = d.put(e.buf, e.n)
	}
	if s := h.Source; s != nil {
		flags |= flagSource
		e.force(len(s.Function) + len(s.File) + 3*maxVarint + need)
		i := putString(e.buf, e.n, s.Function)
		i = putString(e.buf, i, s.File)
		e.n = putUvarint(e.buf, i, uint64(s.Line))
	}
	e.buf[9] = flags
}

func (d *IDs) put(b []byte, i int) int {
	mask, at := byte(0), i
	i++
	if d.CorrelationID != "" {
		mask |= idCorrelation
		i = putString(b, i, d.CorrelationID)
	}
	if d.CausationID != "" {
		mask |= idCausation
		i = putString(b, i, d.CausationID)
	}
	if d.MessageID != "" {
		mask |= idMessage
		i = putString(b, i, d.MessageID)
	}
	if d.TraceID != [16]byte{} {
		mask |= idTrace
		i += copy(b[i:], d.TraceID[:])
		i += copy(b[i:], d.SpanID[:])
		b[i] = d.TraceFlags
		i++
	}
	b[at] = mask
	return i
}

// room makes sure that n bytes can be written, and reports false when they exceed the record's limit.
func (e *Encoder) room(n int) bool {
	if e.max-e.n < n {
		return false
	}
	e.force(n)
	return true
}

// force makes sure that n bytes can be written, whatever the limit.
func (e *Encoder) force(n int) {
	if len(e.buf)-e.n < n {
		e.grow(n)
	}
}

//go:noinline
func (e *Encoder) grow(n int) {
	grown := make([]byte, max(2*len(e.buf), e.n+n, firstRoom))
	copy(grown, e.buf[:e.n])
	e.buf = grown
}

const markRoom = 48 // bytes of a mark that follows a text

// cutText returns the first bytes of s, whole characters, and a mark that says how many are missing:
// together at most limit bytes, or the mark alone.
func cutText(s string, limit int) string {
	limit = max(limit-markRoom, 0)
	k := limit
	for k > 0 && k > limit-utf8.UTFMax && !utf8.RuneStart(s[k]) {
		k--
	}
	if k == 0 {
		return cutMark(len(s), len(s), "bytes")
	}
	return s[:k] + " " + cutMark(len(s)-k, len(s), "bytes")
}
