package otelhydra_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination/destinationtest"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/otelhydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

// exporter is the end of a pipeline of OpenTelemetry's SDK.
type exporter struct {
	mu   sync.Mutex
	fail error
	wait chan struct{} // not nil: Export waits for it, or for its context
	got  []sdklog.Record
}

func (e *exporter) Export(ctx context.Context, records []sdklog.Record) error {
	e.mu.Lock()
	wait := e.wait
	e.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail != nil {
		return e.fail
	}
	for i := range records {
		e.got = append(e.got, records[i].Clone())
	}
	return nil
}

func (e *exporter) Shutdown(context.Context) error   { return nil }
func (e *exporter) ForceFlush(context.Context) error { return nil }

func (e *exporter) set(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

func (e *exporter) records() []sdklog.Record {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.got)
}

// provider is one of the SDK, which is shut down when the test ends.
func provider(t *testing.T, p ...sdklog.Processor) *sdklog.LoggerProvider {
	t.Helper()
	var opts []sdklog.LoggerProviderOption
	for _, one := range p {
		opts = append(opts, sdklog.WithProcessor(one))
	}
	lp := sdklog.NewLoggerProvider(opts...)
	t.Cleanup(func() { _ = lp.Shutdown(context.Background()) })
	return lp
}

func to(lp otellog.LoggerProvider) hydra.Option {
	return hydra.WithDestination("", hydra.DestinationOptions{Name: "otel", Driver: otelhydra.NewDriver(lp)})
}

func flush(t *testing.T, log *hydra.Logger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := log.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// spanOf returns a context with a span, sampled or not.
func spanOf(t *testing.T, s sdktrace.Sampler) context.Context {
	t.Helper()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(s))
	t.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	ctx, span := tp.Tracer("test").Start(context.Background(), "work")
	t.Cleanup(func() { span.End() })
	return ctx
}

func TestRecordsCarryTheIDsOfASpanSampledOrNot(t *testing.T) {
	for name, s := range map[string]sdktrace.Sampler{"sampled": sdktrace.AlwaysSample(), "not sampled": sdktrace.NeverSample()} {
		t.Run(name, func(t *testing.T) {
			log, rec := hydratest.New(t, hydra.WithProcessor(otelhydra.SpanIDs()))
			ctx := spanOf(t, s)
			sc := trace.SpanContextFromContext(ctx)
			if !sc.IsValid() || sc.IsSampled() != (name == "sampled") {
				t.Fatalf("span context %v", sc)
			}
			log.Info(ctx, "m")
			log.Info(otelhydra.Context(ctx), "of the context", slog.Int("n", 1))
			log.Slog().InfoContext(ctx, "slog")
			log.Info(context.Background(), "no span")
			for _, m := range []string{"m", "of the context", "slog"} {
				ids := rec.Expect(hydratest.HasMessage(m)).IDs
				if ids.TraceID != sc.TraceID() || ids.SpanID != sc.SpanID() || ids.TraceFlags != byte(sc.TraceFlags()) {
					t.Errorf("%s: ids %+v", m, ids)
				}
			}
			rec.Expect(hydratest.HasMessage("of the context"), hydratest.HasCorrelationID(sc.TraceID().String()))
			if ids := rec.Expect(hydratest.HasMessage("no span")).IDs; ids != (record.IDs{}) {
				t.Errorf("without a span: %+v", ids)
			}
		})
	}
}

func TestTheSpanGoesBeforeTheTraceThatCameIn(t *testing.T) {
	log, rec := hydratest.New(t, hydra.WithProcessor(otelhydra.SpanIDs()))
	ctx := spanOf(t, sdktrace.AlwaysSample())
	ctx = correlation.With(ctx, record.IDs{CorrelationID: "flow", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	log.Info(ctx, "m")
	ids := rec.Expect(hydratest.HasMessage("m"), hydratest.HasCorrelationID("flow")).IDs
	if ids.TraceID != trace.SpanContextFromContext(ctx).TraceID() {
		t.Errorf("ids %+v", ids)
	}
	if got := correlation.ID(otelhydra.Context(ctx)); got != "flow" {
		t.Errorf("correlation id %q", got)
	}
	if bare := context.Background(); otelhydra.Context(bare) != bare {
		t.Error("a context without a span was changed")
	}
}

func TestARecordArrivesWhole(t *testing.T) {
	e := &exporter{}
	log, _ := hydratest.New(t, to(provider(t, sdklog.NewBatchProcessor(e))))
	ids := record.IDs{CorrelationID: "flow", CausationID: "cause", MessageID: "msg", TraceID: [16]byte{1}, SpanID: [8]byte{2}, TraceFlags: 1}
	at := time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC)
	log.Layer("events").Error(correlation.With(context.Background(), ids), "declined",
		slog.Int("n", -7), slog.Uint64("big", 1<<63), slog.Float64("f", 1.5), slog.Bool("b", true), slog.Duration("d", time.Second), slog.Time("at", at),
		slog.Any("bytes", []byte{1, 2}), slog.Any("nil", nil), slog.Any("list", []any{1, "a"}), slog.Group("g", slog.String("k", "v")),
		hydra.Err(errors.New("no funds")))
	flush(t, log)
	got := e.records()
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	r := got[0]
	if r.Body().AsString() != "declined" || r.Severity() != otellog.SeverityError || r.SeverityText() != "ERROR" || time.Since(r.Timestamp()).Abs() > time.Hour ||
		r.TraceID() != ids.TraceID || r.SpanID() != ids.SpanID || !r.TraceFlags().IsSampled() || r.InstrumentationScope().Name != otelhydra.ScopeName {
		t.Errorf("record %+v", r)
	}
	attrs := map[string]attribute.Value{}
	r.WalkAttributes(func(kv attribute.KeyValue) bool { attrs[string(kv.Key)] = kv.Value; return true })
	for key, want := range map[string]attribute.Value{
		"layer": attribute.StringValue("events"), "correlation_id": attribute.StringValue("flow"), "causation_id": attribute.StringValue("cause"),
		"message_id": attribute.StringValue("msg"), "n": attribute.Int64Value(-7), "big": attribute.StringValue("9223372036854775808"),
		"f": attribute.Float64Value(1.5), "b": attribute.BoolValue(true), "d": attribute.Int64Value(1e9), "at": attribute.StringValue(at.Format(time.RFC3339Nano)),
		"bytes": attribute.ByteSliceValue([]byte{1, 2}), "nil": {}, "g": attribute.MapValue(attribute.String("k", "v")),
		"list": attribute.SliceValue(attribute.Int64Value(1), attribute.StringValue("a")), "error": attribute.StringValue("no funds"),
		"exception.type": attribute.StringValue("*errors.errorString"), "exception.message": attribute.StringValue("no funds"),
	} {
		if attrs[key].String() != want.String() || attrs[key].Type() != want.Type() {
			t.Errorf("%s: %v %v, want %v %v", key, attrs[key].Type(), attrs[key], want.Type(), want)
		}
	}
	if attrs["log.record.uid"].AsString() == "" {
		t.Error("no log.record.uid")
	}
}

func TestMoreRecordsThanTheSDKsQueueHoldsAllArrive(t *testing.T) {
	const n = 5000
	e := &exporter{}
	e.wait = make(chan struct{})
	log, _ := hydratest.New(t, to(provider(t, sdklog.NewBatchProcessor(e, sdklog.WithMaxQueueSize(600)))))
	for i := range n {
		log.Info(context.Background(), "m", slog.Int("i", i))
	}
	e.set(func() { close(e.wait); e.wait = nil })
	flush(t, log)
	if got := len(e.records()); got != n {
		t.Errorf("%d records of %d", got, n)
	}
}

func TestWhatTheExporterRefusesIsDeliveredAgain(t *testing.T) {
	e := &exporter{fail: errors.New("collector is down")}
	log, _ := hydratest.New(t, to(provider(t, sdklog.NewBatchProcessor(e))))
	log.Info(context.Background(), "m")
	for late := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if d := status(log); d.Retries > 0 {
			if !strings.Contains(d.LastError, "collector is down") {
				t.Errorf("last error %q", d.LastError)
			}
			break
		}
		if time.Now().After(late) {
			t.Fatal("nothing is retried")
		}
	}
	e.set(func() { e.fail = nil })
	flush(t, log)
	if got := e.records(); len(got) != 1 {
		t.Errorf("%d records", len(got))
	}
}

func TestDriverKeepsTheRules(t *testing.T) {
	destinationtest.Run(t, func(t *testing.T) destinationtest.Harness {
		e := &exporter{}
		return destinationtest.Harness{
			Driver: otelhydra.NewDriver(provider(t, sdklog.NewBatchProcessor(e))),
			Block: func() func() {
				wait := make(chan struct{})
				e.set(func() { e.wait = wait })
				return func() { e.set(func() { close(wait); e.wait = nil }) }
			},
			Break: func() func() {
				e.set(func() { e.fail = errors.New("broken") })
				return func() { e.set(func() { e.fail = nil }) }
			},
		}
	})
}

func TestRecordsOfOpenTelemetryBecomeOurs(t *testing.T) {
	log, rec := hydratest.New(t)
	l := provider(t, otelhydra.NewProcessor(log)).Logger("db/driver", otellog.WithInstrumentationVersion("1.2"))
	ctx := spanOf(t, sdktrace.NeverSample())
	ctx = correlation.Ensure(ctx, "flow")
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	var r otellog.Record
	r.SetTimestamp(at)
	r.SetSeverity(otellog.SeverityWarn2)
	r.SetBody(attribute.StringValue("slow query"))
	r.SetEventName("db.slow")
	r.AddAttributes(attribute.Int("rows", 3), attribute.Map("g", attribute.String("k", "v")), attribute.StringSlice("tables", []string{"a", "b"}),
		attribute.Slice("mixed", attribute.Int64Value(1), attribute.MapValue(attribute.Bool("x", true))), attribute.String("layer", "events"))
	l.Emit(ctx, r)
	got := rec.Expect(hydratest.HasMessage("slow query"), hydratest.Level(slog.LevelWarn+1), hydratest.HasCorrelationID("flow"), hydratest.Layer("events"),
		hydratest.HasAttr("rows", 3), hydratest.HasAttr("g.k", "v"), hydratest.HasAttr("tables", []any{"a", "b"}), hydratest.HasAttr("event.name", "db.slow"),
		hydratest.HasAttr("otel.scope.name", "db/driver"), hydratest.HasAttr("otel.scope.version", "1.2"))
	sc := trace.SpanContextFromContext(ctx)
	if !got.Time.Equal(at) || got.IDs.TraceID != sc.TraceID() || got.IDs.SpanID != sc.SpanID() {
		t.Errorf("record %+v", got)
	}

	var bare otellog.Record
	bare.SetBody(attribute.MapValue(attribute.Int("code", 7)))
	bare.SetSeverityText("odd")
	l.Emit(context.Background(), bare)
	rec.Expect(hydratest.HasMessage(`{"code":7}`), hydratest.Level(slog.LevelInfo), hydratest.HasAttr("body.code", 7), hydratest.HasAttr("severity_text", "odd"))
}

func TestAProcessorThatIsShutDownTakesNothingAndLeavesTheLoggerOpen(t *testing.T) {
	log, rec := hydratest.New(t)
	p := otelhydra.NewProcessor(log)
	lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	var r otellog.Record
	r.SetBody(attribute.StringValue("before"))
	lp.Logger("x").Emit(context.Background(), r)
	if err := errors.Join(lp.ForceFlush(context.Background()), lp.Shutdown(context.Background()), p.Shutdown(context.Background())); err != nil {
		t.Error(err)
	}
	if p.Enabled(context.Background(), sdklog.EnabledParameters{Severity: otellog.SeverityError}) {
		t.Error("it is enabled")
	}
	if err := p.OnEmit(context.Background(), &sdklog.Record{}); err != nil {
		t.Error(err)
	}
	log.Info(context.Background(), "after")
	rec.Expect(hydratest.HasMessage("after"))
	rec.ExpectCount(2)
	if err := otelhydra.NewProcessor(nil).OnEmit(context.Background(), &sdklog.Record{}); err != nil {
		t.Error(err)
	}
}

func TestBothWaysAtOnceAreNoLoop(t *testing.T) {
	e := &exporter{}
	late := &lateProcessor{}
	log, rec := hydratest.New(t, to(provider(t, sdklog.NewBatchProcessor(e), late)))
	late.Processor = otelhydra.NewProcessor(log)
	log.Info(context.Background(), "m")
	flush(t, log)
	flush(t, log)
	rec.ExpectCount(1)
	if got := len(e.records()); got != 1 {
		t.Errorf("%d records went out", got)
	}
}

// lateProcessor becomes one that needs the logger of the provider that it belongs to.
type lateProcessor struct{ sdklog.Processor }

func (l *lateProcessor) ForceFlush(context.Context) error { return nil }

func TestSeveritiesAreThoseOfTheDataModel(t *testing.T) {
	e := &exporter{}
	log, _ := hydratest.New(t, to(provider(t, sdklog.NewSimpleProcessor(e))))
	levels := map[slog.Level]otellog.Severity{hydra.LevelTrace: 1, hydra.LevelDebug: 5, hydra.LevelInfo: 9, hydra.LevelWarning: 13, hydra.LevelError: 17, hydra.LevelCritical: 21, 40: 24}
	for l := range levels {
		log.Log(context.Background(), l, fmt.Sprint(int(l)))
	}
	flush(t, log)
	got := e.records()
	if len(got) != len(levels) {
		t.Fatalf("%d records", len(got))
	}
	for _, r := range got {
		var l int
		_, _ = fmt.Sscan(r.Body().AsString(), &l)
		if r.Severity() != levels[slog.Level(l)] {
			t.Errorf("level %d: severity %d", l, r.Severity())
		}
	}
}

func status(log *hydra.Logger) health.Destination {
	for _, d := range log.Health().Destinations {
		if d.Name == "otel" {
			return d
		}
	}
	return health.Destination{}
}
