package zaphydra

import (
	"time"

	"go.uber.org/zap/zapcore"
)

// arrayEncoder collects what a zap ArrayMarshaler appends. Objects in it become maps.
type arrayEncoder struct{ values []any }

// list is the array; an empty one is [] and not null.
func (a *arrayEncoder) list() []any {
	if a.values == nil {
		return []any{}
	}
	return a.values
}

func (a *arrayEncoder) add(v any) { a.values = append(a.values, v) }

func (a *arrayEncoder) AppendArray(m zapcore.ArrayMarshaler) error {
	var sub arrayEncoder
	err := m.MarshalLogArray(&sub)
	a.add(sub.list())
	return err
}

func (a *arrayEncoder) AppendObject(m zapcore.ObjectMarshaler) error {
	sub := zapcore.NewMapObjectEncoder()
	err := m.MarshalLogObject(sub)
	a.add(sub.Fields)
	return err
}

func (a *arrayEncoder) AppendReflected(v any) error {
	a.add(v)
	return nil
}

func (a *arrayEncoder) AppendBool(v bool)              { a.add(v) }
func (a *arrayEncoder) AppendByteString(v []byte)      { a.add(string(v)) }
func (a *arrayEncoder) AppendComplex128(v complex128)  { a.add(complexText(v, 128)) }
func (a *arrayEncoder) AppendComplex64(v complex64)    { a.add(complexText(complex128(v), 64)) }
func (a *arrayEncoder) AppendFloat64(v float64)        { a.add(v) }
func (a *arrayEncoder) AppendFloat32(v float32)        { a.add(v) }
func (a *arrayEncoder) AppendInt(v int)                { a.add(v) }
func (a *arrayEncoder) AppendInt64(v int64)            { a.add(v) }
func (a *arrayEncoder) AppendInt32(v int32)            { a.add(v) }
func (a *arrayEncoder) AppendInt16(v int16)            { a.add(v) }
func (a *arrayEncoder) AppendInt8(v int8)              { a.add(v) }
func (a *arrayEncoder) AppendString(v string)          { a.add(v) }
func (a *arrayEncoder) AppendUint(v uint)              { a.add(v) }
func (a *arrayEncoder) AppendUint64(v uint64)          { a.add(v) }
func (a *arrayEncoder) AppendUint32(v uint32)          { a.add(v) }
func (a *arrayEncoder) AppendUint16(v uint16)          { a.add(v) }
func (a *arrayEncoder) AppendUint8(v uint8)            { a.add(v) }
func (a *arrayEncoder) AppendUintptr(v uintptr)        { a.add(uint64(v)) }
func (a *arrayEncoder) AppendDuration(v time.Duration) { a.add(v) }
func (a *arrayEncoder) AppendTime(v time.Time)         { a.add(v) }
