package otelhydra

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// SpanIDs returns a processor that gives every record the trace id, span id and trace flags of the span in the context of its
// call, in place of those that [correlation] has for it; it is for [hydra.WithProcessor]. A record whose context has no span stays as it
// is. The processor costs the look at the context and, where there is a span, a copy of the record: on a path that
// makes many records with one context, [Context] is cheaper.
//
// [hydra.WithProcessor]: https://pkg.go.dev/github.com/hydra-logger/hydra#WithProcessor
func SpanIDs() processor.Processor { return spanIDs{} }

type spanIDs struct{}

// Screen implements processor.Screener.
func (spanIDs) Screen(ctx context.Context, v *record.View) bool {
	sc := trace.SpanContextFromContext(ctx)
	return sc.IsValid() && !same(&v.IDs, sc)
}

// Process implements processor.Processor.
func (spanIDs) Process(ctx context.Context, e *record.Event) bool {
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		take(&e.IDs, sc)
	}
	return true
}

// Context returns a context that carries the ids of the span in ctx in the way of package correlation, so that every record
// made with it has them, and [correlation.Inject] writes them. The span itself, and the other ids, stay. Where
// there is no correlation id, the trace id becomes it. Without a span, it is ctx. Call it where the span begins.
func Context(ctx context.Context) context.Context {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return ctx
	}
	ids, _ := correlation.FromContext(ctx)
	if ids.CorrelationID != "" && same(&ids, sc) {
		return ctx
	}
	take(&ids, sc)
	if ids.CorrelationID == "" {
		ids.CorrelationID = sc.TraceID().String()
	}
	return correlation.With(ctx, ids)
}

func same(ids *record.IDs, sc trace.SpanContext) bool {
	return ids.TraceID == sc.TraceID() && ids.SpanID == sc.SpanID() && ids.TraceFlags == byte(sc.TraceFlags())
}

func take(ids *record.IDs, sc trace.SpanContext) {
	ids.TraceID, ids.SpanID, ids.TraceFlags = sc.TraceID(), sc.SpanID(), byte(sc.TraceFlags())
}

// spanContext is the way back. It is that of a remote span: where it began is not known here.
func spanContext(ids *record.IDs) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: ids.TraceID, SpanID: ids.SpanID, TraceFlags: trace.TraceFlags(ids.TraceFlags), Remote: true,
	})
}
