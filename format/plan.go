package format

import (
	"unicode/utf8"

	"github.com/hydra-logger/hydra/record"
)

// A walk is the way through the attributes of one record.
type walk struct {
	attrs   record.Attrs
	t       record.Token
	plan    *plan
	n       int    // tokens read
	objects uint64 // seed of the last object
	clash   bool   // a key may have come twice: start again with a plan
	failed  bool   // the record's error is written
}

// renamed comes before the name of an attribute that has the name of a key of the record itself.
const renamed = "attr."

// An action says what becomes of an attribute.
type action uint8

const (
	actDrop   action = 1 << iota // a later attribute has its key
	actRename                    // it has the name of a protected key
	actBare                      // without the errors that it wraps: their key is taken
)

// A plan settles, for one record, which attributes are written when keys clash. Formatters write without one,
// until a keySet reports a clash; then they start again with a plan.
type plan struct {
	acts   []action // by the number of the token
	last   map[place]int
	frames []planFrame
	chains []planChain

	scratch []byte
}

// A place is a key of one object of the record.
type place struct {
	object int
	key    string
}

type planFrame struct {
	key    string // of the group or list in its parent
	token  int    // that opened it
	object int    // its number, or inList
	empty  bool
}

type planChain struct {
	place
	token int
}

const inList = -1

// make plans a record. protected reports the keys that the record itself uses.
func (p *plan) make(v *record.View, protected func(key string) bool) {
	p.reset()
	attrs, objects := v.Attrs(), 0
	var t record.Token
	for token := 0; attrs.Next(&t); token++ {
		p.acts = append(p.acts, 0)
		switch t.Kind {
		case record.KindEnd:
			p.close(protected)
		case record.KindGroup:
			objects++
			p.frames = append(p.frames, planFrame{key: t.Key, token: token, object: objects, empty: true})
		case record.KindList:
			p.take(t.Key, token, protected)
			p.frames = append(p.frames, planFrame{key: t.Key, token: token, object: inList})
		default:
			at := p.take(t.Key, token, protected)
			if t.Kind == record.KindError && at.object != inList && wraps(&t) {
				p.chains = append(p.chains, planChain{at, token})
			}
		}
	}
	p.cutChains(protected)
	p.release()
}

func (p *plan) reset() {
	if p.last == nil {
		p.last = make(map[place]int)
	}
	p.acts = p.acts[:0]
	p.chains = p.chains[:0]
	p.frames = append(p.frames[:0], planFrame{})
}

// release lets go of the record, and of memory that only a huge one needs.
func (p *plan) release() {
	const keep = 1024
	if len(p.last) > keep {
		p.last = nil
	}
	clear(p.last)
	clear(p.chains)
	clear(p.frames[:cap(p.frames)])
}

// close ends a group or list. A group takes its key only now, when it is known not to be empty: an empty one is left out and
// must not push out another attribute.
func (p *plan) close(protected func(key string) bool) {
	f := p.frames[len(p.frames)-1]
	p.frames = p.frames[:len(p.frames)-1]
	if f.object == inList || f.empty && p.frames[len(p.frames)-1].object != inList {
		return
	}
	p.take(f.key, f.token, protected)
}

// take gives the key to a token, away from the one that had it.
func (p *plan) take(key string, token int, protected func(key string) bool) place {
	f := &p.frames[len(p.frames)-1]
	f.empty = false
	if f.object == inList {
		return place{object: inList}
	}
	key = validText(key)
	if f.object == 0 && protected(key) {
		p.acts[token] |= actRename
		key = renamed + key
	}
	at := place{f.object, key}
	if before, ok := p.last[at]; ok {
		p.acts[before] |= actDrop
	}
	p.last[at] = token
	return at
}

// cutChains takes the chains away from errors whose key for it is in use.
func (p *plan) cutChains(protected func(key string) bool) {
	for _, c := range p.chains {
		p.scratch = append(append(p.scratch[:0], c.key...), chainSuffix...)
		key := stringOf(p.scratch)
		if _, ok := p.last[place{c.object, key}]; ok || c.object == 0 && protected(key) {
			p.acts[c.token] |= actBare
		}
	}
}

// validText returns s with U+FFFD in place of each byte that is not UTF-8, as it is written.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// skip passes the value of the last token, to its end.
func (w *walk) skip() {
	if w.t.Kind != record.KindGroup && w.t.Kind != record.KindList {
		return
	}
	for depth := 1; depth > 0 && w.attrs.Next(&w.t); w.n++ {
		switch w.t.Kind {
		case record.KindGroup, record.KindList:
			depth++
		case record.KindEnd:
			depth--
		}
	}
}

// wraps reports whether an error wraps others.
func wraps(t *record.Token) bool {
	chain := t.Chain()
	var l record.Link
	return chain.Next(&l)
}
