package format

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/record"
)

// appendMembers appends the attributes of a group, to its end, each with a blank before it. Without a plan it stops at
// the first key that may clash, and says so in w.
func (f *plainText) appendMembers(b []byte, w *walk, seed uint64) []byte {
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			return b
		}
		name, ok := f.admit(w, seed)
		if !ok {
			continue
		}
		if w.t.Kind == record.KindGroup {
			b = f.appendGroup(b, w, name)
			continue
		}
		b = append(b, ' ')
		if len(f.prefix) > 0 {
			n := len(f.prefix)
			f.prefix = append(f.prefix, name...)
			name = stringOf(f.prefix)
			f.prefix = f.prefix[:n]
		}
		b = append(f.appendKeyWord(b, name), '=')
		if w.t.Kind == record.KindList {
			n := len(b)
			b = f.quoteFrom(f.appendList(b, w), n)
			continue
		}
		b = f.appendValue(b, &w.t)
	}
	return b
}

// admit returns the name under which the attribute of the last token is written, unless it isn't; then it passes its value.
func (f *plainText) admit(w *walk, seed uint64) (name string, ok bool) {
	name = validText(w.t.Key)
	if w.plan == nil {
		w.clash = f.keys.seen(hashText(name, seed))
		return name, !w.clash
	}
	act := w.plan.acts[w.n-1]
	if act&actDrop != 0 {
		w.skip()
		return "", false
	}
	if act&actRename != 0 {
		name = renamed + name
	}
	return name, true
}

// appendGroup appends the attributes of the group that the last token opened.
func (f *plainText) appendGroup(b []byte, w *walk, name string) []byte {
	n := len(f.prefix)
	f.prefix = append(append(f.prefix, name...), '.')
	w.objects += hashA
	b = f.appendMembers(b, w, w.objects)
	f.prefix = f.prefix[:n]
	return b
}

// appendList appends the list that the last token opened, as [a,b,{c:d}].
func (f *plainText) appendList(b []byte, w *walk) []byte {
	b = append(b, '[')
	n := len(b)
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			return closeText(b, n, ']')
		}
		b = append(f.appendElement(b, w), ',')
	}
	return b
}

// appendElement appends the value of the last token as it stands in a list.
func (f *plainText) appendElement(b []byte, w *walk) []byte {
	switch w.t.Kind {
	case record.KindList:
		return f.appendList(b, w)
	case record.KindGroup:
		return f.appendObject(b, w)
	case record.KindString, record.KindMark, record.KindError:
		return appendListed(b, w.t.Str)
	}
	return f.appendValue(b, &w.t)
}

// appendObject appends the group that the last token opened as it stands in a list: {a:b,c:d}.
func (f *plainText) appendObject(b []byte, w *walk) []byte {
	b = append(b, '{')
	n := len(b)
	w.objects += hashA
	seed := w.objects
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			return closeText(b, n, '}')
		}
		name, ok := f.admit(w, seed)
		if !ok {
			continue
		}
		b = append(appendListed(b, name), ':')
		b = append(f.appendElement(b, w), ',')
	}
	return b
}

// closeText puts the end in the place of the last comma, if there is one behind n.
func closeText(b []byte, n int, end byte) []byte {
	if len(b) > n {
		b = b[:len(b)-1]
	}
	return append(b, end)
}

// appendName implements scalars.
func (f *plainText) appendName(b []byte, key string) []byte {
	return append(f.appendKeyWord(append(b, ' '), validText(key)), '=')
}

// appendScalar implements scalars.
func (f *plainText) appendScalar(b []byte, t *record.Token) []byte { return f.appendValue(b, t) }

// appendValue appends the value of every kind that holds no others.
func (f *plainText) appendValue(b []byte, t *record.Token) []byte {
	switch t.Kind {
	case record.KindString, record.KindMark, record.KindError:
		return appendWord(b, t.Str)
	case record.KindInt:
		return appendInt(b, int64(t.Num))
	case record.KindUint:
		return appendUint(b, t.Num)
	case record.KindFloat:
		return appendAnyFloat(b, t.Float())
	case record.KindBool:
		if t.Num != 0 {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case record.KindDuration:
		return appendDuration(b, t.Duration())
	case record.KindTime:
		return f.clock.appendTime(b, t)
	case record.KindBytes:
		b = appendBase64(append(b, '"'), t.Str)
		return append(b, '"')
	case record.KindNumber:
		return append(b, t.Str...)
	}
	return append(b, "null"...)
}

// appendDuration appends what d.String returns.
func appendDuration(b []byte, d time.Duration) []byte {
	u := uint64(d)
	if d < 0 {
		b = append(b, '-')
		u = -u
	}
	switch {
	case u == 0:
		return append(b, '0', 's')
	case u < 1e3:
		return append(appendUint(b, u), "ns"...)
	case u < 1e6:
		return append(appendParts(b, u, 1e3), "µs"...)
	case u < 1e9:
		return append(appendParts(b, u, 1e6), "ms"...)
	}
	minutes := u / 60e9
	if minutes >= 60 {
		b = append(appendUint(b, minutes/60), 'h')
	}
	if minutes > 0 {
		b = append(appendUint(b, minutes%60), 'm')
	}
	return append(appendParts(b, u%60e9, 1e9), 's')
}

// appendParts appends u/unit with all its decimals; unit is at most 1e9.
func appendParts(b []byte, u, unit uint64) []byte {
	b = appendUint(b, u/unit)
	if r := u % unit; r != 0 {
		b = appendFraction(b, r*(1e9/unit))
	}
	return b
}

// appendWord appends s as a key or value: as it is, or quoted as JSON does when it would not end where it ends.
func appendWord(b []byte, s string) []byte {
	if bare(s) || bareBeyondASCII(s) {
		return append(b, s...)
	}
	return appendString(b, s)
}

// bareBeyondASCII is bare for text with characters beyond ASCII.
func bareBeyondASCII(s string) bool {
	for i, r := range s {
		switch {
		case r <= ' ' || r == '"' || r == '=' || r == 0x7f:
			return false
		case r < utf8.RuneSelf:
		case deceptive(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			return false
		}
	}
	return s != ""
}

// appendListed is appendWord for elements and keys between commas and brackets.
func appendListed(b []byte, s string) []byte {
	if strings.ContainsAny(s, ",:[]{}") {
		return appendString(b, s)
	}
	return appendWord(b, s)
}

// appendLine appends s with escapes for all that may not stand in a line.
func appendLine(b []byte, s string) []byte {
	if skipPlain(s, 0) >= len(s) {
		return append(b, s...)
	}
	return appendSafe(b, s, false)
}

// appendKeyWord appends the name of an attribute. logfmt has no quotes around keys: what can't stand in one is replaced.
func (f *plainText) appendKeyWord(b []byte, name string) []byte {
	if !f.logfmt {
		return appendWord(b, name)
	}
	if bare(name) || bareBeyondASCII(name) {
		return append(b, name...)
	}
	if name == "" {
		return append(b, '_')
	}
	for _, r := range name {
		if r <= ' ' || r == '"' || r == '=' || r == 0x7f || r == utf8.RuneError || r >= utf8.RuneSelf && deceptive(r) {
			r = '_'
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}
