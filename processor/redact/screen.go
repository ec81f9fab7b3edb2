package redact

import (
	"context"

	"github.com/hydra-logger/hydra/record"
)

// Screen reports whether Process would change the record. It allocates nothing.
func (r *Redactor) Screen(_ context.Context, v *record.View) (touch bool) {
	if len(r.exempt) > 0 && r.exempt[v.Layer] {
		return false
	}
	if len(r.keys.paths) > 0 || r.maxDepth < record.MaxDepth || r.clean != nil && r.recordLimit() > 0 {
		return true
	}
	if r.dirty(v.Message) {
		return true
	}
	if v.IDs.CorrelationID != "" && r.dirty(v.IDs.CorrelationID) || v.IDs.CausationID != "" && r.dirty(v.IDs.CausationID) ||
		v.IDs.MessageID != "" && r.dirty(v.IDs.MessageID) {
		return true
	}
	it := v.Attrs()
	var t record.Token
	for it.Next(&t) {
		if t.Key != "" && (r.keys.maybe(t.Key) && r.keys.of(t.Key).matters() || r.dirtyKey(t.Key)) {
			return true
		}
		switch t.Kind {
		case record.KindString, record.KindMark:
			if r.dirty(t.Str) {
				return true
			}
		case record.KindBytes:
			if r.heat(t.Str)&hotRedact != 0 || len(r.custom) > 0 {
				return true
			}
		case record.KindError:
			if r.dirtyError(&t) {
				return true
			}
		}
	}
	return false
}

// matters reports whether the value under a name is treated in another way than others.
func (v verdict) matters() bool { return v.hit || v.allowed }

func (r *Redactor) recordLimit() int {
	_, n := r.clean.Limits()
	return n
}

func (r *Redactor) dirtyKey(key string) bool {
	return r.dirty(key)
}

func (r *Redactor) dirtyError(t *record.Token) bool {
	if r.dirty(t.Str) {
		return true
	}
	var l record.Link
	for c := t.Chain(); c.Next(&l); {
		if r.dirty(l.Message) {
			return true
		}
	}
	return false
}
