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
	fields                 fieldSet
	empty                  bool   // nothing is kept here
	text                   []byte // of level, layer, logger and message, as the format writes them
	tokens                 []learnedToken
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
	// A value that changes is not compared each time.
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
	if v.IDs != (record.IDs{}) {
		s |= idsOf(&v.IDs)
	}
	if hasSource(v) {
		s |= withSource
		if v.Source.File != "" {
			s |= withFile
		}
		if v.Source.Function != "" {
			s |= withFunction
		}
		if v.Source.Line != 0 {
			s |= withLine
		}
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
	if l == nil || l.empty || l.level != v.Level || v.Message != stringOf(l.message) || v.Layer != stringOf(l.layer) ||
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

// appendAttrs appends all attributes of v, if they have the keys of l, and says whether they have.
func (m *memory) appendAttrs(b []byte, l *learned, v *record.View, w scalars) ([]byte, bool) {
	start := len(b)
	a := v.Attrs()
	for i := range l.tokens {
		t := &l.tokens[i]
		rest := a.Rest()
		if t.wait == 0 && len(rest) >= len(t.raw) && !t.partial && rest[:len(t.raw)] == stringOf(t.raw) {
			b = append(b, t.text...)
			a.Skip(len(t.raw))
			t.pause = 0
			continue
		}
		if !t.begins(rest) || !a.NextAfter(&m.tok, t.name) || !t.same(&m.tok) {
			return b[:start], false
		}
		n := len(b)
		b = w.appendScalar(t.appendPrefix(b), &m.tok)
		if t.wait > 0 {
			t.wait--
			continue
		}
		t.pause = min(2*t.pause+1, longestPause)
		t.wait = t.pause
		t.keep(rest[:len(rest)-len(a.Rest())], b[n:])
	}
	if a.Rest() != "" {
		return b[:start], false
	}
	l.hits++
	return b, true
}

// begins says whether a token begins as t does.
func (t *learnedToken) begins(rest string) bool {
	if len(rest) >= 16 && t.mask[0] != 0 {
		return (load64(rest, 0)^t.first[0])&t.mask[0]|(load64(rest, 8)^t.first[1])&t.mask[1] == 0
	}
	return len(rest) >= t.name && rest[:t.name] == stringOf(t.raw[:t.name])
}

// appendPrefix appends what stands before the value.
func (t *learnedToken) appendPrefix(b []byte) []byte {
	n := len(b)
	if t.prefix <= keyRoom && cap(b)-n >= keyRoom {
		*(*[keyRoom]byte)(b[n : n+keyRoom]) = [keyRoom]byte(t.text[:keyRoom])
		return b[:n+t.prefix]
	}
	return append(b, t.text[:t.prefix]...)
}

// same says whether a token that begins with the bytes of t's key is one that may stand in its place.
func (t *learnedToken) same(tok *record.Token) bool {
	return tok.Kind == t.kind && scalar(tok)
}

func (t *learnedToken) setFirst() {
	t.first, t.mask = [2]uint64{}, [2]uint64{}
	for i := 0; i < t.name && t.name <= 16; i++ {
		t.first[i/8] |= uint64(t.raw[i]) << (8 * (i % 8))
		t.mask[i/8] |= 0xff << (8 * (i % 8))
	}
}

// keep replaces the value.
func (t *learnedToken) keep(raw string, text []byte) {
	if t.partial = len(raw) > longestToken || len(text) > 2*longestToken; t.partial {
		return
	}
	t.raw = append(t.raw[:t.name], raw[t.name:]...)
	t.text = append(t.text[:t.prefix], text[t.prefix:]...)
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
	l.level, l.fields, l.empty = v.Level, fieldsOf(v), false
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
