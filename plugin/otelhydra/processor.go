package otelhydra

import (
	"context"
	"log/slog"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that a record of OpenTelemetry gets here, as its specification names them outside of OTLP.
const (
	EventNameKey    = "event.name"
	ScopeNameKey    = "otel.scope.name"
	ScopeVersionKey = "otel.scope.version"
	BodyKey         = "body"          // of a body that is no text
	SeverityTextKey = "severity_text" // where there is no severity number
)

// Processor is a log processor of OpenTelemetry's SDK that writes to a logger: see [NewProcessor].
type Processor struct {
	log     *hydra.Logger
	handler slog.Handler
	stopped atomic.Bool
}

var _ sdklog.Processor = (*Processor)(nil)

// NewProcessor returns a processor for sdklog.WithProcessor: what instrumentation emits to that provider becomes records of log,
// at once and in the journal, so that no exporter has to be waited for. A nil log takes nothing.
//
// Time, level (severity minus 9; INFO without one), message and attributes are those of the log record; the trace context is the log
// record's, the other ids are those of the context. The event name and the scope are attributes, see the constants. An attribute "layer"
// of type string picks the layer, as with slog. The attributes of the resource are not written: let the enrich processor add what is the same for all
// records. What a [Driver] emits is left out: it came from a logger of ours.
func NewProcessor(log *hydra.Logger) *Processor {
	if log == nil {
		log = hydra.Discard
	}
	return &Processor{log: log, handler: log.Handler()}
}

// Enabled implements sdklog.Processor.
func (p *Processor) Enabled(ctx context.Context, param sdklog.EnabledParameters) bool {
	return !p.stopped.Load() && ctx.Value(fromDriver{}) == nil && p.handler.Enabled(ctx, levelOf(param.Severity))
}

// OnEmit implements sdklog.Processor. It waits for no destination.
func (p *Processor) OnEmit(ctx context.Context, r *sdklog.Record) error {
	level := levelOf(r.Severity())
	if p.stopped.Load() || ctx.Value(fromDriver{}) != nil || !p.handler.Enabled(ctx, level) {
		return nil
	}
	at := r.Timestamp()
	if at.IsZero() {
		at = r.ObservedTimestamp()
	}
	text, more := body(r)
	out := slog.NewRecord(at, level, text, 0)
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		out.AddAttrs(slog.Attr{Key: string(kv.Key), Value: slogValue(kv.Value)})
		return true
	})
	out.AddAttrs(append(more, described(r)...)...)
	return p.handler.Handle(withTrace(ctx, r), out)
}

// ForceFlush implements sdklog.Processor: everything that was accepted is delivered, or ctx ends.
func (p *Processor) ForceFlush(ctx context.Context) error { return p.log.Flush(ctx) }

// Shutdown implements sdklog.Processor. The logger stays open.
func (p *Processor) Shutdown(ctx context.Context) error {
	if p.stopped.Swap(true) {
		return nil
	}
	return p.log.Flush(ctx)
}

// withTrace returns a context with the trace of the log record, which may differ from that of the context it came with.
func withTrace(ctx context.Context, r *sdklog.Record) context.Context {
	ids, _ := correlation.FromContext(ctx)
	if ids.TraceID == r.TraceID() && ids.SpanID == r.SpanID() && ids.TraceFlags == byte(r.TraceFlags()) || !r.TraceID().IsValid() {
		return ctx
	}
	ids.TraceID, ids.SpanID, ids.TraceFlags = r.TraceID(), r.SpanID(), byte(r.TraceFlags())
	return correlation.With(ctx, ids)
}

// body is the message, and as an attribute a body that is no text.
func body(r *sdklog.Record) (string, []slog.Attr) {
	b := r.Body()
	switch {
	case b.Type() == attribute.STRING:
		return b.AsString(), nil
	case b.Type() == attribute.EMPTY:
		return r.EventName(), nil
	}
	text := r.EventName()
	if text == "" {
		text = b.String()
	}
	return text, []slog.Attr{{Key: BodyKey, Value: slogValue(b)}}
}

func described(r *sdklog.Record) []slog.Attr {
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add(EventNameKey, r.EventName())
	if r.Severity() == 0 {
		add(SeverityTextKey, r.SeverityText())
	}
	add(ScopeNameKey, r.InstrumentationScope().Name)
	add(ScopeVersionKey, r.InstrumentationScope().Version)
	return attrs
}

func slogValue(v attribute.Value) slog.Value {
	switch v.Type() {
	case attribute.MAP:
		kvs := v.AsMap()
		attrs := make([]slog.Attr, len(kvs))
		for i, kv := range kvs {
			attrs[i] = slog.Attr{Key: string(kv.Key), Value: slogValue(kv.Value)}
		}
		return slog.GroupValue(attrs...)
	case attribute.SLICE:
		return slog.AnyValue(plainList(v.AsSlice()))
	case attribute.EMPTY:
		return slog.AnyValue(nil)
	}
	return slog.AnyValue(v.AsInterface())
}

// plainList turns the elements into values of Go, for which slog has no list.
func plainList(in []attribute.Value) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = plain(v)
	}
	return out
}

func plain(v attribute.Value) any {
	switch v.Type() {
	case attribute.MAP:
		m := map[string]any{}
		for _, kv := range v.AsMap() {
			m[string(kv.Key)] = plain(kv.Value)
		}
		return m
	case attribute.SLICE:
		return plainList(v.AsSlice())
	case attribute.EMPTY:
		return nil
	}
	return v.AsInterface()
}
