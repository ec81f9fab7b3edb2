package record

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"time"
	"unsafe"
)

const maxLogValues = 100 // LogValue calls in a row, as in log/slog

// open begins a group or list, and reports false when it put a mark instead because it is too deep or does not fit.
func (e *Encoder) open(key string, k Kind) bool {
	if e.depth >= e.maxDepth {
		e.putMark(key, "!CUT: nested deeper than the limit")
		return false
	}
	if !e.room(len(key) + scalarRoom) {
		e.putMark(key, "!CUT: no room in the record")
		return false
	}
	e.putToken(key, k)
	e.depth++
	return true
}

func (e *Encoder) close() {
	e.depth--
	e.force(scalarRoom)
	e.putToken("", KindEnd)
}

// scalar prepares for a token of a fixed size, and reports false when it put a mark instead.
func (e *Encoder) scalar(key string) bool {
	if !e.room(len(key) + scalarRoom) {
		e.putMark(key, "!CUT: no room in the record")
		return false
	}
	return true
}

// putGroup writes a group; inlined, its attributes become those of the group around it.
func (e *Encoder) putGroup(key string, attrs []slog.Attr, inlined bool) {
	if inlined {
		e.putInlined(attrs)
		return
	}
	if !e.open(key, KindGroup) {
		return
	}
	outer := e.inList
	e.inList = false
	e.putSome(attrs)
	e.inList = outer
	e.close()
}

// putInlined writes attributes one level deeper in the account, so that a group within itself ends.
func (e *Encoder) putInlined(attrs []slog.Attr) {
	if e.depth >= e.maxDepth {
		e.putMark(cutKey, "!CUT: nested deeper than the limit")
		return
	}
	e.depth++
	e.putSome(attrs)
	e.depth--
}

// putSome writes as many attributes as the attribute around them may still have.
func (e *Encoder) putSome(attrs []slog.Attr) {
	n := e.take(len(attrs))
	e.putAttrs(attrs[:n])
	if n < len(attrs) {
		e.cutAttrs(len(attrs)-n, len(attrs))
	}
}

// take returns how many of n elements may be written, and counts them.
func (e *Encoder) take(n int) int {
	n = min(n, e.left)
	e.left -= n
	return n
}

// putLogValuer resolves a value and writes what it stands for.
func (e *Encoder) putLogValuer(key string, lv slog.LogValuer) {
	for range maxLogValues {
		v, null, failed := callLogValue(lv)
		if null {
			e.putNull(key)
			return
		}
		if failed != "" {
			e.putMark(key, failed)
			return
		}
		if v.Kind() != slog.KindLogValuer {
			e.putValue(key, v)
			return
		}
		lv = v.LogValuer()
	}
	e.putMark(key, "!CUT: LogValue called too many times of "+typeName(lv))
}

// putValue writes any slog value under key, which may be empty in a list.
func (e *Encoder) putValue(key string, v slog.Value) {
	switch v.Kind() {
	case slog.KindString:
		e.putText(key, KindString, v.String())
	case slog.KindInt64:
		e.putInt(key, KindInt, v.Int64())
	case slog.KindUint64:
		e.putUint(key, v.Uint64())
	case slog.KindFloat64:
		e.putFloat(key, v.Float64())
	case slog.KindBool:
		e.putBool(key, v.Bool())
	case slog.KindDuration:
		e.putInt(key, KindDuration, int64(v.Duration()))
	case slog.KindTime:
		e.putTime(key, v.Time())
	case slog.KindGroup:
		e.putGroup(key, v.Group(), key == "" && !e.inList)
	case slog.KindLogValuer:
		e.putLogValuer(key, v.LogValuer())
	default:
		e.putAny(key, v.Any())
	}
}

func (e *Encoder) putNull(key string) {
	e.force(len(key) + scalarRoom)
	e.putToken(key, KindNull)
}

// putAny writes a value of any type.
func (e *Encoder) putAny(key string, x any) {
	typ := typeWord(x)
	if typ == nil {
		e.putNull(key)
		return
	}
	known := e.plans.at(typ)
	if known.typ != typ {
		p := planOf(reflect.TypeOf(x))
		*known = typePlan{typ: typ, plan: p, isError: p.op == opError}
	}
	e.putPlanned(key, x, known.plan)
}

// putPlanned writes x, whose plan is p. If that panics, a mark takes the place of the whole value.
func (e *Encoder) putPlanned(key string, x any, p *plan) {
	if p.op == opError {
		e.putError(key, x.(error), p) // contains panics itself
		return
	}
	n, depth, seen, inList := e.n, e.depth, len(e.seen), e.inList
	defer func() {
		if r := recover(); r != nil {
			e.n, e.depth, e.inList = n, depth, inList
			e.unwind(seen)
			e.putMark(key, panicText(r))
		}
	}()
	e.walk(key, reflect.ValueOf(x), p)
}

func (e *Encoder) putInt(key string, k Kind, v int64) {
	if e.scalar(key) {
		e.n = putKey(e.buf, e.n, k, key)
		e.n = putUvarint(e.buf, e.n, zigzag(v))
	}
}

func (e *Encoder) putUint(key string, v uint64) {
	if e.scalar(key) {
		e.n = putKey(e.buf, e.n, KindUint, key)
		e.n = putUvarint(e.buf, e.n, v)
	}
}

func (e *Encoder) putFloat(key string, v float64) {
	if e.scalar(key) {
		e.n = putFloat(e.buf, putKey(e.buf, e.n, KindFloat, key), v)
	}
}

func (e *Encoder) putBool(key string, v bool) {
	if e.scalar(key) {
		e.n = putBool(e.buf, putKey(e.buf, e.n, KindBool, key), v)
	}
}

func (e *Encoder) putTime(key string, v time.Time) {
	if e.scalar(key) {
		e.n = putTime(e.buf, putKey(e.buf, e.n, KindTime, key), v)
	}
}

func (e *Encoder) putBytes(key string, b []byte) {
	if b == nil {
		e.putNull(key)
		return
	}
	e.putText(key, KindBytes, unsafe.String(unsafe.SliceData(b), len(b)))
}

// callLogValue calls a value's LogValue. null: it panicked because it is a nil pointer.
func callLogValue(lv slog.LogValuer) (v slog.Value, null bool, failed string) {
	defer func() {
		if r := recover(); r != nil {
			null, failed = isNil(lv), panicText(r)
		}
	}()
	return lv.LogValue(), false, ""
}

func callJSON(m json.Marshaler) (out []byte, failed string) {
	defer func() {
		if r := recover(); r != nil {
			failed = panicText(r)
		}
	}()
	out, err := m.MarshalJSON()
	if err != nil {
		return nil, errorMark(err)
	}
	return out, ""
}

func callText(m encoding.TextMarshaler) (out []byte, failed string) {
	defer func() {
		if r := recover(); r != nil {
			failed = panicText(r)
		}
	}()
	out, err := m.MarshalText()
	if err != nil {
		return nil, errorMark(err)
	}
	return out, ""
}

func callString(s fmt.Stringer) (out string, failed string) {
	defer func() {
		if r := recover(); r != nil {
			failed = panicText(r)
		}
	}()
	return s.String(), ""
}

// isNil reports whether x is a nil pointer, as fmt asks before it prints "<nil>" for a panic.
func isNil(x any) bool {
	v := reflect.ValueOf(x)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

const maxPanicText = 512 // bytes of a panic's value in a mark

// panicText is the mark for a panic.
func panicText(r any) string {
	return shorten("!PANIC: " + sprint(r))
}

// sprint is fmt.Sprint for values whose methods may panic with values whose methods panic, which fmt does not contain.
func sprint(x any) (text string) {
	defer func() {
		if recover() != nil {
			text = "a " + typeName(x) + " that panics when it is printed"
		}
	}()
	return fmt.Sprint(x)
}

// errorMark is the mark for an error that a value's own method returned. The caller contains its panics.
func errorMark(err error) string {
	return shorten("!ERROR: " + err.Error())
}

func shorten(s string) string {
	if len(s) > maxPanicText {
		return cutText(s, maxPanicText)
	}
	return s
}

func typeName(x any) string {
	t := reflect.TypeOf(x)
	if t == nil {
		return "nil"
	}
	return t.String()
}
