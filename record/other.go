package record

import (
	"log/slog"
	"unsafe"
)

// typePlan remembers the plan of a type.
type typePlan struct {
	typ     unsafe.Pointer
	plan    *plan
	isError bool
}

// typePlans is a small cache of plans, one for each encoder.
type typePlans [16]typePlan

func (c *typePlans) at(typ unsafe.Pointer) *typePlan {
	return &c[(uintptr(typ)>>5)%16]
}

// putUncommon writes an attribute that is no common scalar; its key is written already, behind at.
func (e *Encoder) putUncommon(a *rawAttr, at int, head byte) {
	if known := e.plans.at(a.value.typ); known.typ == a.value.typ && known.isError && e.putKnownError(a, known.plan) {
		e.buf[at] = head | byte(KindError)
		if known.plan.wraps {
			e.odd(at)
		}
		return
	}
	e.n = at
	e.putOther(a)
	e.odd(at)
}

// putKnownError writes what follows the key of an attribute whose type is an error, and reports false when it wrote nothing.
func (e *Encoder) putKnownError(a *rawAttr, p *plan) bool {
	return e.putErrorBody(a.value.any().(error), p) == ""
}

// any returns the value of an attribute of slog.KindAny.
func (v *rawValue) any() any { return *(*any)(unsafe.Pointer(&v.typ)) }

// putOther writes an attribute that is no common scalar.
func (e *Encoder) putOther(a *rawAttr) {
	if e.depth == e.top {
		e.left = e.limits.Elements
	}
	if known := e.plans.at(a.value.typ); known.typ == a.value.typ && known.typ != nil {
		e.putPlanned(a.key, a.value.any(), known.plan)
		return
	}
	v := *(*slog.Value)(unsafe.Pointer(&a.value))
	if a.key == "" && v.Kind() == slog.KindAny && v.Any() == nil {
		return // the empty attribute
	}
	e.putValue(a.key, v)
}

// putEach writes attributes where the layout of slog values is not known.
func (e *Encoder) putEach(attrs []slog.Attr) {
	for j := range attrs {
		if e.depth == e.top {
			e.left = e.limits.Elements
		}
		key, v := attrs[j].Key, attrs[j].Value
		if !e.room(len(key) + scalarRoom) {
			e.cutAttrs(len(attrs)-j, len(attrs))
			return
		}
		if key == "" && v.Kind() == slog.KindAny && v.Any() == nil {
			continue
		}
		e.putValue(key, v)
	}
}
