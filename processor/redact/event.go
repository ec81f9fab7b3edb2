package redact

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"

	"github.com/hydra-logger/hydra/record"
)

// Process hides the secrets of a record: in its message, its ids, the keys and values of its attributes. It keeps
// every record.
func (r *Redactor) Process(_ context.Context, e *record.Event) bool {
	if r.exempt[e.Layer] {
		return true
	}
	e.Message = r.text(e.Message, 0)
	for _, id := range []*string{&e.IDs.CorrelationID, &e.IDs.CausationID, &e.IDs.MessageID} {
		*id = r.text(*id, 0)
	}
	w := walk{r: r}
	e.Attrs = w.attrs(e.Attrs, verdict{})
	if r.clean != nil {
		if _, limit := r.clean.Limits(); limit > 0 {
			r.limit(e, limit)
		}
	}
	return true
}

// walk goes through the attributes of a record.
type walk struct {
	r     *Redactor
	depth int
	path  []byte
}

// enter returns the verdict on what stands under key, in a group with the verdict above; path is that of the key then.
func (r *Redactor) enter(path *[]byte, key string, above verdict) verdict {
	v := r.keys.of(key)
	if len(r.keys.paths) > 0 {
		if len(*path) > 0 {
			*path = append(*path, '.')
		}
		*path = append(*path, key...)
		if p := r.keys.ofPath(*path); p.hit || p.allowed {
			v = p
		}
	}
	if above.allowed || above.hit && !v.allowed {
		return above
	}
	v.weak = v.weak && !r.on.has(detPersonal)
	return v
}

// drops reports whether what has this verdict is left out.
func (r *Redactor) drops(v verdict) bool {
	if !v.hit || v.weak || r.rules[v.det].action != actDrop {
		return false
	}
	r.rules[v.det].count.Add(1)
	return true
}

// attrs changes a list in its place.
func (w *walk) attrs(list []slog.Attr, above verdict) []slog.Attr {
	kept := list[:0]
	var named verdict
	for i := range list {
		if isNaming(list[i].Key) && list[i].Value.Kind() == slog.KindString && w.depth > 0 {
			named = w.r.keys.of(list[i].Value.String())
		}
		if a, keep := w.attr(list[i], above.or(named, list[i].Key)); keep {
			kept = append(kept, a)
		}
	}
	return kept
}

func (w *walk) attr(a slog.Attr, above verdict) (out slog.Attr, keep bool) {
	path, depth := len(w.path), w.depth
	defer func() {
		w.path, w.depth = w.path[:path], depth
		if recover() != nil {
			w.r.failed.Add(1)
			w.r.rules[detFailed].count.Add(1)
			out, keep = slog.String("redaction_failed", failedMark), true
		}
	}()
	v := w.r.enter(&w.path, a.Key, above)
	if v.allowed {
		return a, true
	}
	if w.r.drops(v) {
		return a, false
	}
	return slog.Attr{Key: w.r.text(a.Key, w.depth), Value: w.value(a.Value, v)}, true
}

func (w *walk) value(v slog.Value, under verdict) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(w.r.under(under, v.String(), w.depth))
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64:
		if under.number || under.hidesNumbers() {
			if text, hidden := w.r.underNumber(under, numberText(v)); hidden {
				return slog.StringValue(text)
			}
		}
	case slog.KindGroup:
		if w.depth++; w.depth > w.r.maxDepth {
			return w.tooDeep()
		}
		v = slog.GroupValue(w.attrs(v.Group(), under)...)
		w.depth--
		return v
	case slog.KindAny:
		return w.any(v, under)
	case slog.KindLogValuer:
		return w.value(plain(v), under)
	}
	return v // bool, time, duration
}

// numberText is a number without an exponent.
func numberText(v slog.Value) string {
	if v.Kind() == slog.KindFloat64 {
		return strconv.FormatFloat(v.Float64(), 'f', -1, 64)
	}
	return v.String()
}

func (w *walk) tooDeep() slog.Value {
	w.depth--
	w.r.rules[detDepth].count.Add(1)
	return slog.StringValue(depthMark)
}

func (w *walk) any(v slog.Value, under verdict) slog.Value {
	switch x := v.Any().(type) {
	case nil:
	case []byte:
		if text := w.r.underBytes(under, string(x), w.depth); text != string(x) {
			return slog.StringValue(text)
		}
	case json.Number:
		if text, hidden := w.r.underNumber(under, string(x)); hidden {
			return slog.StringValue(text)
		}
	case record.Mark:
		return slog.AnyValue(record.Mark(w.r.under(under, string(x), w.depth)))
	case *record.Error:
		return slog.AnyValue(x.Map(func(s string) string { return w.r.under(under, s, w.depth) }))
	case *record.List:
		if w.depth++; w.depth > w.r.maxDepth {
			return w.tooDeep()
		}
		for i := range x.Values {
			x.Values[i] = w.value(x.Values[i], under)
		}
		w.depth--
	default:
		return w.value(plain(v), under)
	}
	return v
}

// plain turns a value of any type into those that a record has, as the encoder does.
func plain(v slog.Value) slog.Value {
	var enc record.Encoder
	var view record.View
	ev := new(record.Event)
	data := enc.Encode(&record.Header{}, nil, []slog.Attr{{Key: "v", Value: v}})
	if view.Decode(data) != nil || ev.Set(&view) != nil || len(ev.Attrs) == 0 {
		return slog.StringValue(failedMark)
	}
	return ev.Attrs[0].Value
}

// under is what becomes of a text that stands under a name with the verdict v.
func (r *Redactor) under(v verdict, s string, depth int) string {
	switch {
	case v.allowed:
		return s
	case v.shaped(s):
		return r.shapedMark(v, s)
	case !v.hides(s) || s == "" || isMark(s):
		return r.text(s, depth)
	}
	return r.sanitized(r.named(v, s))
}

// underBytes is under for bytes, which need not be text.
func (r *Redactor) underBytes(v verdict, s string, depth int) string {
	if v.shaped(s) {
		return r.shapedMark(v, s)
	}
	if v.hides(s) && !v.allowed {
		return r.named(v, s)
	}
	return r.found(s, depth)
}

// named hides a text because of its name. When a detector knows the whole of it, its mark says more.
func (r *Redactor) named(v verdict, s string) string {
	var m match
	if r.next(s, 0, &m) && m.start == 0 && m.end == len(s) && r.rules[m.rule].action == r.rules[v.det].action {
		return r.replaceAll(s, &m)
	}
	r.rules[v.det].count.Add(1)
	return r.hidden(int(v.det), s, mark)
}

// shapedMark hides a text that has the shape which its name says.
func (r *Redactor) shapedMark(v verdict, s string) string {
	with := mark
	if marks[v.det] != "" {
		with = marks[v.det]
	}
	r.rules[v.det].count.Add(1)
	return r.hidden(int(v.det), s, with)
}

// underNumber is what becomes of a number that stands under a name with the verdict v; false: it stays.
func (r *Redactor) underNumber(v verdict, s string) (string, bool) {
	switch {
	case v.shaped(s):
		return r.shapedMark(v, s), true
	case v.hidesNumbers():
		return r.named(v, s), true
	}
	return s, false
}

// limit cuts the texts of a record to limit bytes in all.
func (r *Redactor) limit(e *record.Event, left int) {
	e.Message = cut(e.Message, &left)
	w := limiter{left: left}
	w.attrs(e.Attrs)
}

type limiter struct{ left int }

func (l *limiter) attrs(list []slog.Attr) {
	for i := range list {
		list[i].Value = l.value(list[i].Value)
	}
}

func (l *limiter) value(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(cut(v.String(), &l.left))
	case slog.KindGroup:
		l.attrs(v.Group())
	case slog.KindAny:
		switch x := v.Any().(type) {
		case *record.Error:
			return slog.AnyValue(x.Map(func(s string) string { return cut(s, &l.left) }))
		case *record.List:
			for i := range x.Values {
				x.Values[i] = l.value(x.Values[i])
			}
		case []byte:
			if l.left -= len(x); l.left < 0 {
				return slog.StringValue(sanitizeCut(len(x)))
			}
		}
	}
	return v
}
