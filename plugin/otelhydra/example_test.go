package otelhydra_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"

	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/plugin/otelhydra"
)

// printed prints JSON lines without their time, which an example can't compare.
type printed struct{}

var varies = regexp.MustCompile(`"timestamp":"[^"]*",`)

func (printed) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		fmt.Print(varies.ReplaceAllString(string(b.Data[it.Start:it.End]), ""))
	}
	return nil
}

func (printed) Close(context.Context) error { return nil }
func (printed) Local() bool                 { return true }

const config = "{mode: sync, layers: {default: {destinations: [{type: 'null'}]}}}"

func open(opts ...hydra.Option) *hydra.Logger {
	return hydra.Must(hydra.Parse([]byte(config), append(opts, hydra.WithDestination("", hydra.DestinationOptions{Name: "printed", Driver: printed{}}))...))
}

func ExampleSpanIDs() {
	log := open(hydra.WithProcessor(otelhydra.SpanIDs()))
	defer log.Close()
	// What a tracer's Start puts into the context; this span is not sampled.
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xa}, SpanID: trace.SpanID{0xb}}))
	log.Info(ctx, "charging", slog.Int("cents", 1200))
	// Output:
	// {"level":"INFO","layer":"default","message":"charging","trace_id":"0a000000000000000000000000000000","span_id":"0b00000000000000","cents":1200}
}

func ExampleNewProcessor() {
	log := open()
	defer log.Close()
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(otelhydra.NewProcessor(log)))
	var r otellog.Record
	r.SetSeverity(otellog.SeverityWarn)
	r.SetBody(attribute.StringValue("slow query"))
	r.AddAttributes(attribute.Int("rows", 3))
	provider.Logger("db/driver").Emit(context.Background(), r)
	// Output:
	// {"level":"WARNING","layer":"default","message":"slow query","rows":3,"otel.scope.name":"db/driver"}
}

func ExampleNewDriver() {
	provider := sdklog.NewLoggerProvider() // with a BatchProcessor over an exporter
	log := hydra.Must(hydra.Parse([]byte(config), hydra.WithDestination("", hydra.DestinationOptions{Name: "otel", Driver: otelhydra.NewDriver(provider)})))
	log.Info(context.Background(), "charging")
	fmt.Println(log.Close(), provider.Shutdown(context.Background()))
	// Output:
	// <nil> <nil>
}
