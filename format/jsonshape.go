package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"

	"github.com/hydra-logger/hydra/record"
)

// shaped writes JSON objects of any shape. The attributes are those of json-lines.
type shaped struct {
	jsonLines
	shape   *shape
	head    []placed
	inner   []placed
	tail    []placed
	stamp   stamp
	pretty  bool
	scratch []byte
	lines   bytes.Buffer
}

// A placed field is ready to be written.
type placed struct {
	field
	prefix string // the key as JSON, and the colon
	hash   uint64
	shared bool // it stands in one object with the attributes
	always bool // every record has it
}

// attrSeed is the seed of the keys of attributes that stand in an object of their own.
const attrSeed = hashB

// newJSONOf makes the formatter of json, json-lines or logstash.
func newJSONOf(name string, o Options) (Formatter, error) {
	plain := o.Schema == "" || o.Schema == SchemaFlat
	if name != Logstash && plain && len(o.Keys) == 0 && o.Precision == "" && o.Zone == "" && !o.Pretty {
		return newJSON(o), nil
	}
	s := logstashShape(&o)
	if name != Logstash {
		var err error
		if s, err = shapeOf(&o); err != nil {
			return nil, err
		}
	}
	if s.epoch && o.Zone != "" {
		return nil, fmt.Errorf("format: schema %s has no option zone: its time is a number of seconds", o.Schema)
	}
	if err := s.rename(o.Keys); err != nil {
		return nil, err
	}
	return newShaped(o, s), nil
}

func newShaped(o Options, s *shape) *shaped {
	f := &shaped{jsonLines: jsonLines{options: o, clock: newClock(), errs: s.errs}, shape: s, stamp: newStamp(&o, s.digits), pretty: o.Pretty}
	f.errSeed, f.memory.noErrors = f.seed(), f.errs != nil
	f.head, f.inner, f.tail = f.place(s.head, s.attrs == ""), f.place(s.inner, true), f.place(s.tail, s.attrs == "")
	return f
}

// place makes fields ready, and protects the keys of those that every record has.
func (f *shaped) place(list []field, shared bool) (out []placed) {
	for _, part := range list {
		p := placed{field: part, prefix: string(appendQuoted(nil, part.key, ':')), shared: shared}
		p.always = p.kind != fieldTime && (p.kind < fieldConstText || p.kind == fieldConstText && p.text != "")
		p.hash = hashText(p.prefix[1:len(p.prefix)-2], f.seed())
		if shared && p.always {
			f.keys.always(p.hash)
		}
		out = append(out, p)
	}
	return out
}

func (f *shaped) Clone() Formatter { return newShaped(f.options, f.shape) }

// seed is that of the object that holds the attributes.
func (f *shaped) seed() uint64 {
	if f.shape.attrs == "" {
		return topSeed
	}
	return attrSeed
}

// protects reports whether the record has a field of its own under key, in one object with the attributes.
func (f *shaped) protects(v *record.View, key string) bool {
	for _, list := range [...][]placed{f.head, f.inner, f.tail} {
		for i := range list {
			if p := &list[i]; p.shared && p.key == key && p.present(v, &f.options) {
				return true
			}
		}
	}
	return f.errs != nil && (key == f.errs.message || key == f.errs.kind) && hasError(v)
}

// Append writes a comma behind every field; the last one becomes the closing brace.
func (f *shaped) Append(dst []byte, v *record.View) []byte {
	start := len(dst)
	b := f.appendFields(append(dst, '{'), v, f.head)
	if f.shape.attrs == "" {
		b = f.appendAttrs(b, v)
	} else {
		b = f.appendNested(b, v)
	}
	b = f.appendFields(b, v, f.tail)
	b[len(b)-1] = '}'
	if f.pretty {
		b = f.indent(b, start)
	}
	return append(b, '\n')
}

func (f *shaped) appendAttrs(b []byte, v *record.View) []byte {
	if b, ok := f.memory.recallAttrs(b, v, f); ok {
		return b
	}
	f.keys.begin()
	for _, list := range [...][]placed{f.head, f.inner, f.tail} {
		for i := range list {
			if p := &list[i]; p.shared && !p.always && p.present(v, &f.options) {
				f.keys.seen(p.hash)
			}
		}
	}
	start := len(b)
	w := walk{attrs: v.Attrs()}
	b = f.appendMembers(b, &w, f.seed())
	if w.clash {
		f.plan.make(v, func(key string) bool { return f.protects(v, key) })
		w = walk{attrs: v.Attrs(), plan: &f.plan}
		return f.appendMembers(b[:start], &w, f.seed())
	}
	f.memory.learn(v, nil, f)
	return b
}

// appendNested appends the object of the attributes, nothing when it is empty.
func (f *shaped) appendNested(b []byte, v *record.View) []byte {
	before := len(b)
	b = append(appendQuoted(b, f.shape.attrs, ':'), '{')
	start := len(b)
	b = f.appendFields(b, v, f.inner)
	b = f.appendAttrs(b, v)
	if len(b) == start {
		return b[:before]
	}
	b[len(b)-1] = '}'
	return append(b, ',')
}

func (f *shaped) appendFields(b []byte, v *record.View, list []placed) []byte {
	for i := range list {
		if part := &list[i]; part.always || part.present(v, &f.options) {
			b = append(b, part.prefix...)
			b = append(f.appendFieldValue(b, v, &part.field), ',')
		}
	}
	return b
}

func (f *shaped) appendFieldValue(b []byte, v *record.View, part *field) []byte {
	switch part.kind {
	case fieldTime:
		if f.shape.epoch {
			return appendEpoch(b, v.Time, f.stamp.digits)
		}
		return append(f.stamp.append(append(b, '"'), v.Time), '"')
	case fieldLevel:
		return append(f.shape.level(append(b, '"'), v.Level), '"')
	case fieldLevelNumber:
		return appendInt(b, pythonLevel(v.Level))
	case fieldSeverity:
		return appendInt(b, severityNumber(v.Level))
	case fieldLayer:
		return appendString(b, v.Layer)
	case fieldMessage:
		return appendString(b, v.Message)
	case fieldLogger, fieldLoggerAlways:
		return appendString(b, v.Logger)
	case fieldConst, fieldConstText:
		return append(b, part.text...)
	case fieldRecovered:
		return append(b, "true"...)
	case fieldID:
		return append(AppendRecordID(append(b, '"'), v.Journal, v.Position), '"')
	case fieldCorrelation, fieldCausation, fieldMessageID, fieldTrace, fieldSpan, fieldTraceFlags, fieldTraceSampled:
		return appendID(b, v, part)
	}
	return f.appendSource(b, v, part)
}

func appendID(b []byte, v *record.View, part *field) []byte {
	switch part.kind {
	case fieldCorrelation:
		return appendString(b, v.IDs.CorrelationID)
	case fieldCausation:
		return appendString(b, v.IDs.CausationID)
	case fieldMessageID:
		return appendString(b, v.IDs.MessageID)
	case fieldTrace:
		b = append(append(b, '"'), part.text...)
		return append(appendHex(b, v.IDs.TraceID[:]), '"')
	case fieldSpan:
		return append(appendHex(append(b, '"'), v.IDs.SpanID[:]), '"')
	case fieldTraceFlags:
		return append(appendHex(append(b, '"'), []byte{v.IDs.TraceFlags}), '"')
	}
	if v.IDs.TraceFlags&1 != 0 {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}

func (f *shaped) appendSource(b []byte, v *record.View, part *field) []byte {
	s := &v.Source
	switch part.kind {
	case fieldFileAlways:
		return appendString(b, baseName(s.File))
	case fieldFile:
		return appendString(b, s.File)
	case fieldFunction, fieldFunctionAlways:
		return appendString(b, s.Function)
	case fieldLine, fieldLineAlways:
		return appendInt(b, int64(s.Line))
	case fieldCaller, fieldLocation:
		name := s.File
		if part.kind == fieldLocation {
			name = s.Function
		}
		f.scratch = appendInt(append(append(f.scratch[:0], name...), ':'), int64(s.Line))
		return appendString(b, stringOf(f.scratch))
	}
	b = append(b, '{')
	if s.Function != "" {
		b = appendQuoted(append(b, `"function":`...), s.Function, ',')
	}
	b = appendQuoted(append(b, `"file":`...), s.File, ',')
	b = append(b, `"line":`...)
	if part.text != "" { // Google Cloud wants a text
		b = append(appendInt(append(b, '"'), int64(s.Line)), '"')
	} else {
		b = appendInt(b, int64(s.Line))
	}
	return append(b, '}')
}

func baseName(file string) string {
	if file == "" {
		return ""
	}
	return path.Base(file)
}

// indent breaks what b holds from start on into lines.
func (f *shaped) indent(b []byte, start int) []byte {
	f.lines.Reset()
	if json.Indent(&f.lines, b[start:], "", "  ") != nil {
		return b // it is always valid
	}
	return append(b[:start], f.lines.Bytes()...)
}
