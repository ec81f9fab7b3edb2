package otlpdest

import (
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// Numbers of the fields, from opentelemetry/proto/logs/v1/logs.proto, common/v1/common.proto and
// collector/logs/v1/logs_service.proto of opentelemetry-proto 1.11.
const (
	requestResourceLogs = 1
	resourceLogsRes     = 1
	resourceLogsScope   = 2
	resourceAttributes  = 1
	scopeLogsScope      = 1
	scopeLogsRecords    = 2
	scopeName           = 1

	logTime       = 1
	logNumber     = 2
	logSeverity   = 3
	logBody       = 5
	logAttributes = 6
	logFlags      = 8
	logTraceID    = 9
	logSpanID     = 10
	logObserved   = 11

	keyValueKey   = 1
	keyValueValue = 2
	anyString     = 1
	anyBool       = 2
	anyInt        = 3
	anyDouble     = 4
	anyArray      = 5
	anyList       = 6
	anyBytes      = 7
	arrayValues   = 1
	listValues    = 1
)

const scopeDefault = "github.com/hydra-logger/hydra"

// encoder makes an ExportLogsServiceRequest with one resource. Records that follow each other and come from the same
// logger share a scope.
type encoder struct {
	resource []byte // the field, encoded
	now      func() time.Time
}

func (encoder) ContentType() string { return "application/x-protobuf" }

func (e encoder) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	dst, request := openMessage(dst, requestResourceLogs)
	dst = append(dst, e.resource...)
	var v record.View
	scope, inScope := "", 0
	for i := range b.Items {
		if err := v.Decode(b.Items[i].Raw); err != nil {
			return dst, err
		}
		if inScope == 0 || v.Logger != scope {
			if inScope != 0 {
				dst = closeAt(dst, inScope)
			}
			scope = v.Logger
			dst, inScope = openMessage(dst, resourceLogsScope)
			dst = appendScope(dst, scope)
		}
		dst = e.appendRecord(dst, &b.Items[i], &v)
	}
	if inScope != 0 {
		dst = closeAt(dst, inScope)
	}
	return closeAt(dst, request), nil
}

func appendScope(dst []byte, name string) []byte {
	if name == "" {
		name = scopeDefault
	}
	dst, at := openMessage(dst, scopeLogsScope)
	return closeAt(appendString(dst, scopeName, name), at)
}

func (e encoder) appendRecord(dst []byte, it *destination.Item, v *record.View) []byte {
	dst, at := openMessage(dst, scopeLogsRecords)
	if v.Time != record.NoTime && v.Time > 0 {
		dst = appendFixed64(dst, logTime, uint64(v.Time))
		dst = appendFixed64(dst, logObserved, uint64(v.Time))
	} else {
		dst = appendFixed64(dst, logObserved, uint64(e.now().UnixNano()))
	}
	dst = appendVarint(dst, logNumber, uint64(severity(v.Level)))
	dst = appendText(dst, logSeverity, string(format.AppendLevel(nil, v.Level)))
	dst, body := openMessage(dst, logBody)
	dst = closeAt(appendString(dst, anyString, v.Message), body)
	dst = appendOwn(dst, it, v)
	dst = appendAttributes(dst, v)
	if v.IDs.TraceID != [16]byte{} {
		dst = appendFixed32(dst, logFlags, uint32(v.IDs.TraceFlags))
		dst = appendText(dst, logTraceID, string(v.IDs.TraceID[:]))
		if v.IDs.SpanID != [8]byte{} {
			dst = appendText(dst, logSpanID, string(v.IDs.SpanID[:]))
		}
	}
	return closeAt(dst, at)
}

// severity is the number of OpenTelemetry's data model: TRACE 1, DEBUG 5, INFO 9, WARN 13, ERROR 17, FATAL 21, up to 24.
func severity(l slog.Level) int { return min(max(int(l)+9, 1), 24) }

// appendOwn appends what a record has beside its attributes.
func appendOwn(dst []byte, it *destination.Item, v *record.View) []byte {
	for _, a := range [...]struct{ key, value string }{
		{"layer", v.Layer}, {"correlation_id", v.IDs.CorrelationID}, {"causation_id", v.IDs.CausationID}, {"message_id", v.IDs.MessageID},
		{"log.record.uid", destination.IdempotencyKey(it)},
		{"code.function.name", v.Source.Function}, {"code.file.path", v.Source.File},
	} {
		if a.value != "" {
			dst = appendPair(dst, logAttributes, a.key, a.value)
		}
	}
	if v.Source.Line != 0 {
		dst, pair, value := openPair(dst, logAttributes, "code.line.number")
		dst = closeAt(closeAt(appendVarint(dst, anyInt, uint64(v.Source.Line)), value), pair)
		return appendRecovered(dst, it)
	}
	return appendRecovered(dst, it)
}

func appendRecovered(dst []byte, it *destination.Item) []byte {
	if !it.Recovered {
		return dst
	}
	dst, pair, value := openPair(dst, logAttributes, "recovered")
	return closeAt(closeAt(appendVarint(dst, anyBool, 1), value), pair)
}

// appendAttributes appends the record's attributes. Of several with one key at top level the last wins, as in json-lines.
func appendAttributes(dst []byte, v *record.View) []byte {
	last := lastOfKey(v)
	it := v.Attrs()
	var t record.Token
	for n := 0; it.Next(&t); n++ {
		if last != nil && last[t.Key] != n {
			skip(&it, &t)
			continue
		}
		dst = appendAttr(dst, logAttributes, &it, &t)
		if t.Kind == record.KindError && t.Key != "" {
			dst = appendPair(dst, logAttributes, "exception.type", t.Type)
			dst = appendPair(dst, logAttributes, "exception.message", t.Str)
		}
	}
	return dst
}

// lastOfKey is the number of the last attribute of each key; nil when no key comes twice.
func lastOfKey(v *record.View) map[string]int {
	var seen [16]string
	it := v.Attrs()
	var t record.Token
	n, twice := 0, false
	for ; it.Next(&t); n++ {
		for i := range min(n, len(seen)) {
			twice = twice || seen[i] == t.Key
		}
		if n < len(seen) {
			seen[n] = t.Key
		}
		skip(&it, &t)
	}
	if !twice && n <= len(seen) {
		return nil
	}
	last := make(map[string]int, n)
	it = v.Attrs()
	for n = 0; it.Next(&t); n++ {
		last[t.Key] = n
		skip(&it, &t)
	}
	return last
}

// skip passes over the content of a group or list.
func skip(it *record.Attrs, t *record.Token) {
	if t.Kind != record.KindGroup && t.Kind != record.KindList {
		return
	}
	var inner record.Token
	for depth := 1; depth > 0 && it.Next(&inner); {
		switch inner.Kind {
		case record.KindGroup, record.KindList:
			depth++
		case record.KindEnd:
			depth--
		}
	}
}

// openPair begins a KeyValue and its value.
func openPair(dst []byte, field int, key string) (out []byte, pair, value int) {
	dst, pair = openMessage(dst, field)
	dst = appendString(dst, keyValueKey, key)
	dst, value = openMessage(dst, keyValueValue)
	return dst, pair, value
}

func appendPair(dst []byte, field int, key, text string) []byte {
	dst, pair, value := openPair(dst, field, key)
	return closeAt(closeAt(appendString(dst, anyString, text), value), pair)
}

func appendAttr(dst []byte, field int, it *record.Attrs, t *record.Token) []byte {
	dst, pair, value := openPair(dst, field, t.Key)
	return closeAt(closeAt(appendValue(dst, it, t), value), pair)
}

// appendValue appends the content of an AnyValue.
func appendValue(dst []byte, it *record.Attrs, t *record.Token) []byte {
	switch t.Kind {
	case record.KindBool:
		return appendVarint(dst, anyBool, t.Num)
	case record.KindInt, record.KindDuration:
		return appendVarint(dst, anyInt, t.Num)
	case record.KindUint:
		if int64(t.Num) < 0 {
			return appendString(dst, anyString, decimal(t.Num))
		}
		return appendVarint(dst, anyInt, t.Num)
	case record.KindFloat:
		return appendDouble(dst, anyDouble, t.Float())
	case record.KindBytes:
		return appendText(dst, anyBytes, t.Str)
	case record.KindTime:
		return appendString(dst, anyString, t.Time().Format(time.RFC3339Nano))
	case record.KindGroup:
		return appendGroup(dst, it)
	case record.KindList:
		return appendArray(dst, it)
	case record.KindNull:
		return dst // an AnyValue without a value
	}
	return appendString(dst, anyString, t.Str) // string, error, mark, number
}

func appendGroup(dst []byte, it *record.Attrs) []byte {
	dst, at := openMessage(dst, anyList)
	var t record.Token
	for it.Next(&t) && t.Kind != record.KindEnd {
		dst = appendAttr(dst, listValues, it, &t)
	}
	return closeAt(dst, at)
}

func appendArray(dst []byte, it *record.Attrs) []byte {
	dst, at := openMessage(dst, anyArray)
	var t record.Token
	for it.Next(&t) && t.Kind != record.KindEnd {
		var value int
		dst, value = openMessage(dst, arrayValues)
		dst = closeAt(appendValue(dst, it, &t), value)
	}
	return closeAt(dst, at)
}

// appendString appends text, which has to be UTF-8 in Protocol Buffers.
func appendString(dst []byte, field int, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return appendText(dst, field, s)
}
