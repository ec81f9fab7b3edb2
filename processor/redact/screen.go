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
	it := v.Texts()
	for {
		kind, key, text, ok := it.Next()
		if !ok {
			return it.Damaged()
		}
		if key != "" && r.dirtyKey(key) {
			return true
		}
		switch kind {
		case record.KindString, record.KindMark:
			if r.dirty(text) {
				return true
			}
		case record.KindBytes:
			if r.heat(text)&hotRedact != 0 || len(r.custom) > 0 {
				return true
			}
		case record.KindError:
			if r.dirty(text) || r.dirtyChain(it.Chain()) {
				return true
			}
		}
	}
}

// matters reports whether the value under a name is treated in another way than others.
func (v verdict) matters() bool { return v.hit || v.allowed }

func (r *Redactor) recordLimit() int {
	_, n := r.clean.Limits()
	return n
}

func (r *Redactor) dirtyChain(c record.Chain) bool {
	var l record.Link
	for c.Next(&l) {
		if r.dirty(l.Message) {
			return true
		}
	}
	return false
}
