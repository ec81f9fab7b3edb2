package otelhydra

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// ScopeName is the instrumentation scope of records of a logger that has no name.
const ScopeName = "github.com/hydra-logger/hydra"

const (
	// flushEvery is how many records are emitted before a flush: as many as the SDK's BatchProcessor exports at once, and fewer
	// than its queue holds by default (2048), beyond which it drops.
	flushEvery = 512
	// maxScopes bounds the loggers that are kept; further names get one each time.
	maxScopes = 1000
)

// flusher is a provider that says when what was emitted has arrived, as that of the SDK does.
type flusher interface {
	ForceFlush(ctx context.Context) error
}

// Driver is a destination that emits records to a LoggerProvider of OpenTelemetry.
type Driver struct {
	provider log.LoggerProvider
	flush    flusher // nil: the provider can't
	scopes   map[string]log.Logger
}

var _ destination.Driver = (*Driver)(nil)

// NewDriver returns a destination for [hydra.WithDestination] that emits to provider. It does not shut the provider down: do
// that after the logger is closed.
//
// With the SDK's provider, a batch counts as delivered when ForceFlush says so, which is called after every 512 records. With
// the SDK's BatchProcessor that is the answer of its exporter: what the exporter refuses is delivered again, whole, so that records may
// arrive twice (log.record.uid tells them). A BatchProcessor needs a queue of 512 records at least, which is less than its default. The
// SDK's SimpleProcessor hides the errors of its exporter, and so does any provider without ForceFlush: what it was
// given counts as delivered.
//
// A record becomes a log record with its time, severity (slog's number plus 9, from 1 to 24), severity text, message as body, and trace
// context. Its attributes keep their kinds as far as OpenTelemetry has them: a group becomes a map, a duration its
// nanoseconds, a time text by RFC 3339, an error its message (with exception.type and exception.message beside it). Ids, layer and source become the
// attributes correlation_id, causation_id, message_id, layer, log.record.uid, code.function.name, code.file.path and code.line.number;
// the logger's name is the scope.
func NewDriver(provider log.LoggerProvider) *Driver {
	d := &Driver{provider: provider, scopes: map[string]log.Logger{}}
	d.flush, _ = provider.(flusher)
	return d
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return "opentelemetry" }

// Assurance implements destination.Assurer.
func (d *Driver) Assurance() string {
	if d.flush == nil {
		return "given to a LoggerProvider that does not say what becomes of it"
	}
	return ""
}

// fromDriver is the context key of what a driver emits.
type fromDriver struct{}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	emitCtx := context.WithValue(ctx, fromDriver{}, true)
	var v record.View
	for i := range b.Items {
		if err := v.Decode(b.Items[i].Raw); err != nil {
			return destination.Reject(fmt.Errorf("otelhydra: %w", err))
		}
		d.emit(emitCtx, &b.Items[i], &v)
		if (i+1)%flushEvery != 0 && i+1 < len(b.Items) {
			continue
		}
		if err := d.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *Driver) settle(ctx context.Context) error {
	if d.flush != nil {
		if err := d.flush.ForceFlush(ctx); err != nil {
			return destination.Retry(fmt.Errorf("otelhydra: the LoggerProvider's ForceFlush: %w", err), 0)
		}
	}
	return ctx.Err() // a provider without it is not waited for, but its batch is not delivered past the deadline
}

// Close implements destination.Driver. The provider goes on.
func (d *Driver) Close(context.Context) error { return nil }

func (d *Driver) emit(ctx context.Context, it *destination.Item, v *record.View) {
	var r log.Record
	if v.Time != record.NoTime {
		r.SetTimestamp(time.Unix(0, v.Time))
	}
	r.SetSeverity(severityOf(v.Level))
	r.SetSeverityText(string(format.AppendLevel(nil, v.Level)))
	r.SetBody(attribute.StringValue(clone(v.Message)))
	r.AddAttributes(append(ownAttributes(it, v), attributesOf(v)...)...)
	// Always, so that a span of the caller's context is not taken for the record's.
	d.scope(v.Logger).Emit(trace.ContextWithSpanContext(ctx, spanContext(&v.IDs)), r)
}

func (d *Driver) scope(name string) log.Logger {
	if name == "" {
		name = ScopeName
	}
	l, known := d.scopes[name]
	if !known {
		name = clone(name)
		l = d.provider.Logger(name)
		if len(d.scopes) < maxScopes {
			d.scopes[name] = l
		}
	}
	return l
}

// severityOf is the number of OpenTelemetry's data model: TRACE 1, DEBUG 5, INFO 9, WARN 13, ERROR 17, FATAL 21, up to 24.
func severityOf(l slog.Level) log.Severity { return log.Severity(min(max(int64(l)+9, 1), 24)) }

// levelOf is the way back. An undefined severity is INFO.
func levelOf(s log.Severity) slog.Level {
	if s == log.SeverityUndefined {
		return slog.LevelInfo
	}
	return slog.Level(min(max(s, 1), 24)) - 9
}
