package format

import (
	"encoding/base64"
	"unsafe"

	"github.com/hydra-logger/hydra/record"
)

// appendMembers appends the fields of an object, to its end, each with a comma behind it. Without a plan it stops at the first
// key that may clash, and says so in w.
func (f *jsonLines) appendMembers(b []byte, w *walk, seed uint64) []byte {
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			return b
		}
		if w.plan != nil {
			b = f.appendPlanned(b, w, seed)
			continue
		}
		start := len(b)
		var h uint64
		if b, h = appendKey(b, w.t.Key, seed); f.keys.seen(h) {
			w.clash = true
			return b
		}
		switch w.t.Kind {
		case record.KindString:
			b = appendQuoted(b, w.t.Str, ',')
		case record.KindError:
			b = f.appendError(b, start, w, 0, seed)
		case record.KindGroup:
			b = f.appendGroup(b, w, start)
		case record.KindList:
			b = f.appendList(b, w)
		default:
			b = append(f.appendValue(b, &w.t), ',')
		}
	}
	return b
}

// appendPlanned appends a field as the plan says.
func (f *jsonLines) appendPlanned(b []byte, w *walk, seed uint64) []byte {
	act := w.plan.acts[w.n-1]
	if act&actDrop != 0 {
		w.skip()
		return b
	}
	start := len(b)
	b = appendActKey(b, w.t.Key, act)
	switch w.t.Kind {
	case record.KindError:
		return f.appendError(b, start, w, act, seed)
	case record.KindGroup:
		return f.appendGroup(b, w, start)
	case record.KindList:
		return f.appendList(b, w)
	}
	return append(f.appendValue(b, &w.t), ',')
}

// appendGroup appends the object that the last token opened, or takes its key back to start if it is empty.
func (f *jsonLines) appendGroup(b []byte, w *walk, start int) []byte {
	w.objects += hashA
	b = append(b, '{')
	n := len(b)
	b = f.appendMembers(b, w, w.objects)
	if len(b) == n {
		return b[:start]
	}
	b[len(b)-1] = '}'
	return append(b, ',')
}

// appendList appends the array that the last token opened. Empty groups stay: others have their number in the list by them.
func (f *jsonLines) appendList(b []byte, w *walk) []byte {
	b = append(b, '[')
	n := len(b)
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		switch w.t.Kind {
		case record.KindEnd:
			return closeJSON(b, n, ']')
		case record.KindList:
			b = f.appendList(b, w)
		case record.KindGroup:
			w.objects += hashA
			b = append(b, '{')
			m := len(b)
			b = closeJSON(f.appendMembers(b, w, w.objects), m, '}')
		default:
			b = append(f.appendValue(b, &w.t), ',')
		}
	}
	return b
}

// closeJSON ends the object or array whose inside begins at n.
func closeJSON(b []byte, n int, end byte) []byte {
	if len(b) == n {
		return append(b, end, ',')
	}
	b[len(b)-1] = end
	return append(b, ',')
}

// appendActKey appends a key and the colon.
func appendActKey(b []byte, key string, act action) []byte {
	if act&actRename == 0 {
		return appendQuoted(b, key, ':')
	}
	n := len(b)
	b = appendQuoted(append(b, renamed...), key, ':')
	b[n] = '"'
	copy(b[n+1:], renamed)
	return b
}

// appendName implements scalars.
func (f *jsonLines) appendName(b []byte, key string) []byte { return appendQuoted(b, key, ':') }

// appendScalar implements scalars.
func (f *jsonLines) appendScalar(b []byte, t *record.Token) []byte {
	if t.Kind == record.KindString || t.Kind == record.KindError {
		return appendQuoted(b, t.Str, ',')
	}
	return append(f.appendValue(b, t), ',')
}

// appendValue appends the value of every kind that needs no state but time's.
func (f *jsonLines) appendValue(b []byte, t *record.Token) []byte {
	switch t.Kind {
	case record.KindString, record.KindMark, record.KindError:
		return appendString(b, t.Str)
	case record.KindInt, record.KindDuration:
		return appendInt(b, int64(t.Num))
	case record.KindUint:
		return appendUint(b, t.Num)
	case record.KindFloat:
		return appendJSONFloat(b, t.Float())
	case record.KindBool:
		if t.Num != 0 {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case record.KindTime:
		b = f.clock.appendTime(append(b, '"'), t)
		return append(b, '"')
	case record.KindBytes:
		b = appendBase64(append(b, '"'), t.Str)
		return append(b, '"')
	case record.KindNumber:
		return append(b, t.Str...)
	}
	return append(b, "null"...)
}

func appendJSONFloat(b []byte, v float64) []byte {
	if v-v == 0 {
		return appendFloat(b, v)
	}
	b = appendAnyFloat(append(b, '"'), v)
	return append(b, '"')
}

func appendBase64(b []byte, s string) []byte {
	return base64.StdEncoding.AppendEncode(b, unsafe.Slice(unsafe.StringData(s), len(s)))
}

// appendError appends the message of an error, and under a key of their own the errors that it wraps.
// The key, which begins at start, is written.
func (f *jsonLines) appendError(b []byte, start int, w *walk, act action, seed uint64) []byte {
	if f.errs != nil && !w.failed && seed == f.errSeed && isError(&w.t) {
		w.failed = true
		if b = f.appendFailure(b[:start], w, seed); w.clash {
			return b
		}
	} else {
		b = appendQuoted(b, w.t.Str, ',')
	}
	if act&actBare != 0 || !wraps(&w.t) {
		return b
	}
	n := len(b)
	b = appendActKey(b, w.t.Key, act)
	b = append(b[:len(b)-2], chainSuffix...)
	if f.keys.seen(hashText(stringOf(b[n+1:]), seed)) && w.plan == nil {
		w.clash = true
		return b
	}
	b = append(b, `":[`...)
	chain := w.t.Chain()
	for l := (record.Link{}); chain.Next(&l); {
		b = append(b, `{"type":`...)
		b = appendQuoted(b, l.Type, ',')
		b = append(b, `"message":`...)
		b = appendQuoted(b, l.Message, '}')
		b = append(b, ',')
	}
	b[len(b)-1] = ']'
	return append(b, ',')
}

// appendFailure appends the message and the type of the record's error under the keys of its schema.
func (f *jsonLines) appendFailure(b []byte, w *walk, seed uint64) []byte {
	b, message := appendKey(b, f.errs.message, seed)
	b = appendQuoted(b, w.t.Str, ',')
	b, kind := appendKey(b, f.errs.kind, seed)
	b = appendQuoted(b, w.t.Type, ',')
	if w.plan == nil {
		w.clash = f.keys.seen(message) || f.keys.seen(kind)
	}
	return b
}
