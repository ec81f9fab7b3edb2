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
	return r.dirtyTexts(v.Texts())
}

// Sieve returns what judges records while they are encoded, as Screen does; nil when options need more than that.
func (r *Redactor) Sieve() *record.Sieve {
	if len(r.exempt) > 0 || len(r.keys.paths) > 0 || r.maxDepth < record.MaxDepth || r.clean != nil && r.recordLimit() > 0 || len(r.custom) > 0 {
		return nil
	}
	return r.sieve
}

func newSieve(r *Redactor) *record.Sieve {
	words := 0
	if r.glances {
		words = minScheme - 1
	}
	return &record.Sieve{
		Words: words,
		Key: func(key string) (dirty bool) {
			defer inDoubt(&dirty)
			return r.keys.of(key).matters() || r.dirty(key)
		},
		Text: r.dirtyAtAGlance,
		Rest: func(t record.Texts) (dirty bool) {
			defer inDoubt(&dirty)
			return r.dirtyTexts(t)
		},
	}
}

// dirtyAtAGlance is dirty that first does what takes a few nanoseconds.
func (r *Redactor) dirtyAtAGlance(s string) bool {
	if len(s) <= 16 {
		return !r.plainText(s) && r.dirtyForSure(s)
	}
	if r.glances && (isUUID(s) || r.texts.has(s)) {
		return false
	}
	return r.dirtyForSure(s)
}

func (r *Redactor) dirtyForSure(s string) (dirty bool) {
	defer inDoubt(&dirty)
	return r.dirty(s)
}

// inDoubt makes what panics count as dirty: Process meets the same again, and hides it.
func inDoubt(dirty *bool) {
	if recover() != nil {
		*dirty = true
	}
}

// dirtyTexts reports whether Process would change one of the keys and texts.
func (r *Redactor) dirtyTexts(it record.Texts) bool {
	for {
		kind, key, text, ok := it.Next()
		if !ok {
			return it.Damaged()
		}
		if key != "" && !r.sieve.PassesKey(key) {
			return true
		}
		switch kind {
		case record.KindString, record.KindMark:
			if r.dirty(text) || isNaming(key) && r.keys.of(text).hit {
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
func (v verdict) matters() bool { return v.hit || v.allowed || v.pair || v.number }

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
