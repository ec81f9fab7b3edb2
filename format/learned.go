package format

import (
	"log/slog"
	"math/bits"

	"github.com/hydra-logger/hydra/record"
)

// Records that one place of a program makes have the same keys in the same order, and many of their values stay the same for
// long: those that are bound to a logger, the name of a host, a state. A formatter therefore keeps, of each message that it
// has seen lately, the last record token by token, in binary form and as text:
//
//	service="payment"   seq=7                   ratio=0.8375    the record that was learned
//	service="payment"   seq=8                   ratio=0.8375    the next one
//	text is copied      key copied, new value   text is copied
//
// Tokens are compared as bytes: equal bytes are the same token, which has the same text. That the keys of the record differ
// from each other and from the protected ones was found out before it was learned. Whatever does not fit is formatted in the
// ordinary way, with the same result.

const (
	learnedBits  = 4   // 16 records are kept; messages with one hash take turns
	mostTokens   = 48  // of a record that is kept
	longestToken = 192 // bytes of a token that is kept with its value
	longestHead  = 512
	leastHits    = 4 // records that make learning another one worth it
	firstPause   = 3 // records after which a value that has changed is looked at again
	longestPause = 63
)

// scalars writes the attributes of a format that hold no others.
type scalars interface {
	// appendName appends what stands before the value of an attribute at top level.
	appendName(b []byte, key string) []byte
	// appendScalar appends the value of a token, and what stands behind it.
	appendScalar(b []byte, t *record.Token) []byte
}

// memory is what one formatter has learned.
type memory struct {
	slots [1 << learnedBits]*learned
	tok   record.Token
	// noErrors: errors are not written like other attributes.
	noErrors bool
}

// learned is one record.
type learned struct {
	level                  slog.Level
	layer, logger, message []byte
	head                   []byte // they, in binary form
	fields                 fieldSet
	empty                  bool   // nothing is kept here
	text                   []byte // of level, layer, logger and message, as the format writes them
	tokens                 []learnedToken
	runs                   []run // what tokens are divided into
	stale                  bool  // and not any more
	hits                   int
	wait, pause            int // records until another one is learned in this place
}

// learnedToken is one attribute.
type learnedToken struct {
	raw     []byte    // the token
	text    []byte    // what is written for it
	name    int       // bytes of raw that are the key
	first   [2]uint64 // they, if there are no more than 16
	mask    [2]uint64 // where first has bytes
	prefix  int       // bytes of text before the value
	kind    record.Kind
	partial bool // raw and text have no value
	// A value that changes is not compared each time. It is steady again when it has stayed the same for some records.
	wait, pause uint8
}

// fieldSet are the fields that a record has beside those that every record has: they decide which keys are protected.
type fieldSet uint16

const (
	withLogger fieldSet = 1 << iota
	withCorrelation
	withCausation
	withMessageID
	withTrace
	withSpan
	withSource
	withFile
	withFunction
	withLine
	withRecovered
	withID
	withoutTime

	withIDs = withCorrelation | withCausation | withMessageID | withTrace | withSpan
)

func fieldsOf(v *record.View) (s fieldSet) {
	if v.Logger != "" {
		s |= withLogger
	}
	if !v.Plain() {
		s |= idsOf(&v.IDs) | sourceOf(v)
	}
	if v.Recovered {
		s |= withRecovered
	}
	if hasID(v) {
		s |= withID
	}
	if v.Time == record.NoTime {
		s |= withoutTime
	}
	return s
}

func sourceOf(v *record.View) (s fieldSet) {
	if hasSource(v) {
		s |= withSource
	}
	if v.Source.File != "" {
		s |= withFile
	}
	if v.Source.Function != "" {
		s |= withFunction
	}
	if v.Source.Line != 0 {
		s |= withLine
	}
	return s
}

func idsOf(d *record.IDs) (s fieldSet) {
	if d.CorrelationID != "" {
		s |= withCorrelation
	}
	if d.CausationID != "" {
		s |= withCausation
	}
	if d.MessageID != "" {
		s |= withMessageID
	}
	if d.TraceID != [16]byte{} {
		s |= withTrace
	}
	if d.SpanID != [8]byte{} {
		s |= withSpan
	}
	return s
}

// slot is where a record like v is kept.
func (m *memory) slot(v *record.View) **learned {
	s := v.Message
	h := uint64(len(s))<<8 ^ uint64(v.Level)
	switch {
	case len(s) >= 8:
		h ^= load64(s, 0) ^ bits.RotateLeft64(load64(s, len(s)-8), 32)
	case len(s) > 0:
		h ^= few(s)
	}
	return &m.slots[h*hashA>>(64-learnedBits)]
}

// recall returns the record that was learned for records like v, nil if there is none.
func (m *memory) recall(v *record.View) *learned {
	l := *m.slot(v)
	if l == nil || l.empty {
		return nil
	}
	if head := v.Head(); len(head) > 0 && head == stringOf(l.head) {
		if l.fields == fieldsOf(v) {
			return l
		}
		return nil
	}
	if l.level != v.Level || v.Message != stringOf(l.message) || v.Layer != stringOf(l.layer) ||
		v.Logger != stringOf(l.logger) || l.fields != fieldsOf(v) {
		return nil
	}
	return l
}

// recallAttrs appends all attributes of v, if a record like it was learned, and says whether one was.
func (m *memory) recallAttrs(b []byte, v *record.View, w scalars) ([]byte, bool) {
	l := m.recall(v)
	if l == nil {
		return b, false
	}
	return m.appendAttrs(b, l, v, w)
}

// learn keeps v, whose attributes were written without a clash of keys. head is what was written for level, layer, logger and message.
func (m *memory) learn(v *record.View, head []byte, w scalars) {
	at := m.slot(v)
	l := *at
	if l == nil {
		l = &learned{}
		*at = l
	}
	if l.wait > 0 {
		l.wait--
		return
	}
	if l.pause = min(2*l.pause+1, longestPause); l.hits >= leastHits {
		l.pause = 0
	}
	l.wait, l.hits = l.pause, 0
	if len(head)+len(v.Message) > longestHead || !m.learnTokens(l, v, w) {
		l.empty = true
		return
	}
	l.divide()
	l.level, l.fields, l.empty = v.Level, fieldsOf(v), false
	l.head = append(l.head[:0], v.Head()...)
	l.layer, l.logger, l.message = append(l.layer[:0], v.Layer...), append(l.logger[:0], v.Logger...), append(l.message[:0], v.Message...)
	l.text = append(l.text[:0], head...)
}

// learnTokens keeps the attributes, unless one of them holds others.
func (m *memory) learnTokens(l *learned, v *record.View, w scalars) bool {
	l.tokens = l.tokens[:0]
	a, t := v.Attrs(), &m.tok
	for {
		rest := a.Rest()
		if !a.Next(t) {
			return true
		}
		raw := rest[:len(rest)-len(a.Rest())]
		if !scalar(t) || m.noErrors && t.Kind == record.KindError || len(l.tokens) == mostTokens || len(t.Key) > longestToken/2 {
			return false
		}
		n := nameBytes(raw, t.Key)
		if n == 0 {
			return false
		}
		l.tokens = append(l.tokens, learnedToken{kind: t.Kind, name: n})
		k := &l.tokens[len(l.tokens)-1]
		k.raw = append(make([]byte, 0, len(raw)+16), raw[:n]...)
		k.text = w.appendName(make([]byte, 0, len(raw)+2*keyRoom), t.Key)
		k.prefix = len(k.text)
		k.setFirst()
		k.keep(raw, w.appendScalar(k.text, t))
	}
}

// scalar says whether a token is a whole attribute by itself.
func scalar(t *record.Token) bool {
	switch t.Kind {
	case record.KindGroup, record.KindList, record.KindEnd:
		return false
	case record.KindError:
		return !wraps(t)
	case record.KindMark:
		return t.Key != record.DamagedKey // the bytes of the rest are no token
	}
	return true
}

// nameBytes returns how many bytes of a token are its first part, with the key; 0 where they are not as they should be.
func nameBytes(raw, key string) int {
	n := 1 + len(key)
	if len(key) >= 15 {
		n++
	}
	if len(raw) < n || raw[n-len(key):n] != key {
		return 0
	}
	return n
}
