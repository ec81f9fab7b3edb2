package zaphydra

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.uber.org/zap/zapcore"
)

// objectEncoder turns what a zap field or an ObjectMarshaler adds into attributes, in order.
type objectEncoder struct {
	attrs []slog.Attr
	outer []scope // namespaces that are open
}

// scope is an object with an open namespace: the namespace's key, and what came before it.
type scope struct {
	key   string
	attrs []slog.Attr
}

// clone returns an encoder that goes on from here and leaves o as it is.
func (o *objectEncoder) clone() objectEncoder {
	return objectEncoder{attrs: slices.Clip(o.attrs), outer: slices.Clone(o.outer)}
}

// finish closes all namespaces.
func (o *objectEncoder) finish() []slog.Attr {
	for n := len(o.outer); n > 0; n = len(o.outer) {
		s := o.outer[n-1]
		o.attrs = append(slices.Clip(s.attrs), slog.GroupAttrs(s.key, o.attrs...))
		o.outer = o.outer[:n-1]
	}
	return o.attrs
}

func (o *objectEncoder) add(a slog.Attr) { o.attrs = append(o.attrs, a) }

func (o *objectEncoder) OpenNamespace(key string) {
	o.outer = append(o.outer, scope{key, o.attrs})
	o.attrs = nil
}

func (o *objectEncoder) AddArray(key string, m zapcore.ArrayMarshaler) error {
	var a arrayEncoder
	err := m.MarshalLogArray(&a)
	o.add(slog.Any(key, a.list()))
	return err
}

func (o *objectEncoder) AddObject(key string, m zapcore.ObjectMarshaler) error {
	var sub objectEncoder
	err := m.MarshalLogObject(&sub)
	o.add(slog.GroupAttrs(key, sub.finish()...))
	return err
}

func (o *objectEncoder) AddReflected(key string, v any) error {
	o.add(slog.Any(key, v))
	return nil
}

func (o *objectEncoder) AddBinary(k string, v []byte)     { o.add(slog.Any(k, v)) }
func (o *objectEncoder) AddByteString(k string, v []byte) { o.add(slog.String(k, string(v))) }
func (o *objectEncoder) AddBool(k string, v bool)         { o.add(slog.Bool(k, v)) }
func (o *objectEncoder) AddComplex128(k string, v complex128) {
	o.add(slog.String(k, complexText(v, 128)))
}
func (o *objectEncoder) AddComplex64(k string, v complex64) {
	o.add(slog.String(k, complexText(complex128(v), 64)))
}
func (o *objectEncoder) AddDuration(k string, v time.Duration) { o.add(slog.Duration(k, v)) }
func (o *objectEncoder) AddFloat64(k string, v float64)        { o.add(slog.Float64(k, v)) }
func (o *objectEncoder) AddFloat32(k string, v float32)        { o.add(slog.Any(k, v)) }
func (o *objectEncoder) AddInt(k string, v int)                { o.add(slog.Int(k, v)) }
func (o *objectEncoder) AddInt64(k string, v int64)            { o.add(slog.Int64(k, v)) }
func (o *objectEncoder) AddInt32(k string, v int32)            { o.add(slog.Int64(k, int64(v))) }
func (o *objectEncoder) AddInt16(k string, v int16)            { o.add(slog.Int64(k, int64(v))) }
func (o *objectEncoder) AddInt8(k string, v int8)              { o.add(slog.Int64(k, int64(v))) }
func (o *objectEncoder) AddString(k, v string)                 { o.add(slog.String(k, v)) }
func (o *objectEncoder) AddTime(k string, v time.Time)         { o.add(slog.Time(k, v)) }
func (o *objectEncoder) AddUint(k string, v uint)              { o.add(slog.Uint64(k, uint64(v))) }
func (o *objectEncoder) AddUint64(k string, v uint64)          { o.add(slog.Uint64(k, v)) }
func (o *objectEncoder) AddUint32(k string, v uint32)          { o.add(slog.Uint64(k, uint64(v))) }
func (o *objectEncoder) AddUint16(k string, v uint16)          { o.add(slog.Uint64(k, uint64(v))) }
func (o *objectEncoder) AddUint8(k string, v uint8)            { o.add(slog.Uint64(k, uint64(v))) }
func (o *objectEncoder) AddUintptr(k string, v uintptr)        { o.add(slog.Uint64(k, uint64(v))) }

// complexText writes a complex number as zap's JSON encoder does: 1+2i.
func complexText(v complex128, bits int) string {
	s := fmt.Sprint(v)
	if bits == 64 {
		s = fmt.Sprint(complex64(v))
	}
	return s[1 : len(s)-1] // without the parentheses
}
