package format

import "github.com/hydra-logger/hydra/record"

// Tokens of a learned record that stayed the same lately are compared and copied together, in runs:
//
//	service="payment" host="a1"   seq=7 at=12:00:01   region="eu" ratio=0.8375 url="/orders"
//	└────────── steady ─────────┘ └─── unsteady ────┘ └────────────── steady ──────────────┘
//
// A run that differs is gone through token by token; those that changed are unsteady from then on, and are
// compared at growing distances, until they stay the same for some records.

// run is a stretch of tokens, from first to before end.
type run struct {
	first, end int
	raw, text  []byte // of all of them; empty where they are unsteady
}

// steady says whether the value stayed the same lately.
func (t *learnedToken) steady() bool { return t.pause == 0 && !t.partial }

// divide makes the runs anew.
func (l *learned) divide() {
	l.stale = false
	old := l.runs[:cap(l.runs)]
	l.runs = l.runs[:0]
	for i := 0; i < len(l.tokens); {
		r := run{first: i}
		if n := len(l.runs); n < len(old) {
			r.raw, r.text = old[n].raw[:0], old[n].text[:0]
		}
		steady := l.tokens[i].steady()
		for ; i < len(l.tokens) && l.tokens[i].steady() == steady; i++ {
			if steady {
				r.raw = append(r.raw, l.tokens[i].raw...)
				r.text = append(r.text, l.tokens[i].text...)
			}
		}
		r.end = i
		l.runs = append(l.runs, r)
	}
}

// appendAttrs appends all attributes of v, if they have the keys of l, and says whether they have.
func (m *memory) appendAttrs(b []byte, l *learned, v *record.View, w scalars) ([]byte, bool) {
	start := len(b)
	a := v.Attrs()
	for i := range l.runs {
		r := &l.runs[i]
		if n := len(r.raw); n > 0 {
			if rest := a.Rest(); len(rest) >= n && rest[:n] == stringOf(r.raw) {
				b = append(b, r.text...)
				a.Skip(n)
				continue
			}
		}
		var ok bool
		if b, ok = m.appendTokens(b, &a, l, l.tokens[r.first:r.end], w); !ok {
			return b[:start], false
		}
	}
	if a.Rest() != "" {
		return b[:start], false
	}
	if l.stale {
		l.divide()
	}
	l.hits++
	return b, true
}

// appendTokens appends the attributes that should be like tokens, and says whether they are.
func (m *memory) appendTokens(b []byte, a *record.Attrs, l *learned, tokens []learnedToken, w scalars) ([]byte, bool) {
	for i := range tokens {
		t := &tokens[i]
		rest := a.Rest()
		if t.wait == 0 && len(rest) >= len(t.raw) && !t.partial && rest[:len(t.raw)] == stringOf(t.raw) {
			b = append(b, t.text...)
			a.Skip(len(t.raw))
			l.stale = l.stale || t.pause == 1
			t.pause /= 2
			continue
		}
		if !t.begins(rest) || !a.NextAfter(&m.tok, t.name) || !t.same(&m.tok) {
			return b, false
		}
		n := len(b)
		b = w.appendScalar(t.appendPrefix(b), &m.tok)
		if t.wait > 0 {
			t.wait--
			continue
		}
		l.stale = l.stale || t.steady()
		t.pause = min(2*t.pause+firstPause, longestPause)
		t.wait = t.pause
		t.keep(rest[:len(rest)-len(a.Rest())], b[n:])
	}
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
