package format

import (
	"log/slog"

	"github.com/hydra-logger/hydra/record"
)

// A shape says under which names, in which order and in which form a JSON object holds what a record says of itself.
type shape struct {
	head  []field // before the attributes
	tail  []field // behind them
	attrs string  // key of the object that holds the attributes; "": they stand beside the other fields
	inner []field // in that object, before the attributes
	level func(b []byte, l slog.Level) []byte
	// digits of a second; epoch: the time is a number of seconds since 1970.
	digits int
	epoch  bool
	errs   *errorKeys
}

// errorKeys are where a shape has the message and the type of the record's error: the first attribute beside the others whose value is an error
// and whose key is "error" or "err".
type errorKeys struct {
	message, kind string
}

// isError reports whether an attribute is the error that errorKeys speak of.
func isError(t *record.Token) bool {
	return t.Kind == record.KindError && (t.Key == "error" || t.Key == "err")
}

// hasError reports whether the record has one, outside of groups.
func hasError(v *record.View) bool {
	attrs, depth := v.Attrs(), 0
	for t := (record.Token{}); attrs.Next(&t); {
		switch t.Kind {
		case record.KindGroup, record.KindList:
			depth++
		case record.KindEnd:
			depth--
		case record.KindError:
			if depth == 0 && isError(&t) {
				return true
			}
		}
	}
	return false
}

// A field is one of them.
type field struct {
	kind fieldKind
	key  string // as written
	text string // of a constant: JSON
}

type fieldKind uint8

// The kinds of field. Those after fieldMessage are left out when the record does not have them.
const (
	fieldTime fieldKind = iota
	fieldLevel
	fieldLevelNumber // as Hydra-Logger for Python counts: 10, 20, 30, 40, 50
	fieldSeverity    // OpenTelemetry's number, 1 to 24
	fieldLayer
	fieldMessage
	fieldLoggerAlways   // "" where there is none
	fieldFileAlways     // base name, "" where there is none
	fieldFunctionAlways // "" where there is none
	fieldLineAlways     // 0 where there is none
	fieldConst
	fieldConstText // the text of an option, left out when it is empty

	fieldLogger
	fieldCorrelation
	fieldCausation
	fieldMessageID
	fieldTrace
	fieldSpan
	fieldTraceFlags   // two hex digits
	fieldTraceSampled // a boolean
	fieldSource       // an object
	fieldCaller       // "file:line"
	fieldLocation     // "function:line"
	fieldFile
	fieldFunction
	fieldLine
	fieldRecovered
	fieldID
)

// names are what [Options.Keys] calls the fields, beside their own keys.
var fieldNames = map[fieldKind]string{
	fieldTime: "time", fieldLevel: "level", fieldLayer: "layer", fieldMessage: "message", fieldLogger: "logger", fieldLoggerAlways: "logger",
	fieldCorrelation: "correlation_id", fieldCausation: "causation_id", fieldMessageID: "message_id", fieldTrace: "trace_id",
	fieldSpan: "span_id", fieldTraceFlags: "trace_flags", fieldSource: "source", fieldCaller: "source", fieldLocation: "source", fieldRecovered: "recovered", fieldID: "id",
}

// ids are the fields of a flow under the names of Hydra-Logger.
var ids = []field{{kind: fieldCorrelation, key: "correlation_id"}, {kind: fieldCausation, key: "causation_id"}, {kind: fieldMessageID, key: "message_id"}}

var traces = []field{{kind: fieldTrace, key: "trace_id"}, {kind: fieldSpan, key: "span_id"}}

// marks stand at the end.
var marks = []field{{kind: fieldRecovered, key: "recovered"}, {kind: fieldID, key: "id"}}

func fields(parts ...[]field) (out []field) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// present reports whether the record has the field.
func (f *field) present(v *record.View, o *Options) bool {
	switch f.kind {
	case fieldTime:
		return v.Time != record.NoTime
	case fieldConstText:
		return f.text != ""
	case fieldLogger:
		return v.Logger != ""
	case fieldCorrelation:
		return v.IDs.CorrelationID != ""
	case fieldCausation:
		return v.IDs.CausationID != ""
	case fieldMessageID:
		return v.IDs.MessageID != ""
	case fieldTrace, fieldTraceFlags, fieldTraceSampled:
		return v.IDs.TraceID != [16]byte{}
	case fieldSpan:
		return v.IDs.SpanID != [8]byte{}
	case fieldSource, fieldCaller, fieldLocation, fieldLine:
		return hasSource(v)
	case fieldFile:
		return v.Source.File != ""
	case fieldFunction:
		return v.Source.Function != ""
	case fieldRecovered:
		return v.Recovered
	case fieldID:
		return o.ID && hasID(v)
	}
	return true
}
