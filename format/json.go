package format

import (
	"log/slog"

	"github.com/hydra-logger/hydra/record"
)

// Keys of json-lines besides those of the attributes; plain-text uses some of them too.
const (
	keyTimestamp   = "timestamp"
	keyLevel       = "level"
	keyLayer       = "layer"
	keyLogger      = "logger"
	keyMessage     = "message"
	keyCorrelation = "correlation_id"
	keyCausation   = "causation_id"
	keyMessageID   = "message_id"
	keyTrace       = "trace_id"
	keySpan        = "span_id"
	keySource      = "source"
	keyRecovered   = "recovered"
	keyID          = "id"
)

const (
	chainSuffix = "_chain"
	topSeed     = 0 // of the hashes of keys at top level
)

type jsonLines struct {
	options Options
	clock   clock
	levels  *levelTable
	keys    keySet
	plan    plan
	memory  memory
	errs    *errorKeys // nil: an error stands under its own key
	errSeed uint64     // of the object of attributes in which the record's error is
}

func newJSON(o Options) *jsonLines {
	f := &jsonLines{options: o, clock: newClock()}
	f.levels = newLevelTable(func(l slog.Level) string { return string(appendLevelField(nil, l)) })
	for _, key := range []string{keyTimestamp, keyLevel, keyLayer, keyMessage} {
		f.keys.always(hashText(key, topSeed))
	}
	return f
}

func (f *jsonLines) Clone() Formatter { return newJSON(f.options) }

// Append writes a comma behind every field; the last one becomes the closing brace.
func (f *jsonLines) Append(dst []byte, v *record.View) []byte {
	if l := f.memory.recall(v); l != nil {
		if b, ok := f.appendLearned(dst, v, l); ok {
			return b
		}
	}
	f.keys.begin()
	b := f.appendHead(dst, v)
	head := len(b)
	b = f.appendIDs(b, v)
	f.keys.reserveTail(v, f.options)
	start := len(b)
	w := walk{attrs: v.Attrs()}
	b = f.appendMembers(b, &w, topSeed)
	if w.clash {
		f.plan.make(v, func(key string) bool { return isHead(key) || f.options.protects(v, key) })
		w = walk{attrs: v.Attrs(), plan: &f.plan}
		b = f.appendMembers(b[:start], &w, topSeed)
	} else if v.Time != record.NoTime {
		f.memory.learn(v, b[len(dst)+timeText:head], f)
	}
	return f.finish(b, v)
}

// appendLearned is Append for a record like one that was learned.
func (f *jsonLines) appendLearned(dst []byte, v *record.View, l *learned) ([]byte, bool) {
	if v.Time == record.NoTime {
		return dst, false
	}
	b := append(f.appendTime(dst, v.Time), l.text...)
	if l.fields&withIDs != 0 {
		b = f.appendIDs(b, v)
	}
	b, ok := f.memory.appendAttrs(b, l, v, f)
	if !ok {
		return dst, false
	}
	return f.finish(b, v), true
}

// finish appends what stands behind the attributes.
func (f *jsonLines) finish(b []byte, v *record.View) []byte {
	b = f.appendTail(b, v)
	b[len(b)-1] = '}'
	return append(b, '\n')
}

// appendHead appends what every record has.
func (f *jsonLines) appendHead(b []byte, v *record.View) []byte {
	if v.Time == record.NoTime {
		return f.appendNoTime(b, v)
	}
	b = f.appendTime(b, v.Time)
	if level := f.levels.get(v.Level); level != "" {
		b = append(b, level...)
	} else {
		b = appendLevelField(b, v.Level)
	}
	return f.appendAfterLevel(b, v)
}

const (
	openTime = `{"timestamp":"`
	timeText = len(openTime + "2006-01-02T15:04:05.123456789")
)

// appendTime appends the beginning of a line, to the digits of the time.
func (f *jsonLines) appendTime(b []byte, ns int64) []byte {
	second, nanos := f.clock.at(ns)
	n := len(b)
	b = room(b, 512)[:n+timeText]
	d := (*[timeText]byte)(b[n:])
	copy(d[:len(openTime)], openTime)
	*(*[20]byte)(d[len(openTime):]) = *second
	put9(d[timeText-9:], nanos)
	return b
}

// appendNoTime is appendHead for a record that says itself that it has no time, as a slog.Record may.
func (f *jsonLines) appendNoTime(b []byte, v *record.View) []byte {
	b = append(b, '{')
	const skip = len(`Z",`)
	start := len(b)
	b = appendLevelField(b, v.Level)
	b = append(b[:start], b[start+skip:]...)
	return f.appendAfterLevel(b, v)
}

func (f *jsonLines) appendAfterLevel(b []byte, v *record.View) []byte {
	b = appendQuoted(b, v.Layer, ',')
	if v.Logger != "" {
		b = f.appendField(b, keyLogger, v.Logger)
	}
	b = append(b, `"message":`...)
	return appendQuoted(b, v.Message, ',')
}

// appendLevelField appends what stands between the digits of the time and the name of the layer.
func appendLevelField(b []byte, l slog.Level) []byte {
	b = append(b, `Z","level":"`...)
	b = AppendLevel(b, l)
	return append(b, `","layer":`...)
}

func (f *jsonLines) appendIDs(b []byte, v *record.View) []byte {
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
		b = f.appendHexField(b, keyTrace, v.IDs.TraceID[:])
	}
	if v.IDs.SpanID != [8]byte{} {
		b = f.appendHexField(b, keySpan, v.IDs.SpanID[:])
	}
	return b
}

// appendField appends a field of the record itself, and protects its key.
func (f *jsonLines) appendField(b []byte, key, value string) []byte {
	b, h := appendKey(b, key, topSeed)
	f.keys.seen(h)
	return appendQuoted(b, value, ',')
}

func (f *jsonLines) appendHexField(b []byte, key string, value []byte) []byte {
	b, h := appendKey(b, key, topSeed)
	f.keys.seen(h)
	b = append(b, '"')
	b = appendHex(b, value)
	return append(b, '"', ',')
}

func (f *jsonLines) appendTail(b []byte, v *record.View) []byte {
	if hasSource(v) {
		b = append(b, `"source":{`...)
		if v.Source.Function != "" {
			b = append(b, `"function":`...)
			b = appendQuoted(b, v.Source.Function, ',')
		}
		b = append(b, `"file":`...)
		b = appendQuoted(b, v.Source.File, ',')
		b = append(b, `"line":`...)
		b = appendInt(b, int64(v.Source.Line))
		b = append(b, '}', ',')
	}
	if v.Recovered {
		b = append(b, `"recovered":true,`...)
	}
	if f.options.ID && hasID(v) {
		b = append(b, `"id":"`...)
		b = AppendRecordID(b, v.Journal, v.Position)
		b = append(b, '"', ',')
	}
	return b
}

// reserveTail protects the keys that appendTail will write.
func (k *keySet) reserveTail(v *record.View, o Options) {
	if hasSource(v) {
		k.seen(hashText(keySource, topSeed))
	}
	if v.Recovered {
		k.seen(hashText(keyRecovered, topSeed))
	}
	if o.ID && hasID(v) {
		k.seen(hashText(keyID, topSeed))
	}
}

func hasSource(v *record.View) bool {
	return v.Source.File != "" || v.Source.Function != "" || v.Source.Line != 0
}

// isHead reports the keys of json-lines that every record has.
func isHead(key string) bool {
	switch key {
	case keyTimestamp, keyLevel, keyLayer, keyMessage:
		return true
	}
	return false
}

// protects reports whether a record with these options has a field of its own under key, besides those of isHead.
func (o Options) protects(v *record.View, key string) bool {
	switch key {
	case keyLogger:
		return v.Logger != ""
	case keyCorrelation:
		return v.IDs.CorrelationID != ""
	case keyCausation:
		return v.IDs.CausationID != ""
	case keyMessageID:
		return v.IDs.MessageID != ""
	case keyTrace:
		return v.IDs.TraceID != [16]byte{}
	case keySpan:
		return v.IDs.SpanID != [8]byte{}
	case keySource:
		return hasSource(v)
	case keyRecovered:
		return v.Recovered
	case keyID:
		return o.ID && hasID(v)
	}
	return false
}
