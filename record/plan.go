package record

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"sync"
	"time"
)

// op says how values of a type are written.
type op uint8

const (
	opNone op = iota
	opBool
	opInt
	opUint
	opFloat32
	opFloat64
	opComplex
	opString
	opBytes
	opDuration
	opTime
	opNumber
	opRaw
	opURL
	opSlogValue
	opStruct
	opMap
	opList
	opPointer
	opInterface
	opLogValuer
	opError
	opJSON
	opText
	opStringer
	opUnsupported
	opStoredError // *Error
	opStoredList  // *List
	opMark        // Mark
)

// plan is how values of one type are written, worked out once.
type plan struct {
	op       op
	ptrOp    op // used instead when the value is addressable: methods of the pointer; opNone: there are none
	name     string
	elem     *plan   // of a pointer, list or map
	fields   []field // of a struct
	wraps    bool    // an error that may wrap others
	wireName string  // name as a record holds it
}

// plans holds a *plan for each reflect.Type that was met.
var plans sync.Map

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	b := planner{made: map[reflect.Type]*plan{}}
	p := b.plan(t)
	for t, p := range b.made {
		plans.LoadOrStore(t, p)
	}
	return p
}

// planner builds the plans of a type and of those it refers to, itself perhaps.
type planner struct {
	made map[reflect.Type]*plan
}

func (b *planner) plan(t reflect.Type) *plan {
	if p, ok := b.made[t]; ok {
		return p
	}
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	name := t.String()
	p := &plan{name: name, wireName: wireString(name)}
	b.made[t] = p
	b.fill(p, t)
	return p
}

// wireString returns s with its length in front.
func wireString(s string) string {
	b := make([]byte, maxVarint+len(s))
	return string(b[:putString(b, 0, s)])
}

var (
	logValuerType  = reflect.TypeFor[slog.LogValuer]()
	errorType      = reflect.TypeFor[error]()
	jsonType       = reflect.TypeFor[json.Marshaler]()
	textType       = reflect.TypeFor[encoding.TextMarshaler]()
	unwrapType     = reflect.TypeFor[interface{ Unwrap() error }]()
	unwrapListType = reflect.TypeFor[interface{ Unwrap() []error }]()
	stringerType   = reflect.TypeFor[fmt.Stringer]()
)

// special returns the op of types that are known by themselves.
func special(t reflect.Type) op {
	switch t {
	case reflect.TypeFor[time.Time]():
		return opTime
	case reflect.TypeFor[time.Duration]():
		return opDuration
	case reflect.TypeFor[json.Number]():
		return opNumber
	case reflect.TypeFor[json.RawMessage]():
		return opRaw
	case reflect.TypeFor[url.URL]():
		return opURL
	case reflect.TypeFor[slog.Value]():
		return opSlogValue
	case reflect.TypeFor[*Error]():
		return opStoredError
	case reflect.TypeFor[*List]():
		return opStoredList
	case reflect.TypeFor[Mark]():
		return opMark
	}
	return opNone
}

// methodOp returns the op of the method that says how t is written: LogValue, then Error (unless there is a JSON
// form, as in log/slog), then MarshalJSON, then MarshalText.
func methodOp(t reflect.Type) op {
	switch isJSON := t.Implements(jsonType); {
	case t.Implements(logValuerType):
		return opLogValuer
	case t.Implements(errorType) && !isJSON:
		return opError
	case isJSON:
		return opJSON
	case t.Implements(textType):
		return opText
	}
	return opNone
}

func (b *planner) fill(p *plan, t reflect.Type) {
	if p.op = special(t); p.op != opNone {
		return
	}
	switch t.Kind() {
	case reflect.Interface:
		p.op = opInterface
		return
	case reflect.Pointer:
		p.op = opPointer
		p.elem = b.plan(t.Elem())
		if m := methodOp(t); special(t.Elem()) == opNone && (m == opError || m != methodOp(t.Elem())) {
			p.op = m
		}
		p.setWraps(t)
		return
	}
	p.setWraps(t)
	m, pm := methodOp(t), methodOp(reflect.PointerTo(t))
	if pm != m {
		p.ptrOp = pm
	}
	if m != opNone {
		p.op = m
		return
	}
	b.fillKind(p, t)
}

func (p *plan) setWraps(t reflect.Type) {
	p.wraps = t.Implements(unwrapType) || t.Implements(unwrapListType)
}

// fillKind plans a type that has no method for it.
func (b *planner) fillKind(p *plan, t reflect.Type) {
	switch t.Kind() {
	case reflect.Bool:
		p.op = opBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.op = opInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.op = opUint
	case reflect.Float32:
		p.op = opFloat32
	case reflect.Float64:
		p.op = opFloat64
	case reflect.String:
		p.op = opString
	case reflect.Slice, reflect.Array:
		p.op = opList
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && methodOp(reflect.PointerTo(t.Elem())) == opNone {
			p.op = opBytes
			return
		}
		p.elem = b.plan(t.Elem())
	case reflect.Map:
		p.op = opMap
		p.elem = b.plan(t.Elem())
	case reflect.Struct:
		p.op = opStruct
		p.fields = b.structFields(t)
		if len(p.fields) == 0 && t.NumField() > 0 {
			p.useString(t, opStruct)
		}
	case reflect.Complex64, reflect.Complex128:
		p.useString(t, opComplex)
	default: // channel, function, unsafe pointer
		p.useString(t, opUnsupported)
	}
}

// useString plans String for a type that has no form as data, and other if there is no such method.
func (p *plan) useString(t reflect.Type, other op) {
	p.op = other
	if t.Implements(stringerType) {
		p.op = opStringer
	} else if p.ptrOp == opNone && reflect.PointerTo(t).Implements(stringerType) {
		p.ptrOp = opStringer
	}
}
