package format

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/hydra-logger/hydra/record"
)

type plainText struct {
	options Options
	name    string
	color   bool
	fast    bool // time, level and message alone
	place   bool // the source stands before the message, with the function
	logfmt  bool
	own     bool // the time has a precision or zone of its own
	stamp   stamp
	clock   clock
	levels  *levelTable
	keys    keySet
	plan    plan
	memory  memory
	prefix  []byte // names of the open groups, each with a dot
	scratch []byte
}

func newText(o Options, name string) *plainText {
	f := &plainText{options: o, name: name, clock: newClock(), color: name == Colored, fast: name == FastPlain, place: name == Detailed,
		logfmt: name == Logfmt, own: o.Precision != "" || o.Zone != ""}
	digits := 6
	if f.logfmt {
		digits = 9
		for _, key := range logfmtHead {
			f.keys.always(hashText(key, topSeed))
		}
	}
	f.stamp = newStamp(&o, digits)
	f.levels = newLevelTable(func(l slog.Level) string { return string(f.appendLevelField(nil, l, !f.own)) })
	return f
}

func (f *plainText) Clone() Formatter { return newText(f.options, f.name) }

// protects reports the keys that the record itself uses.
func (f *plainText) protects(v *record.View, key string) bool {
	return f.options.protects(v, key) || f.logfmt && slices.Contains(logfmtHead[:], key)
}

// Append writes a blank before every field.
func (f *plainText) Append(dst []byte, v *record.View) []byte {
	f.keys.begin()
	b := f.appendHead(dst, v)
	if f.fast {
		return append(b, '\n')
	}
	b = f.appendIDs(b, v)
	f.keys.reserveTail(v, f.options)
	b = f.appendAttrs(b, v)
	b = f.appendTail(b, v)
	return append(b, '\n')
}

// appendAttrs appends the attributes. The keys of the record itself are known.
func (f *plainText) appendAttrs(b []byte, v *record.View) []byte {
	if b, ok := f.memory.recallAttrs(b, v, f); ok {
		return b
	}
	start := len(b)
	f.prefix = f.prefix[:0]
	w := walk{attrs: v.Attrs()}
	b = f.appendMembers(b, &w, topSeed)
	if w.clash {
		f.plan.make(v, func(key string) bool { return f.protects(v, key) })
		f.prefix = f.prefix[:0]
		w = walk{attrs: v.Attrs(), plan: &f.plan}
		return f.appendMembers(b[:start], &w, topSeed)
	}
	f.memory.learn(v, nil, f)
	return b
}

func (f *plainText) appendHead(b []byte, v *record.View) []byte {
	timed := v.Time != record.NoTime // else the record says itself that it has none
	switch {
	case f.logfmt:
		return f.appendLogfmtHead(b, v)
	case !timed:
		b = append(b, "| -"...)
	case f.own:
		b = f.stamp.append(append(b, "| "...), v.Time)
	default:
		b = f.appendTime(b, v.Time)
	}
	if level := f.levels.get(v.Level); level != "" && timed {
		b = append(b, level...)
	} else {
		b = f.appendLevelField(b, v.Level, timed && !f.own)
	}
	if !f.fast {
		b = f.appendLayer(b, v.Layer)
		b = append(b, " | "...)
	}
	if f.place && hasSource(v) {
		b = f.appendPlace(b, v)
	}
	return appendLine(b, v.Message)
}

// appendPlace appends where the record was made, as a column.
func (f *plainText) appendPlace(b []byte, v *record.View) []byte {
	b = appendLine(b, v.Source.File)
	b = appendInt(append(b, ':'), int64(v.Source.Line))
	if v.Source.Function != "" {
		b = appendLine(append(b, ' '), v.Source.Function)
	}
	return append(b, " | "...)
}

// logfmtHead are the keys that every record has in logfmt.
var logfmtHead = [...]string{"time", "level", "layer", "msg"}

func (f *plainText) appendLogfmtHead(b []byte, v *record.View) []byte {
	if v.Time != record.NoTime {
		b = append(f.stamp.append(append(b, "time="...), v.Time), ' ')
	}
	b = append(b, "level="...)
	n := len(b)
	b = AppendLevel(b, v.Level)
	lower(b[n:])
	b = appendWord(append(b, " layer="...), v.Layer)
	return appendWord(append(b, " msg="...), v.Message)
}

func lower(b []byte) {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}

// appendTime appends the time up to its microseconds.
func (f *plainText) appendTime(b []byte, ns int64) []byte {
	second, nanos := f.clock.at(ns)
	n := len(b)
	b = room(b, 128)
	d := (*[32]byte)(b[n : n+32])
	d[0], d[1] = '|', ' '
	*(*[20]byte)(d[2:]) = *second
	put64(d[22:], eightDigits(nanos/1000*100))
	return b[:n+28]
}

// appendLevelField appends what stands between the digits of the time and the layer.
func (f *plainText) appendLevelField(b []byte, l slog.Level, timed bool) []byte {
	if timed {
		b = append(b, 'Z')
	}
	b = append(b, " | "...)
	if f.color {
		b = append(b, levelColor(l)...)
	}
	b = AppendLevel(b, l)
	if f.color {
		b = append(b, colorEnd...)
	}
	return append(b, " | "...)
}

func (f *plainText) appendLayer(b []byte, layer string) []byte {
	if !f.color || layer == "" {
		return appendLine(b, layer)
	}
	b = append(b, f.layerColor(layer)...)
	return append(appendLine(b, layer), colorEnd...)
}

// layerColor is the escape sequence for a layer's name.
func (f *plainText) layerColor(layer string) string {
	switch c := f.options.LayerColors[layer]; {
	case c == "":
		return layerColor(layer)
	case strings.HasPrefix(c, "\x1b["):
		return c
	default:
		return colorCode(c)
	}
}

func (f *plainText) appendIDs(b []byte, v *record.View) []byte {
	if v.Logger != "" {
		b = f.appendField(b, keyLogger, v.Logger)
	}
	if v.IDs.CorrelationID != "" {
		b = f.appendField(b, keyCorrelation, v.IDs.CorrelationID)
	}
	if v.IDs.CausationID != "" {
		b = f.appendField(b, keyCausation, v.IDs.CausationID)
	}
	if v.IDs.MessageID != "" {
		b = f.appendField(b, keyMessageID, v.IDs.MessageID)
	}
	if v.IDs.TraceID != [16]byte{} {
		b = appendHex(f.appendOwnKey(b, keyTrace), v.IDs.TraceID[:])
	}
	if v.IDs.SpanID != [8]byte{} {
		b = appendHex(f.appendOwnKey(b, keySpan), v.IDs.SpanID[:])
	}
	return b
}

// appendOwnKey appends a key of the record itself, and protects it.
func (f *plainText) appendOwnKey(b []byte, key string) []byte {
	f.keys.seen(hashText(key, topSeed))
	b = append(b, ' ')
	b = append(b, key...)
	return append(b, '=')
}

func (f *plainText) appendField(b []byte, key, value string) []byte {
	return appendWord(f.appendOwnKey(b, key), value)
}

func (f *plainText) appendTail(b []byte, v *record.View) []byte {
	if hasSource(v) && !f.place {
		b = append(b, " source="...)
		n := len(b)
		b = append(b, v.Source.File...)
		b = append(b, ':')
		b = appendInt(b, int64(v.Source.Line))
		b = f.quoteFrom(b, n)
	}
	if v.Recovered {
		b = append(b, " recovered=true"...)
	}
	if f.options.ID && hasID(v) {
		b = append(b, " id="...)
		b = AppendRecordID(b, v.Journal, v.Position)
	}
	return b
}

// quoteFrom makes a word of what b holds from n on.
func (f *plainText) quoteFrom(b []byte, n int) []byte {
	if bare(stringOf(b[n:])) {
		return b
	}
	f.scratch = append(f.scratch[:0], b[n:]...)
	return appendWord(b[:n], stringOf(f.scratch))
}
