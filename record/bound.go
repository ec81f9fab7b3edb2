package record

import (
	"log/slog"
	"slices"
)

// Bound is what With and WithGroup bind to a logger: attributes, encoded once, and open groups.
// It is immutable; a nil *Bound is empty and has the default limits.
type Bound struct {
	data   []byte
	open   int
	limits *Limits
}

// NewBound returns an empty Bound whose attributes are encoded with limits. nil: the defaults.
func NewBound(limits *Limits) *Bound {
	return &Bound{limits: limits}
}

// With returns b with attrs added, in its innermost group.
func (b *Bound) With(attrs []slog.Attr) *Bound {
	var e Encoder
	e.startAt(b)
	start := e.n
	e.putAttrs(attrs)
	if e.n == start && b != nil {
		return b
	}
	return &Bound{data: slices.Clone(e.buf[:e.n]), open: e.depth, limits: b.Limits()}
}

// WithGroup returns b with a group opened, which holds all that is added later. An empty name changes
// nothing. Beyond 27 groups a mark is added in place of the group.
func (b *Bound) WithGroup(name string) *Bound {
	if name == "" {
		return b
	}
	var e Encoder
	e.startAt(b)
	if e.depth >= maxBoundDepth {
		e.putMark(name, "!CUT: group nested too deep")
	} else {
		e.force(len(name) + scalarRoom)
		e.putToken(name, KindGroup)
		e.depth++
	}
	return &Bound{data: slices.Clone(e.buf[:e.n]), open: e.depth, limits: b.Limits()}
}

// Bytes returns the encoded attributes, to be used as [Header.Context]. They must not be changed.
func (b *Bound) Bytes() []byte {
	if b == nil {
		return nil
	}
	return b.data
}

// Depth returns the number of open groups.
func (b *Bound) Depth() int {
	if b == nil {
		return 0
	}
	return b.open
}

// Limits returns the limits that the attributes were encoded with; nil: the defaults.
func (b *Bound) Limits() *Limits {
	if b == nil {
		return nil
	}
	return b.limits
}

// startAt makes e continue behind b.
func (e *Encoder) startAt(b *Bound) {
	e.SetLimits(b.Limits())
	data := b.Bytes()
	e.force(len(data))
	e.n = copy(e.buf, data)
	e.max = e.limits.Attributes
	e.depth = b.Depth()
	e.startAttrs()
}
