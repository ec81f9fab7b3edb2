package format

import (
	"log/slog"

	"github.com/hydra-logger/hydra/record"
)

type plainText struct {
	options Options
	color   bool
	clock   clock
	levels  *levelTable
	keys    keySet
	plan    plan
	prefix  []byte // names of the open groups, each with a dot
	scratch []byte
}

func newText(o Options, color bool) *plainText {
	f := &plainText{options: o, color: color, clock: newClock()}
	f.levels = newLevelTable(func(l slog.Level) string { return string(f.appendLevelField(nil, l, true)) })
	return f
}

func (f *plainText) Clone() Formatter { return newText(f.options, f.color) }

// Append writes a blank before every field.
func (f *plainText) Append(dst []byte, v *record.View) []byte {
	f.keys.begin()
	b := f.appendHead(dst, v)
	b = f.appendIDs(b, v)
	f.keys.reserveTail(v, f.options)
	start := len(b)
	f.prefix = f.prefix[:0]
	w := walk{attrs: v.Attrs()}
	b = f.appendMembers(b, &w, topSeed)
	if w.clash {
		f.plan.make(v, func(key string) bool { return f.options.protects(v, key) })
		f.prefix = f.prefix[:0]
		w = walk{attrs: v.Attrs(), plan: &f.plan}
		b = f.appendMembers(b[:start], &w, topSeed)
	}
	b = f.appendTail(b, v)
	return append(b, '\n')
}

func (f *plainText) appendHead(b []byte, v *record.View) []byte {
	if v.Time == record.NoTime { // the record says itself that it has none
		b = append(b, "| -"...)
	} else {
		b = f.appendTime(b, v.Time)
	}
	if level := f.levels.get(v.Level); level != "" && v.Time != record.NoTime {
		b = append(b, level...)
	} else {
		b = f.appendLevelField(b, v.Level, v.Time != record.NoTime)
	}
	b = f.appendLayer(b, v.Layer)
	b = append(b, " | "...)
	return appendLine(b, v.Message)
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
	b = append(b, layerColor(layer)...)
	return append(appendLine(b, layer), colorEnd...)
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
	if hasSource(v) {
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
