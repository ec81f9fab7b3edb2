package record

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// redacted is what is written for a field with the tag `log:"secret"`.
const redacted = "[REDACTED]"

// visit is a pointer, map or slice on the way to the present value.
type visit struct {
	p   unsafe.Pointer
	len int
	t   reflect.Type
}

// enter notes that the walk goes into v, and reports false when it is there already, or too deep; then it put a mark.
func (e *Encoder) enter(key string, v reflect.Value, name string) bool {
	w := visit{p: v.UnsafePointer(), t: v.Type()}
	if v.Kind() == reflect.Slice {
		w.len = v.Len()
	}
	if slices.Contains(e.seen, w) {
		e.putMark(key, "!CYCLE: "+name)
		return false
	}
	if len(e.seen) >= 4*MaxDepth {
		e.putMark(key, "!CUT: nested deeper than the limit")
		return false
	}
	e.seen = append(e.seen, w)
	return true
}

func (e *Encoder) leave() { e.unwind(len(e.seen) - 1) }

// unwind leaves all but the first n pointers, and keeps none of the others alive.
func (e *Encoder) unwind(n int) {
	clear(e.seen[n:])
	e.seen = e.seen[:n]
}

// walk writes v as its plan says.
func (e *Encoder) walk(key string, v reflect.Value, p *plan) {
	o := p.op
	if p.ptrOp != opNone && v.CanAddr() {
		v, o = v.Addr(), p.ptrOp
	}
	switch o {
	case opBool:
		e.putBool(key, v.Bool())
	case opInt:
		e.putInt(key, KindInt, v.Int())
	case opDuration:
		e.putInt(key, KindDuration, v.Int())
	case opUint:
		e.putUint(key, v.Uint())
	case opFloat64:
		e.putFloat(key, v.Float())
	case opFloat32:
		e.putFloat(key, shortest32(v.Float()))
	case opComplex:
		e.putText(key, KindString, strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()))
	case opString:
		e.putText(key, KindString, v.String())
	case opBytes:
		e.putBytes(key, v.Bytes())
	case opTime:
		e.putTime(key, v.Interface().(time.Time))
	case opNumber:
		e.putNumber(key, v.String())
	case opRaw:
		e.putRaw(key, v.Bytes())
	case opURL:
		u := v.Interface().(url.URL)
		e.putText(key, KindString, u.Redacted())
	case opSlogValue:
		e.putValue(key, v.Interface().(slog.Value))
	case opStoredError:
		e.putStoredError(key, v.Interface().(*Error))
	case opStoredList:
		e.putStoredList(key, v.Interface().(*List))
	case opMark:
		e.putMark(key, v.String())
	case opStruct:
		e.walkStruct(key, v, p)
	case opMap:
		e.walkMap(key, v, p)
	case opList:
		e.walkList(key, v, p)
	case opPointer:
		e.walkPointer(key, v, p)
	case opInterface:
		if v.IsNil() {
			e.putNull(key)
			return
		}
		v = v.Elem()
		e.walk(key, v, planOf(v.Type()))
	case opUnsupported:
		e.putUnsupported(key, v, p)
	default:
		e.walkMethod(key, v, o)
	}
}

// walkMethod writes a value by the method that its type has for it.
func (e *Encoder) walkMethod(key string, v reflect.Value, o op) {
	if o != opLogValuer && o != opError && v.Kind() == reflect.Pointer && v.IsNil() {
		e.putNull(key)
		return
	}
	x := v.Interface()
	var failed string
	var out []byte
	switch o {
	case opLogValuer:
		e.putLogValuer(key, x.(slog.LogValuer))
		return
	case opError:
		e.putError(key, x.(error), planOf(v.Type()))
		return
	case opJSON:
		if out, failed = callJSON(x.(json.Marshaler)); failed == "" {
			e.putJSON(key, out)
			return
		}
	case opText:
		if out, failed = callText(x.(encoding.TextMarshaler)); failed == "" {
			e.putText(key, KindString, string(out))
			return
		}
	case opStringer:
		var s string
		if s, failed = callString(x.(fmt.Stringer)); failed == "" {
			e.putText(key, KindString, s)
			return
		}
	}
	e.putMark(key, failed)
}

func (e *Encoder) walkPointer(key string, v reflect.Value, p *plan) {
	if v.IsNil() {
		e.putNull(key)
		return
	}
	if e.enter(key, v, p.name) {
		e.walk(key, v.Elem(), p.elem)
		e.leave()
	}
}

func (e *Encoder) walkStruct(key string, v reflect.Value, p *plan) {
	if !e.open(key, KindGroup) {
		return
	}
	outer := e.inList
	e.inList = false
	n := e.take(len(p.fields))
	for i := range p.fields[:n] {
		if !e.room(scalarRoom) {
			n = i
			break
		}
		f := &p.fields[i]
		fv, ok := fieldAt(v, f.index)
		if !ok || f.omitEmpty && isEmpty(fv) || f.omitZero && f.isZero(fv) {
			continue
		}
		switch {
		case f.secret:
			e.putText(f.name, KindString, redacted)
		case f.quoted:
			e.walkQuoted(f, fv)
		default:
			e.walk(f.name, fv, f.plan)
		}
	}
	if n < len(p.fields) {
		e.putMark(cutKey, cutMark(len(p.fields)-n, len(p.fields), "fields"))
	}
	e.inList = outer
	e.close()
}

// fieldAt returns a field, or false when an embedded pointer on the way is nil.
func fieldAt(v reflect.Value, index []int) (reflect.Value, bool) {
	for k, i := range index {
		if k > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, true
}

// walkQuoted writes a field with the option "string": a scalar as text.
func (e *Encoder) walkQuoted(f *field, v reflect.Value) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			e.putNull(f.name)
			return
		}
		v = v.Elem()
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		e.walk(f.name, v, planOf(v.Type())) // NaN: kept as it is
		return
	}
	e.putText(f.name, KindString, string(text))
}

func (e *Encoder) walkList(key string, v reflect.Value, p *plan) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			e.putNull(key)
			return
		}
		if !e.enter(key, v, p.name) {
			return
		}
		defer e.leave()
	}
	if !e.open(key, KindList) {
		return
	}
	outer := e.inList
	e.inList = true
	of := v.Len()
	n := e.take(of)
	for i := range n {
		if !e.room(scalarRoom) {
			n = i
			break
		}
		e.walk("", v.Index(i), p.elem)
	}
	if n < of {
		e.putMark("", cutMark(of-n, of, "elements"))
	}
	e.inList = outer
	e.close()
}

// mapEntry is an entry of a map with its key as text.
type mapEntry struct {
	key   string
	value reflect.Value
}

func (e *Encoder) walkMap(key string, v reflect.Value, p *plan) {
	if v.IsNil() {
		e.putNull(key)
		return
	}
	if !e.enter(key, v, p.name) {
		return
	}
	defer e.leave()
	if !e.open(key, KindGroup) {
		return
	}
	outer := e.inList
	e.inList = false
	of := v.Len()
	entries := mapEntries(v, e.take(of))
	n := len(entries)
	for i := range entries {
		if !e.room(scalarRoom) {
			n = i
			break
		}
		e.walk(entries[i].key, entries[i].value, p.elem)
	}
	if n < of {
		e.putMark(cutKey, cutMark(of-n, of, "entries"))
	}
	e.inList = outer
	e.close()
}

// mapEntries returns at most n entries, sorted by key.
func mapEntries(v reflect.Value, n int) []mapEntry {
	entries := make([]mapEntry, 0, n)
	for it := v.MapRange(); len(entries) < n && it.Next(); {
		entries = append(entries, mapEntry{key: keyText(it.Key()), value: it.Value()})
	}
	slices.SortFunc(entries, func(a, b mapEntry) int { return strings.Compare(a.key, b.key) })
	return entries
}

// keyText returns a map's key as text: strings as they are, then MarshalText, then what fmt prints.
func keyText(k reflect.Value) string {
	if k.Kind() == reflect.String {
		return k.String()
	}
	if k.Kind() == reflect.Pointer && k.IsNil() {
		return ""
	}
	x := k.Interface()
	if m, ok := x.(encoding.TextMarshaler); ok {
		out, failed := callText(m)
		if failed != "" {
			return failed
		}
		return string(out)
	}
	return sprint(x)
}

func (e *Encoder) putUnsupported(key string, v reflect.Value, p *plan) {
	if v.IsZero() {
		e.putNull(key)
		return
	}
	e.putMark(key, "!UNSUPPORTED: "+p.name)
}

// putNumber writes the text of a json.Number.
func (e *Encoder) putNumber(key, s string) {
	if !isNumber(s) {
		e.putText(key, KindString, s)
		return
	}
	e.putJSONNumber(key, s)
}

// shortest32 returns the float64 that prints like the float32 that v came from.
func shortest32(v float64) float64 {
	s := strconv.FormatFloat(v, 'g', -1, 32)
	if r, err := strconv.ParseFloat(s, 64); err == nil {
		return r
	}
	return v
}

// isEmpty is what "omitempty" means by empty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}

// isZero is what "omitzero" means by zero.
func (f *field) isZero(v reflect.Value) bool {
	if !f.zeroer || v.Kind() == reflect.Pointer && v.IsNil() || v.Kind() == reflect.Interface && v.IsNil() {
		return v.IsZero()
	}
	x := v.Interface()
	if z, ok := x.(zeroer); ok {
		return callIsZero(z)
	}
	if v.CanAddr() {
		return callIsZero(v.Addr().Interface().(zeroer))
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return callIsZero(p.Interface().(zeroer))
}

// callIsZero calls IsZero; one that panics is not zero, so that the value shows.
func callIsZero(z zeroer) (zero bool) {
	defer func() {
		if recover() != nil {
			zero = false
		}
	}()
	return z.IsZero()
}
