package format

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// The names that [Options.Schema] knows.
const (
	SchemaFlat    = "flat"    // the fields of json-lines as the package's comment lists them
	SchemaHydra   = "hydra"   // of Hydra-Logger for Python
	SchemaSlog    = "slog"    // of log/slog's JSONHandler
	SchemaZap     = "zap"     // of zap's production encoder
	SchemaZerolog = "zerolog" // of zerolog
	SchemaOTel    = "otel"    // of OpenTelemetry's log data model
	SchemaECS     = "ecs"     // of the Elastic Common Schema
	SchemaGCP     = "gcp"     // of Google Cloud's structured logging
	SchemaDatadog = "datadog" // of Datadog's standard attributes
	SchemaAWS     = "aws"     // of AWS Lambda Powertools
)

// Schemas returns the names that [Options.Schema] knows.
func Schemas() []string {
	return []string{SchemaFlat, SchemaHydra, SchemaSlog, SchemaZap, SchemaZerolog, SchemaOTel, SchemaECS, SchemaGCP, SchemaDatadog, SchemaAWS}
}

func constant(key, text string) field {
	return field{kind: fieldConst, key: key, text: quoteText(text)}
}

// option is a field for what an option says, left out when that is nothing.
func option(key, text string) field {
	if text == "" {
		return field{kind: fieldConstText, key: key}
	}
	return field{kind: fieldConstText, key: key, text: quoteText(text)}
}

func quoteText(s string) string { return string(appendString(nil, s)) }

// shapeOf returns the shape of a schema.
func shapeOf(o *Options) (*shape, error) {
	switch o.Schema {
	case "", SchemaFlat:
		return flatShape(), nil
	case SchemaHydra:
		return hydraShape(), nil
	case SchemaSlog:
		return &shape{level: appendSlogLevel, digits: 9,
			head: fields([]field{{kind: fieldTime, key: "time"}, {kind: fieldLevel, key: "level"}, {kind: fieldSource, key: "source"},
				{kind: fieldMessage, key: "msg"}, {kind: fieldLayer, key: "layer"}, {kind: fieldLogger, key: "logger"}}, ids, traces),
			tail: marks}, nil
	case SchemaZap:
		return &shape{level: appendZapLevel, digits: 9, epoch: true,
			head: fields([]field{{kind: fieldLevel, key: "level"}, {kind: fieldTime, key: "ts"}, {kind: fieldLogger, key: "logger"},
				{kind: fieldCaller, key: "caller"}, {kind: fieldMessage, key: "msg"}, {kind: fieldLayer, key: "layer"}}, ids, traces),
			tail: marks}, nil
	case SchemaZerolog:
		return &shape{level: appendZerologLevel, digits: 9,
			head: fields([]field{{kind: fieldLevel, key: "level"}, {kind: fieldLayer, key: "layer"}, {kind: fieldLogger, key: "logger"}}, ids, traces),
			tail: fields([]field{{kind: fieldTime, key: "time"}, {kind: fieldCaller, key: "caller"}}, marks, []field{{kind: fieldMessage, key: "message"}})}, nil
	}
	return vendorShape(o)
}

func vendorShape(o *Options) (*shape, error) {
	switch o.Schema {
	case SchemaOTel:
		return &shape{level: AppendLevel, digits: 9, attrs: "attributes", errs: &errorKeys{"exception.message", "exception.type"},
			head: []field{{kind: fieldTime, key: "timestamp"}, {kind: fieldLevel, key: "severity_text"}, {kind: fieldSeverity, key: "severity_number"},
				{kind: fieldMessage, key: "body"}, {kind: fieldTrace, key: "trace_id"}, {kind: fieldSpan, key: "span_id"}, {kind: fieldTraceFlags, key: "trace_flags"},
				option("service.name", o.Service), {kind: fieldLogger, key: "scope"}},
			inner: []field{{kind: fieldLayer, key: "layer"}, {kind: fieldCorrelation, key: "messaging.message.conversation_id"}, {kind: fieldCausation, key: "causation_id"},
				{kind: fieldMessageID, key: "messaging.message.id"}, {kind: fieldFile, key: "code.file.path"}, {kind: fieldLine, key: "code.line.number"},
				{kind: fieldFunction, key: "code.function.name"}, {kind: fieldRecovered, key: "recovered"}, {kind: fieldID, key: "log.record.uid"}}}, nil
	case SchemaECS:
		return &shape{level: appendLowerLevel, digits: 9, errs: &errorKeys{"error.message", "error.type"},
			head: []field{{kind: fieldTime, key: "@timestamp"}, {kind: fieldLevel, key: "log.level"}, {kind: fieldMessage, key: "message"},
				constant("ecs.version", "8.11.0"), option("service.name", o.Service), option("service.environment", o.Environment), {kind: fieldLogger, key: "log.logger"},
				{kind: fieldLayer, key: "labels.layer"}, {kind: fieldCorrelation, key: "labels.correlation_id"}, {kind: fieldCausation, key: "labels.causation_id"},
				{kind: fieldMessageID, key: "labels.message_id"}, {kind: fieldTrace, key: "trace.id"}, {kind: fieldSpan, key: "span.id"},
				{kind: fieldFile, key: "log.origin.file.name"}, {kind: fieldLine, key: "log.origin.file.line"}, {kind: fieldFunction, key: "log.origin.function"}},
			tail: []field{{kind: fieldRecovered, key: "labels.recovered"}, {kind: fieldID, key: "event.id"}}}, nil
	case SchemaGCP:
		return &shape{level: appendGCPLevel, digits: 9,
			head: []field{{kind: fieldLevel, key: "severity"}, {kind: fieldTime, key: "time"}, {kind: fieldMessage, key: "message"},
				option("service", o.Service), {kind: fieldLayer, key: "layer"}, {kind: fieldLogger, key: "logger"},
				{kind: fieldCorrelation, key: "correlation_id"}, {kind: fieldCausation, key: "causation_id"}, {kind: fieldMessageID, key: "message_id"},
				{kind: fieldTrace, key: "logging.googleapis.com/trace", text: tracePrefix(o.Project)}, {kind: fieldSpan, key: "logging.googleapis.com/spanId"},
				{kind: fieldTraceSampled, key: "logging.googleapis.com/trace_sampled"}, {kind: fieldSource, key: "logging.googleapis.com/sourceLocation", text: "text"}},
			tail: []field{{kind: fieldRecovered, key: "recovered"}, {kind: fieldID, key: "logging.googleapis.com/insertId"}}}, nil
	case SchemaDatadog:
		return &shape{level: appendLowerLevel, digits: 3, errs: &errorKeys{"error.message", "error.kind"},
			head: []field{{kind: fieldTime, key: "timestamp"}, {kind: fieldLevel, key: "status"}, {kind: fieldMessage, key: "message"}, option("service", o.Service),
				{kind: fieldLogger, key: "logger.name"}, {kind: fieldFunction, key: "logger.method_name"}, {kind: fieldLayer, key: "layer"},
				{kind: fieldCorrelation, key: "correlation_id"}, {kind: fieldCausation, key: "causation_id"}, {kind: fieldMessageID, key: "message_id"},
				{kind: fieldTrace, key: "dd.trace_id"}, {kind: fieldSpan, key: "dd.span_id"}},
			tail: marks}, nil
	case SchemaAWS:
		return &shape{level: AppendLevel, digits: 3, errs: &errorKeys{"exception", "exception_name"},
			head: []field{{kind: fieldLevel, key: "level"}, {kind: fieldLocation, key: "location"}, {kind: fieldMessage, key: "message"}, {kind: fieldTime, key: "timestamp"},
				option("service", o.Service), {kind: fieldLogger, key: "name"}, {kind: fieldLayer, key: "layer"}, {kind: fieldCorrelation, key: "correlation_id"},
				{kind: fieldCausation, key: "causation_id"}, {kind: fieldMessageID, key: "message_id"}, {kind: fieldTrace, key: "xray_trace_id"}, {kind: fieldSpan, key: "span_id"}},
			tail: marks}, nil
	}
	return nil, fmt.Errorf("format: schema %q is unknown: use one of %s", o.Schema, strings.Join(Schemas(), ", "))
}

func tracePrefix(project string) string {
	if project == "" {
		return ""
	}
	return "projects/" + project + "/traces/"
}

// flatShape is what json-lines writes by itself; it is used where an option changes that.
func flatShape() *shape {
	return &shape{level: AppendLevel, digits: 9,
		head: fields([]field{{kind: fieldTime, key: keyTimestamp}, {kind: fieldLevel, key: keyLevel}, {kind: fieldLayer, key: keyLayer},
			{kind: fieldLogger, key: keyLogger}, {kind: fieldMessage, key: keyMessage}}, ids, traces),
		tail: fields([]field{{kind: fieldSource, key: keySource}}, marks)}
}

func hydraShape() *shape {
	return &shape{level: AppendLevel, digits: 6, attrs: "extra",
		head: fields([]field{{kind: fieldTime, key: "timestamp"}, {kind: fieldLevelNumber, key: "level"}, {kind: fieldLevel, key: "level_name"}, {kind: fieldMessage, key: "message"},
			{kind: fieldLoggerAlways, key: "logger_name"}, {kind: fieldLayer, key: "layer"}, {kind: fieldFileAlways, key: "file_name"},
			{kind: fieldFunctionAlways, key: "function_name"}, {kind: fieldLineAlways, key: "line_number"}}, ids, traces),
		tail: marks}
}

func logstashShape(o *Options) *shape {
	tags := []string{"go", "logstash", "structured"}
	if o.Service != "" {
		tags = slices.Insert(tags, 0, o.Service)
	}
	if o.Environment != "" {
		tags = slices.Insert(tags, 0, o.Environment)
	}
	list := "["
	for i, tag := range tags {
		if i > 0 {
			list += ","
		}
		list += quoteText(tag)
	}
	return &shape{level: AppendLevel, digits: 6, attrs: "fields",
		head: fields([]field{{kind: fieldTime, key: "@timestamp"}, constant("@version", "1"), {kind: fieldMessage, key: "message"}, {kind: fieldLevel, key: "level"},
			{kind: fieldLoggerAlways, key: "logger_name"}, {kind: fieldLayer, key: "layer"}, constant("type", orElse(o.Type, o.app()+"-logs")),
			{kind: fieldConst, key: "tags", text: list + "]"}}, ids, traces, marks),
		inner: []field{{kind: fieldFileAlways, key: "file_name"}, {kind: fieldFunctionAlways, key: "function_name"}, {kind: fieldLineAlways, key: "line_number"}}}
}

// Levels under each schema's own names.

// appendSlogLevel appends what l.String returns.
func appendSlogLevel(b []byte, l slog.Level) []byte {
	base, name := slog.LevelError, "ERROR"
	switch {
	case l < slog.LevelInfo:
		base, name = slog.LevelDebug, "DEBUG"
	case l < slog.LevelWarn:
		base, name = slog.LevelInfo, "INFO"
	case l < slog.LevelError:
		base, name = slog.LevelWarn, "WARN"
	}
	b = append(b, name...)
	if l > base {
		b = append(b, '+')
	}
	if l != base {
		b = appendInt(b, int64(l-base))
	}
	return b
}

func appendLowerLevel(b []byte, l slog.Level) []byte {
	_, name := levelBase(l)
	n := len(b)
	b = append(b, name...)
	lower(b[n:])
	return b
}

func appendZapLevel(b []byte, l slog.Level) []byte {
	switch base, _ := levelBase(l); base {
	case levelTrace, slog.LevelDebug:
		return append(b, "debug"...)
	case slog.LevelInfo:
		return append(b, "info"...)
	case slog.LevelWarn:
		return append(b, "warn"...)
	case slog.LevelError:
		return append(b, "error"...)
	}
	return append(b, "fatal"...)
}

func appendZerologLevel(b []byte, l slog.Level) []byte {
	if base, _ := levelBase(l); base == levelTrace {
		return append(b, "trace"...)
	}
	return appendZapLevel(b, l)
}

func appendGCPLevel(b []byte, l slog.Level) []byte {
	base, name := levelBase(l)
	if base == levelTrace {
		name = "DEBUG"
	}
	return append(b, name...)
}

// pythonLevel is a level as Hydra-Logger for Python counts: DEBUG 10 to CRITICAL 50, five for four of slog's.
func pythonLevel(l slog.Level) int64 { return max(int64(l+8)*5/2, 5) }

// severityNumber is OpenTelemetry's, which counts as slog does.
func severityNumber(l slog.Level) int64 { return min(max(int64(l)+9, 1), 24) }

// syslogSeverity is the severity of RFC 5424, and the level of GELF.
func syslogSeverity(l slog.Level) uint64 {
	switch base, _ := levelBase(l); base {
	case levelTrace, slog.LevelDebug:
		return 7
	case slog.LevelInfo:
		if l >= slog.LevelInfo+2 {
			return 5 // notice
		}
		return 6
	case slog.LevelWarn:
		return 4
	case slog.LevelError:
		return 3
	}
	return 2
}
