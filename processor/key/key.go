// Package key says which records belong together, for the processors that count by key.
package key

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strings"

	"github.com/hydra-logger/hydra/record"
)

// The parts of which a key is made. AttrPrefix before the name of an attribute, with dots
// between groups ("attr.user.id"), is the value of that attribute.
const (
	Layer         = "layer"
	Logger        = "logger"
	Level         = "level"
	Message       = "message"
	CorrelationID = "correlation_id"
	TraceID       = "trace_id"
	Source        = "source"     // file and line of the call, where add_source is on
	Attributes    = "attributes" // all attributes, keys and values, in their order
	AttrPrefix    = "attr."
)

// Key takes the parts of a record that make its key. It is immutable, and safe for concurrent use.
// Sums are seeded anew for each Key: nobody outside can make records collide.
type Key struct {
	parts []part
	seed  maphash.Seed
	event bool // it needs an event
}

type part struct {
	name string
	path []string // of an attribute
}

// New returns a Key of parts; an unknown one is an error.
func New(parts ...string) (*Key, error) {
	k := &Key{seed: maphash.MakeSeed()}
	for _, name := range parts {
		p := part{name: name}
		switch name {
		case Layer, Logger, Level, Message, CorrelationID, TraceID, Source, Attributes:
		default:
			path, ok := strings.CutPrefix(name, AttrPrefix)
			if !ok || path == "" {
				return nil, fmt.Errorf("by: %q is no part of a record; use %s, %s, %s, %s, %s, %s, %s, %s or %sNAME", name,
					Layer, Logger, Level, Message, CorrelationID, TraceID, Source, Attributes, AttrPrefix)
			}
			p.name, p.path = AttrPrefix, strings.Split(path, ".")
			k.event = true
		}
		k.parts = append(k.parts, p)
	}
	return k, nil
}

// Sum is the same for records with the same key. Different keys have different sums, but for one pair in 2^64.
func (k *Key) Sum(e *record.Event) uint64 {
	h := hasher{seed: k.seed, sum: initial}
	for i := range k.parts {
		switch p := &k.parts[i]; p.name {
		case Attributes:
			h.attrs(e.Attrs)
		case AttrPrefix:
			if v, ok := find(e.Attrs, p.path); ok {
				h.value(v)
			} else {
				h.num(0)
			}
		default:
			h.head(p.name, e.Layer, e.Logger, e.Message, e.Level, &e.IDs, &e.Source)
		}
	}
	return h.sum
}

// SumView is Sum of a record that is not taken apart. It reports false where the key has the value of an attribute: that needs an event.
func (k *Key) SumView(v *record.View) (sum uint64, ok bool) {
	if k.event {
		return 0, false
	}
	h := hasher{seed: k.seed, sum: initial}
	for i := range k.parts {
		if name := k.parts[i].name; name == Attributes {
			it := v.Attrs()
			h.tokens(&it)
		} else {
			h.head(name, v.Layer, v.Logger, v.Message, v.Level, &v.IDs, &v.Source)
		}
	}
	return h.sum, true
}

// initial is where a sum begins: any number but 0.
const initial = 0x9e3779b97f4a7c15

type hasher struct {
	seed maphash.Seed
	sum  uint64
}

// head mixes in a part that is no attribute.
func (h *hasher) head(name, layer, logger, message string, level slog.Level, ids *record.IDs, src *record.Source) {
	switch name {
	case Layer:
		h.str(layer)
	case Logger:
		h.str(logger)
	case Level:
		h.num(uint64(level))
	case Message:
		h.str(message)
	case CorrelationID:
		h.str(ids.CorrelationID)
	case TraceID:
		h.num(binary.LittleEndian.Uint64(ids.TraceID[:8]))
		h.num(binary.LittleEndian.Uint64(ids.TraceID[8:]))
	case Source:
		h.str(src.File)
		h.num(uint64(src.Line))
	}
}

// find returns the last attribute of a path: where a key comes twice, the later one is the call's.
func find(attrs []slog.Attr, path []string) (slog.Value, bool) {
	for i := len(attrs) - 1; i >= 0; i-- {
		a := &attrs[i]
		if a.Key != path[0] {
			continue
		}
		if len(path) == 1 {
			return a.Value, true
		}
		if a.Value.Kind() == slog.KindGroup {
			if v, ok := find(a.Value.Group(), path[1:]); ok {
				return v, true
			}
		}
	}
	return slog.Value{}, false
}

// num mixes in a number, by the finalizer of MurmurHash3 and a multiplication.
func (h *hasher) num(n uint64) { h.sum = Mix(h.sum*0xff51afd7ed558ccd ^ n) }

func (h *hasher) str(s string) { h.num(maphash.String(h.seed, s)) }

// Mix is the 64-bit finalizer of MurmurHash3.
func Mix(n uint64) uint64 {
	n ^= n >> 33
	n *= 0xff51afd7ed558ccd
	n ^= n >> 33
	n *= 0xc4ceb9fe1a85ec53
	n ^= n >> 33
	return n
}
