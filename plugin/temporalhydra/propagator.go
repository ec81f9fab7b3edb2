package temporalhydra

import (
	"context"
	"maps"

	"go.temporal.io/sdk/converter"
	tlog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"github.com/hydra-logger/hydra/correlation"
)

// names are the headers that are read and written.
func names() []string { return []string{CorrelationKey, CausationKey, "traceparent", "tracestate"} }

type propagator struct{}

// NewPropagator returns a propagator for client.Options. The headers are correlation_id, causation_id, traceparent and tracestate. What a workflow
// starts names the workflow's id as its cause. Where there are no ids nothing is written, and none are made: a workflow that is replayed has to see what it saw before.
func NewPropagator() workflow.ContextPropagator { return propagator{} }

// Inject implements workflow.ContextPropagator.
func (propagator) Inject(ctx context.Context, w workflow.HeaderWriter) error {
	ids := correlation.Map{}
	correlation.Inject(ctx, ids)
	return write(w, ids)
}

// Extract implements workflow.ContextPropagator.
func (propagator) Extract(ctx context.Context, r workflow.HeaderReader) (context.Context, error) {
	ids := read(r)
	if len(ids) == 0 {
		return ctx, nil
	}
	return correlation.Extract(ctx, ids), nil
}

// idsKey is the key of the ids in a workflow's context, a correlation.Map.
type idsKey struct{}

// InjectFromWorkflow implements workflow.ContextPropagator.
func (propagator) InjectFromWorkflow(ctx workflow.Context, w workflow.HeaderWriter) error {
	ids, _ := ctx.Value(idsKey{}).(correlation.Map)
	if len(ids) == 0 {
		return nil
	}
	if id := workflow.GetInfo(ctx).WorkflowExecution.ID; correlation.Valid(id) {
		ids = maps.Clone(ids)
		ids[CausationKey] = id
	}
	return write(w, ids)
}

// ExtractToWorkflow implements workflow.ContextPropagator.
func (propagator) ExtractToWorkflow(ctx workflow.Context, r workflow.HeaderReader) (workflow.Context, error) {
	ids := read(r)
	if len(ids) == 0 {
		return ctx, nil
	}
	return workflow.WithValue(ctx, idsKey{}, ids), nil
}

// Logger returns the logger of a workflow, as workflow.GetLogger does, whose records carry the workflow's ids; their message id is the
// workflow's id.
func Logger(ctx workflow.Context) tlog.Logger {
	log := workflow.GetLogger(ctx)
	ids, _ := ctx.Value(idsKey{}).(correlation.Map)
	var keyvals []any
	for _, name := range []string{CorrelationKey, CausationKey} {
		if ids[name] != "" {
			keyvals = append(keyvals, name, ids[name])
		}
	}
	if len(keyvals) == 0 {
		return log
	}
	return tlog.With(log, append(keyvals, MessageKey, workflow.GetInfo(ctx).WorkflowExecution.ID)...)
}

func write(w workflow.HeaderWriter, ids correlation.Map) error {
	for _, name := range names() {
		if ids[name] == "" {
			continue
		}
		p, err := converter.GetDefaultDataConverter().ToPayload(ids[name])
		if err != nil {
			return err
		}
		w.Set(name, p)
	}
	return nil
}

// read returns the ids that are there. What is no text, or no id, is left out: a header may come from anybody.
func read(r workflow.HeaderReader) correlation.Map {
	ids := correlation.Map{}
	for _, name := range names() {
		p, there := r.Get(name)
		if !there {
			continue
		}
		var text string
		if converter.GetDefaultDataConverter().FromPayload(p, &text) != nil {
			continue
		}
		if isID := name == CorrelationKey || name == CausationKey; isID && !correlation.Valid(text) {
			continue
		}
		ids[name] = text
	}
	return ids
}
