package format

import (
	"strconv"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// syslogLine writes the syslog protocol of RFC 5424, or the older form that RFC 3164 describes. Ids and attributes are structured data:
//
//	<11>1 2024-01-02T15:04:05.678901Z host-a myapp 71 api [opentelemetry trace_id="…" span_id="…"][hydra@32473 correlation_id="…" code="E-1"] disk "full"
//
// The MSGID is the layer. The keys of a group are joined by dots; what a PARAM-NAME can't hold becomes an underscore, and it is
// cut after 32 characters. RFC 3164 has no place for structured data: there the attributes follow the message as in logfmt.
// Line breaks and control characters of the message are escaped, so that a record is one line with every framing.
type syslogLine struct {
	options  Options
	stamp    stamp
	priority uint64 // of the facility, times eight
	head     []byte // host, program and process, with blanks between and around
	element  []byte // begins the structured data of the attributes
	plain    *plainText
	gelf     *gelf // takes groups apart
	names    []byte
	keys     keySet
	memory   memory
}

const maxParamName = 32

// defaultEnterprise is the private enterprise number that RFC 5612 reserves for examples.
const defaultEnterprise = 32473

func newSyslog(o Options) (*syslogLine, error) {
	facility := o.Facility
	if facility == 0 {
		facility = 1
	}
	enterprise := o.Enterprise
	if enterprise == 0 {
		enterprise = defaultEnterprise
	}
	f := &syslogLine{options: o, stamp: newStamp(&o, 6), priority: uint64(8 * facility), gelf: newGELF(Options{}), plain: newText(Options{ID: o.ID}, Logfmt)}
	f.head = appendToken(append(f.head, ' '), o.host(), 255)
	f.head = append(f.head, ' ')
	if o.RFC3164 {
		f.head = appendTag(f.head, o.app())
		if o.ProcID != "" {
			f.head = append(appendToken(append(f.head, '['), o.ProcID, 128), ']')
		}
		f.head = append(f.head, ": "...)
	} else {
		f.head = append(appendToken(f.head, o.app(), 48), ' ')
		f.head = append(appendToken(f.head, o.ProcID, 128), ' ')
	}
	f.element = append([]byte("[hydra@"), strconv.Itoa(enterprise)...)
	return f, nil
}

func (f *syslogLine) Clone() Formatter {
	c, _ := newSyslog(f.options)
	return c
}

// Append appends a line. Who sends it takes the LF away where the framing counts octets.
func (f *syslogLine) Append(b []byte, v *record.View) []byte {
	b = appendUint(append(b, '<'), f.priority+syslogSeverity(v.Level))
	if f.options.RFC3164 {
		return f.appendOld(append(b, '>'), v)
	}
	b = append(b, ">1 "...)
	if v.Time == record.NoTime {
		b = append(b, '-')
	} else {
		b = f.stamp.append(b, v.Time)
	}
	b = append(b, f.head...)
	b = append(appendToken(b, v.Layer, 32), ' ')
	b = f.appendData(b, v)
	if v.Message != "" {
		b = appendLine(append(b, ' '), v.Message)
	}
	return append(b, '\n')
}

// appendOld appends what follows the priority in RFC 3164.
func (f *syslogLine) appendOld(b []byte, v *record.View) []byte {
	t := time.Unix(0, v.Time)
	if v.Time == record.NoTime {
		t = time.Unix(0, 0)
	}
	if f.stamp.zone != nil {
		t = t.In(f.stamp.zone)
	} else {
		t = t.UTC()
	}
	b = append(t.AppendFormat(b, time.Stamp), f.head...)
	b = appendLine(b, v.Message)
	p := f.plain
	p.keys.begin()
	b = p.appendIDs(b, v)
	p.keys.reserveTail(v, p.options)
	b = p.appendAttrs(b, v)
	return append(p.appendTail(b, v), '\n')
}

// appendData appends the structured data, "-" where there is none.
func (f *syslogLine) appendData(b []byte, v *record.View) []byte {
	start := len(b)
	if v.IDs.TraceID != [16]byte{} {
		b = appendHex(append(b, `[opentelemetry trace_id="`...), v.IDs.TraceID[:])
		b = appendHex(append(b, `" span_id="`...), v.IDs.SpanID[:])
		b = appendHex(append(b, `" trace_flags="`...), []byte{v.IDs.TraceFlags})
		b = append(b, `"]`...)
	}
	n := len(b)
	b = append(b, f.element...)
	empty := len(b)
	b = f.appendOwn(b, v)
	b = f.appendAttrs(b, v)
	if len(b) == empty {
		b = b[:n]
	} else {
		b = append(b, ']')
	}
	if len(b) == start {
		b = append(b, '-')
	}
	return b
}

func (f *syslogLine) appendOwn(b []byte, v *record.View) []byte {
	f.keys.begin()
	b = f.appendParam(b, "logger", v.Logger)
	b = f.appendParam(b, "correlation_id", v.IDs.CorrelationID)
	b = f.appendParam(b, "causation_id", v.IDs.CausationID)
	b = f.appendParam(b, "message_id", v.IDs.MessageID)
	b = f.appendParam(b, "file", v.Source.File)
	b = f.appendParam(b, "function", v.Source.Function)
	if v.Source.Line != 0 {
		b = append(appendInt(f.appendName(b, "line"), int64(v.Source.Line)), '"')
	}
	if v.Recovered {
		b = append(f.appendName(b, "recovered"), `true"`...)
	}
	if f.options.ID && hasID(v) {
		b = append(AppendRecordID(f.appendName(b, "id"), v.Journal, v.Position), '"')
	}
	return b
}

// protects reports the names of parameters that the record itself uses.
func (f *syslogLine) protects(v *record.View, name string) bool {
	switch name {
	case "file":
		return v.Source.File != ""
	case "function":
		return v.Source.Function != ""
	case "line":
		return v.Source.Line != 0
	case keyTrace, keySpan, keySource: // stand in an element of their own, or under other names
		return false
	}
	return f.options.protects(v, name)
}

// appendAttrs appends the attributes as parameters.
func (f *syslogLine) appendAttrs(b []byte, v *record.View) []byte {
	if b, ok := f.memory.recallAttrs(b, v, syslogAttrs{f}); ok {
		return b
	}
	start := len(b)
	f.names = f.names[:0]
	w := walk{attrs: v.Attrs()}
	b = f.appendGroup(b, &w)
	if !w.clash {
		f.memory.learn(v, nil, syslogAttrs{f})
		return b
	}
	plan := &f.gelf.plan
	plan.make(v, func(name string) bool { return f.protects(v, name) })
	f.names = f.names[:0]
	w = walk{attrs: v.Attrs(), plan: plan}
	return f.appendGroup(b[:start], &w)
}

func (f *syslogLine) appendGroup(b []byte, w *walk) []byte {
	for !w.clash && w.attrs.Next(&w.t) {
		w.n++
		if w.t.Kind == record.KindEnd {
			return b
		}
		n := len(f.names)
		var ok bool
		if f.names, ok = flatName(f.names, w, &f.keys); !ok {
			continue
		}
		if w.t.Kind == record.KindGroup {
			f.names = append(f.names, '.')
			b = f.appendGroup(b, w)
		} else {
			name := f.names[:min(len(f.names), maxParamName)] // a name may come twice
			b = f.appendValue(append(append(append(b, ' '), name...), `="`...), w)
		}
		f.names = f.names[:n]
	}
	return b
}

// appendValue appends the value of the last token and the quote behind it.
func (f *syslogLine) appendValue(b []byte, w *walk) []byte {
	if w.t.Kind == record.KindList {
		return append(appendParamValue(b, f.gelf.listText(w)), '"')
	}
	return f.appendScalar(b, &w.t)
}

func (f *syslogLine) appendScalar(b []byte, t *record.Token) []byte {
	switch t.Kind {
	case record.KindString, record.KindMark, record.KindError:
		return append(appendParamValue(b, t.Str), '"')
	case record.KindDuration:
		return append(appendDuration(b, t.Duration()), '"')
	case record.KindTime:
		return append(f.gelf.values.clock.appendTime(b, t), '"')
	case record.KindBytes:
		return append(appendBase64(b, t.Str), '"')
	}
	return append(f.plain.appendValue(b, t), '"')
}

// syslogAttrs writes attributes as parameters.
type syslogAttrs struct{ *syslogLine }

// appendName implements scalars.
func (f syslogAttrs) appendName(b []byte, key string) []byte {
	b = append(b, ' ')
	n := len(b)
	b = appendGELFName(b, key)
	return append(b[:min(len(b), n+maxParamName)], `="`...)
}

// appendName appends the name of a parameter of the record itself, and protects it.
func (f *syslogLine) appendName(b []byte, name string) []byte {
	f.keys.seen(hashText(name, topSeed))
	return append(append(append(b, ' '), name...), `="`...)
}

func (f *syslogLine) appendParam(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return append(appendParamValue(f.appendName(b, name), value), '"')
}

// appendParamValue escapes what RFC 5424 escapes in a PARAM-VALUE, and control characters as in a line.
func appendParamValue(b []byte, s string) []byte {
	n := len(b)
	b = appendLine(b, s)
	more := 0
	for _, c := range b[n:] {
		if c == '"' || c == ']' || c == '\\' {
			more++
		}
	}
	if more == 0 {
		return b
	}
	from := len(b) - 1
	b = room(b, more)[:len(b)+more]
	for to := len(b) - 1; from < to; from-- { // from the end, so that nothing is moved twice
		c := b[from]
		b[to] = c
		to--
		if c == '"' || c == ']' || c == '\\' {
			b[to] = '\\'
			to--
		}
	}
	return b
}

// appendToken appends at most most printable ASCII characters without a blank, "-" where there is none.
func appendToken(b []byte, s string, most int) []byte {
	n := len(b)
	for i := 0; i < len(s) && len(b)-n < most; i++ {
		if c := s[i]; c > ' ' && c < 0x7f {
			b = append(b, c)
		} else {
			b = append(b, '_')
		}
	}
	if len(b) == n {
		b = append(b, '-')
	}
	return b
}

// appendTag appends a TAG of RFC 3164: letters, digits and a few signs, at most 32.
func appendTag(b []byte, s string) []byte {
	n := len(b)
	for i := 0; i < len(s) && len(b)-n < 32; i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '/':
			b = append(b, c)
		default:
			b = append(b, '_')
		}
	}
	return b
}
