package format

import (
	"encoding/binary"
	"math"

	"github.com/hydra-logger/hydra/record"
)

// binary-extended writes one CBOR item (RFC 8949) a record, a map that describes itself, so that a file is a CBOR sequence (RFC 8742).
// The keys are those of json-lines; the attributes are a map under "attributes". A time is tag 0 with RFC 3339 text, a duration a number of
// nanoseconds, bytes are bytes, an error is its message, those that it wraps stand under "<key>_chain", a number too large for 64 bits is text. Maps and lists have no
// length of their own and end with a break.
type cborItem struct {
	options Options
	stamp   stamp
	keys    keySet
	plan    plan
	memory  memory
	zone    clock
	scratch []byte
}

func newCBOR(o Options) *cborItem {
	return &cborItem{options: o, stamp: newStamp(&o, 9), zone: newClock()}
}

func (f *cborItem) Clone() Formatter { return newCBOR(f.options) }

// Major types and simple values.
const (
	cborUint     = 0 << 5
	cborNegative = 1 << 5
	cborBytes    = 2 << 5
	cborText     = 3 << 5
	cborTag      = 6 << 5

	cborListBegin = 0x9f
	cborMapBegin  = 0xbf
	cborBreak     = 0xff
	cborFalse     = 0xf4
	cborTrue      = 0xf5
	cborNull      = 0xf6
	cborFloat64   = 0xfb
)

// Append appends an item.
func (f *cborItem) Append(b []byte, v *record.View) []byte {
	b = append(b, cborMapBegin)
	if v.Time != record.NoTime {
		f.scratch = f.stamp.append(f.scratch[:0], v.Time)
		b = appendCBORText(append(appendCBORText(b, keyTimestamp), cborTag), stringOf(f.scratch))
	}
	b = appendCBORText(b, keyLevel)
	f.scratch = AppendLevel(f.scratch[:0], v.Level)
	b = appendCBORText(b, stringOf(f.scratch))
	b = appendCBORText(appendCBORText(b, keyLayer), v.Layer)
	if v.Logger != "" {
		b = appendCBORText(appendCBORText(b, keyLogger), v.Logger)
	}
	b = appendCBORText(appendCBORText(b, keyMessage), v.Message)
	b = f.appendIDs(b, v)
	b = appendCBORText(b, "attributes")
	return append(f.appendAttrs(b, v), cborBreak)
}

func (f *cborItem) appendAttrs(b []byte, v *record.View) []byte {
	start := len(b)
	if b, ok := f.memory.recallAttrs(append(b, cborMapBegin), v, f); ok {
		return append(b, cborBreak)
	}
	f.keys.begin()
	w := walk{attrs: v.Attrs()}
	b = f.appendMap(b, &w)
	if w.clash {
		f.plan.make(v, func(string) bool { return false })
		w = walk{attrs: v.Attrs(), plan: &f.plan}
		return f.appendMap(b[:start], &w)
	}
	f.memory.learn(v, nil, f)
	return b
}

// appendName implements scalars.
func (f *cborItem) appendName(b []byte, key string) []byte { return appendCBORText(b, key) }

func (f *cborItem) appendIDs(b []byte, v *record.View) []byte {
	for _, id := range [...]struct{ key, value string }{{keyCorrelation, v.IDs.CorrelationID}, {keyCausation, v.IDs.CausationID}, {keyMessageID, v.IDs.MessageID}} {
		if id.value != "" {
			b = appendCBORText(appendCBORText(b, id.key), id.value)
		}
	}
	if v.IDs.TraceID != [16]byte{} {
		b = append(appendCBORHead(appendCBORText(b, keyTrace), cborBytes, 16), v.IDs.TraceID[:]...)
	}
	if v.IDs.SpanID != [8]byte{} {
		b = append(appendCBORHead(appendCBORText(b, keySpan), cborBytes, 8), v.IDs.SpanID[:]...)
	}
	if hasSource(v) {
		b = append(appendCBORText(b, keySource), cborMapBegin)
		b = appendCBORText(appendCBORText(b, "function"), v.Source.Function)
		b = appendCBORText(appendCBORText(b, "file"), v.Source.File)
		b = appendCBORInt(appendCBORText(b, "line"), int64(v.Source.Line))
		b = append(b, cborBreak)
	}
	if v.Recovered {
		b = append(appendCBORText(b, keyRecovered), cborTrue)
	}
	if f.options.ID && hasID(v) {
		f.scratch = AppendRecordID(f.scratch[:0], v.Journal, v.Position)
		b = appendCBORText(appendCBORText(b, keyID), stringOf(f.scratch))
	}
	return b
}

// appendMap appends the map of a group, to its end. Without a plan it stops at the first key that may have come before, and says so
// in w.
func (f *cborItem) appendMap(b []byte, w *walk) []byte {
	b = append(b, cborMapBegin)
	w.objects += hashA
	seed := w.objects
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			break
		}
		var act action
		if w.plan != nil {
			act = w.plan.acts[w.n-1]
		} else {
			w.clash = f.keys.seen(hashText(validText(w.t.Key), seed))
		}
		if act&actDrop != 0 {
			w.skip()
			continue
		}
		b = f.appendValue(appendCBORText(b, w.t.Key), w)
		if w.t.Kind == record.KindError && act&actBare == 0 {
			b = f.appendChain(b, w, seed)
		}
	}
	return append(b, cborBreak)
}

// appendChain appends the errors that an error wraps, under a key of their own; nothing where there are none.
func (f *cborItem) appendChain(b []byte, w *walk, seed uint64) []byte {
	if !wraps(&w.t) {
		return b
	}
	f.scratch = append(append(f.scratch[:0], validText(w.t.Key)...), chainSuffix...)
	key := stringOf(f.scratch)
	if w.plan == nil && f.keys.seen(hashText(key, seed)) {
		w.clash = true
	}
	b = append(appendCBORText(b, key), cborListBegin)
	chain := w.t.Chain()
	for l := (record.Link{}); chain.Next(&l); {
		b = appendCBORText(appendCBORText(append(b, cborMapBegin), "type"), l.Type)
		b = append(appendCBORText(appendCBORText(b, "message"), l.Message), cborBreak)
	}
	return append(b, cborBreak)
}

func (f *cborItem) appendList(b []byte, w *walk) []byte {
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			break
		}
		b = f.appendValue(b, w)
	}
	return append(b, cborBreak)
}

// appendValue appends the value of the last token.
func (f *cborItem) appendValue(b []byte, w *walk) []byte {
	switch w.t.Kind {
	case record.KindGroup:
		return f.appendMap(b, w)
	case record.KindList:
		return f.appendList(append(b, cborListBegin), w)
	}
	return f.appendScalar(b, &w.t)
}

// appendScalar implements scalars.
func (f *cborItem) appendScalar(b []byte, t *record.Token) []byte {
	switch t.Kind {
	case record.KindString, record.KindMark, record.KindError, record.KindNumber:
		return appendCBORText(b, t.Str)
	case record.KindBytes:
		return append(appendCBORHead(b, cborBytes, uint64(len(t.Str))), t.Str...)
	case record.KindInt, record.KindDuration:
		return appendCBORInt(b, t.Int())
	case record.KindUint:
		return appendCBORHead(b, cborUint, t.Num)
	case record.KindFloat:
		return binary.BigEndian.AppendUint64(append(b, cborFloat64), math.Float64bits(t.Float()))
	case record.KindBool:
		if t.Bool() {
			return append(b, cborTrue)
		}
		return append(b, cborFalse)
	case record.KindTime:
		f.scratch = f.zone.appendTime(f.scratch[:0], t)
		return appendCBORText(append(b, cborTag), stringOf(f.scratch))
	}
	return append(b, cborNull)
}

func appendCBORInt(b []byte, v int64) []byte {
	if v < 0 {
		return appendCBORHead(b, cborNegative, uint64(^v))
	}
	return appendCBORHead(b, cborUint, uint64(v))
}

// appendCBORText appends a text, which must be UTF-8: other bytes become U+FFFD.
func appendCBORText(b []byte, s string) []byte {
	s = validText(s)
	return append(appendCBORHead(b, cborText, uint64(len(s))), s...)
}

// appendCBORHead appends a major type and its argument in the fewest bytes.
func appendCBORHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}
