package format

import (
	"github.com/hydra-logger/hydra/record"
)

// gelf writes GELF 1.1: one JSON object whose additional fields are flat, strings or numbers, under names that begin with
// an underscore and have letters, digits, underscores, dashes and dots alone. The key of a group stands before
// those in it, with a dot between; a list is the text of its JSON. The name _id is reserved, so that an attribute id is _attr.id.
type gelf struct {
	options  Options
	plan     plan
	head     []byte // what every record begins with
	values   *shaped
	keys     keySet         // tells whether names meet, which is rare
	reserved [2]uint64      // the hashes of the names that no attribute may have
	own      []uint64       // the hashes of the names that this record itself uses
	used     map[uint64]int // the hashes of the names in this record, and how often each was asked for
	scratch  []byte
	inner    walk
	list     []byte
}

func newGELF(o Options) *gelf {
	f := &gelf{options: o, used: map[uint64]int{}, values: newShaped(Options{}, &shape{level: AppendLevel})}
	f.reserved = [2]uint64{hashText("id", topSeed), hashText(keyLayer, topSeed)}
	for _, h := range f.reserved {
		f.keys.always(h)
	}
	f.head = append(appendQuoted([]byte(`{"version":"1.1","host":`), o.host(), ','), `"short_message":`...)
	return f
}

func (f *gelf) Clone() Formatter { return newGELF(f.options) }

// protects reports the names of additional fields that the record itself uses, and the one that GELF forbids.
func (f *gelf) protects(v *record.View, name string) bool {
	switch name {
	case "id", keyLayer:
		return true
	case "logger_name":
		return v.Logger != ""
	case "service":
		return f.options.Service != ""
	case "file_name":
		return v.Source.File != ""
	case "function_name":
		return v.Source.Function != ""
	case "line_number":
		return v.Source.Line != 0
	case "record_id":
		return f.options.ID && hasID(v)
	}
	return name != keyLogger && name != keySource && f.options.protects(v, name)
}

// Append appends a message and LF. A sender over UDP leaves the LF out; over TCP it is replaced by NUL.
func (f *gelf) Append(b []byte, v *record.View) []byte {
	b = append(b, f.head...)
	b = appendQuoted(b, shortMessage(v.Message), ',')
	if len(shortMessage(v.Message)) < len(v.Message) {
		b = appendQuoted(append(b, `"full_message":`...), v.Message, ',')
	}
	if v.Time != record.NoTime {
		b = append(appendEpoch(append(b, `"timestamp":`...), v.Time, gelfDigits(&f.options)), ',')
	}
	b = append(b, `"level":`...)
	b = append(appendUint(b, syslogSeverity(v.Level)), ',')
	b = f.appendOwn(b, v)
	b = f.appendAttrs(b, v)
	b[len(b)-1] = '}'
	return append(b, '\n')
}

func gelfDigits(o *Options) int {
	digits, _ := digitsOf(o.Precision, 6)
	return digits
}

// shortMessage is the first line, "-" where there is none: GELF demands a text.
func shortMessage(s string) string {
	for i := range len(s) {
		if s[i] == '\n' || s[i] == '\r' {
			s = s[:i]
			break
		}
	}
	if s == "" {
		return "-"
	}
	return s
}

func (f *gelf) appendOwn(b []byte, v *record.View) []byte {
	f.keys.begin()
	f.own = append(f.own[:0], f.reserved[:]...)
	b = appendQuoted(append(b, `"_layer":`...), v.Layer, ',')
	b = f.appendText(b, "_logger_name", v.Logger)
	b = f.appendText(b, "_service", f.options.Service)
	b = f.appendText(b, "_file_name", baseName(v.Source.File))
	b = f.appendText(b, "_function_name", v.Source.Function)
	if v.Source.Line != 0 {
		b = append(appendInt(f.appendName(b, "_line_number"), int64(v.Source.Line)), ',')
	}
	b = f.appendText(b, "_correlation_id", v.IDs.CorrelationID)
	b = f.appendText(b, "_causation_id", v.IDs.CausationID)
	b = f.appendText(b, "_message_id", v.IDs.MessageID)
	if v.IDs.TraceID != [16]byte{} {
		b = append(appendHex(append(f.appendName(b, "_trace_id"), '"'), v.IDs.TraceID[:]), '"', ',')
	}
	if v.IDs.SpanID != [8]byte{} {
		b = append(appendHex(append(f.appendName(b, "_span_id"), '"'), v.IDs.SpanID[:]), '"', ',')
	}
	if v.Recovered {
		b = append(f.appendName(b, "_recovered"), `"true",`...)
	}
	if f.options.ID && hasID(v) {
		b = append(AppendRecordID(append(f.appendName(b, "_record_id"), '"'), v.Journal, v.Position), '"', ',')
	}
	return b
}

// appendName appends the name of a field of the record itself, and protects it.
func (f *gelf) appendName(b []byte, name string) []byte {
	h := hashText(name[1:], topSeed)
	f.keys.seen(h)
	f.own = append(f.own, h)
	return append(append(append(b, '"'), name...), '"', ':')
}

func (f *gelf) appendText(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendQuoted(f.appendName(b, name), value, ',')
}

func (f *gelf) appendAttrs(b []byte, v *record.View) []byte {
	start := len(b)
	f.scratch = f.scratch[:0]
	w := walk{attrs: v.Attrs()}
	b = f.appendGroup(b, &w)
	if !w.clash {
		return b
	}
	f.plan.make(v, func(name string) bool { return f.protects(v, name) })
	f.forget()
	f.scratch = f.scratch[:0]
	w = walk{attrs: v.Attrs(), plan: &f.plan}
	return f.appendGroup(b[:start], &w)
}

// appendGroup appends the fields of a group, to its end; the names of the open groups are in scratch, each with a dot.
// Without a plan it stops at the first name that may have come before, and says so in w.
func (f *gelf) appendGroup(b []byte, w *walk) []byte {
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			return b
		}
		n := len(f.scratch)
		var ok bool
		if f.scratch, ok = flatName(f.scratch, w, &f.keys); !ok {
			continue
		}
		if w.t.Kind == record.KindGroup {
			f.scratch = append(f.scratch, '.')
			b = f.appendGroup(b, w)
		} else {
			if w.plan != nil {
				f.scratch = f.free(f.scratch)
			}
			b = f.appendValue(b, w, stringOf(f.scratch))
		}
		f.scratch = f.scratch[:n]
	}
	return b
}

// flatName appends the name of the last token's attribute to those of its groups, unless the attribute is left out; then it passes
// its value. Without a plan it looks whether the name has come before.
func flatName(names []byte, w *walk, keys *keySet) ([]byte, bool) {
	var act action
	if w.plan != nil {
		act = w.plan.acts[w.n-1]
	}
	if act&actDrop != 0 {
		w.skip()
		return names, false
	}
	if act&actRename != 0 {
		names = append(names, renamed...)
	}
	names = appendGELFName(names, w.t.Key)
	if w.plan == nil && keys.seen(hashText(stringOf(names), topSeed)) {
		w.clash = true
	}
	return names, !w.clash
}

// forget makes all names free but those that the record itself uses.
func (f *gelf) forget() {
	if len(f.used) > 1024 {
		f.used = map[uint64]int{}
	}
	clear(f.used)
	for _, h := range f.own {
		f.used[h] = 1
	}
}

// free makes the name in b one that this record has not used: flat names may meet although the keys in their groups do not. A number
// behind it does that.
func (f *gelf) free(b []byte) []byte {
	h := hashText(stringOf(b), topSeed)
	times := f.used[h]
	f.used[h] = times + 1
	if times == 0 {
		return b
	}
	for n := len(b); ; times++ {
		b = appendInt(append(b[:n], '_'), int64(times+1))
		other := hashText(stringOf(b), topSeed)
		if f.used[other] == 0 {
			f.used[h], f.used[other] = times+1, 1
			return b
		}
	}
}

func (f *gelf) appendValue(b []byte, w *walk, name string) []byte {
	b = append(append(append(b, '"', '_'), name...), '"', ':')
	switch w.t.Kind {
	case record.KindInt, record.KindUint, record.KindDuration, record.KindNumber:
		return append(f.values.appendValue(b, &w.t), ',')
	case record.KindFloat:
		return append(appendJSONFloat(b, w.t.Float()), ',')
	case record.KindBool, record.KindNull:
		b = append(f.values.appendValue(append(b, '"'), &w.t), '"')
		return append(b, ',')
	case record.KindList:
		return appendQuoted(b, f.listText(w), ',')
	}
	return append(f.values.appendValue(b, &w.t), ',')
}

// listText is the list that the last token opened as JSON, valid until the next call, and passes it.
func (f *gelf) listText(w *walk) string {
	f.inner = walk{attrs: w.attrs, plan: w.plan, n: w.n, t: w.t}
	f.list = f.values.appendList(f.list[:0], &f.inner)
	w.skip()
	return stringOf(f.list[:len(f.list)-1]) // without the comma
}

// appendGELFName appends the characters of a name that GELF allows; others become underscores.
func appendGELFName(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
			b = append(b, c)
		default:
			b = append(b, '_')
		}
	}
	if s == "" {
		b = append(b, '_')
	}
	return b
}
