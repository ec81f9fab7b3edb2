// Package key says which records belong together, for the processors that count by key.
package key

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"log/slog"
	"math"
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
		}
		k.parts = append(k.parts, p)
	}
	return k, nil
}

// Sum is the same for records with the same key. Different keys have different sums, but for one pair in 2^64.
func (k *Key) Sum(e *record.Event) uint64 {
	h := hasher{seed: k.seed, sum: 0x9e3779b97f4a7c15}
	for i := range k.parts {
		h.part(&k.parts[i], e)
	}
	return h.sum
}

type hasher struct {
	seed maphash.Seed
	sum  uint64
}

func (h *hasher) part(p *part, e *record.Event) {
	switch p.name {
	case Layer:
		h.str(e.Layer)
	case Logger:
		h.str(e.Logger)
	case Level:
		h.num(uint64(e.Level))
	case Message:
		h.str(e.Message)
	case CorrelationID:
		h.str(e.IDs.CorrelationID)
	case TraceID:
		h.str(string(e.IDs.TraceID[:]))
	case Source:
		h.str(e.Source.File)
		h.num(uint64(e.Source.Line))
	case Attributes:
		h.attrs(e.Attrs)
	case AttrPrefix:
		if v, ok := find(e.Attrs, p.path); ok {
			h.value(v)
		} else {
			h.num(0)
		}
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

func (h *hasher) attrs(attrs []slog.Attr) {
	h.num(uint64(len(attrs)))
	for i := range attrs {
		h.str(attrs[i].Key)
		h.value(attrs[i].Value)
	}
}

func (h *hasher) value(v slog.Value) {
	h.num(uint64(v.Kind()) + 1)
	switch v.Kind() {
	case slog.KindString:
		h.str(v.String())
	case slog.KindInt64:
		h.num(uint64(v.Int64()))
	case slog.KindUint64:
		h.num(v.Uint64())
	case slog.KindFloat64:
		h.num(math.Float64bits(v.Float64()))
	case slog.KindBool:
		if v.Bool() {
			h.num(1)
		}
	case slog.KindDuration:
		h.num(uint64(v.Duration()))
	case slog.KindTime:
		t := v.Time()
		h.num(uint64(t.Unix()))
		h.num(uint64(t.Nanosecond()))
	case slog.KindGroup:
		h.attrs(v.Group())
	default:
		h.any(v.Any())
	}
}

// any mixes in what an event holds besides the kinds of slog, and what a processor put there.
func (h *hasher) any(v any) {
	switch v := v.(type) {
	case nil:
	case *record.Error:
		h.str(v.Type())
		h.str(v.Error())
	case *record.List:
		h.num(uint64(len(v.Values)))
		for _, el := range v.Values {
			h.value(el)
		}
	case record.Mark:
		h.num(1)
		h.str(string(v))
	case json.Number:
		h.num(2)
		h.str(string(v))
	case []byte:
		h.num(3)
		h.num(maphash.Bytes(h.seed, v))
	case error:
		h.num(4)
		h.str(v.Error())
	default:
		h.num(5)
		h.str(fmt.Sprint(v))
	}
}
