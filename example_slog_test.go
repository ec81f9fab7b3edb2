package hydra_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
)

// besideSlog prints JSON lines behind a name and without their time, which an example can't compare.
type besideSlog struct{ name string }

var timeOf = regexp.MustCompile(`"(time|timestamp)":"[^"]*",?`)

func (p besideSlog) print(line []byte) { fmt.Printf("%-6s %s", p.name, timeOf.ReplaceAll(line, nil)) }

func (p besideSlog) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		p.print(b.Data[it.Start:it.End])
	}
	return nil
}

func (besideSlog) Close(context.Context) error { return nil }
func (besideSlog) Local() bool                 { return true }

// inSchemaSlog is what "schema: slog" is in a configuration.
func inSchemaSlog() format.Formatter {
	f, err := format.New("json-lines", format.Options{Schema: format.SchemaSlog})
	if err != nil {
		panic(err)
	}
	return f
}

// openBesideSlog has a destination with the default names of fields, and one with schema: slog.
func openBesideSlog() *hydra.Logger {
	return hydra.Must(hydra.Parse([]byte("{mode: sync, layers: {default: {level: DEBUG, destinations: [{type: 'null'}]}}}"),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "flat", Driver: besideSlog{"flat"}}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "schema", Driver: besideSlog{"schema"}, Formatter: inSchemaSlog})))
}

// sideBySide runs code with slog's JSON handler, and with that of Hydra-Logger.
func sideBySide(code func(logger *slog.Logger)) {
	var before bytes.Buffer
	code(slog.New(slog.NewJSONHandler(&before, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for line := range bytes.Lines(before.Bytes()) {
		besideSlog{"slog"}.print(line)
	}
	log := openBesideSlog()
	defer log.Close()
	code(log.Slog())
}

// The same calls with slog's handler and with that of Hydra-Logger.
func ExampleLogger_Slog_record() {
	sideBySide(func(logger *slog.Logger) {
		logger.Error("declined", "user", "u1", slog.Int("cents", 1200), slog.Any("error", errors.New("no funds")))
	})
	// Output:
	// slog   {"level":"ERROR","msg":"declined","user":"u1","cents":1200,"error":"no funds"}
	// flat   {"level":"ERROR","layer":"default","message":"declined","user":"u1","cents":1200,"error":"no funds"}
	// schema {"level":"ERROR","msg":"declined","layer":"default","user":"u1","cents":1200,"error":"no funds"}
}

func ExampleLogger_Slog_groups() {
	sideBySide(func(logger *slog.Logger) {
		logger.With("service", "pay").WithGroup("order").With("id", "A-17").Warn("late", slog.Int("lines", 3), slog.Group("by", "name", "ann"))
	})
	// Output:
	// slog   {"level":"WARN","msg":"late","service":"pay","order":{"id":"A-17","lines":3,"by":{"name":"ann"}}}
	// flat   {"level":"WARNING","layer":"default","message":"late","service":"pay","order":{"id":"A-17","lines":3,"by":{"name":"ann"}}}
	// schema {"level":"WARN","msg":"late","layer":"default","service":"pay","order":{"id":"A-17","lines":3,"by":{"name":"ann"}}}
}

type card string

func (c card) LogValue() slog.Value { return slog.StringValue("****" + string(c[len(c)-4:])) }

func ExampleLogger_Slog_values() {
	sideBySide(func(logger *slog.Logger) {
		logger.Info("paid", "took", 1500*time.Microsecond, "at", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "ratio", 0.5, "tags", []string{"a", "b"},
			"any", map[string]int{"n": 1}, "card", card("4111111111111111"), "none", nil)
	})
	// Output:
	// slog   {"level":"INFO","msg":"paid","took":1500000,"at":"2026-01-02T03:04:05Z","ratio":0.5,"tags":["a","b"],"any":{"n":1},"card":"****1111","none":null}
	// flat   {"level":"INFO","layer":"default","message":"paid","took":1500000,"at":"2026-01-02T03:04:05Z","ratio":0.5,"tags":["a","b"],"any":{"n":1},"card":"****1111","none":null}
	// schema {"level":"INFO","msg":"paid","layer":"default","took":1500000,"at":"2026-01-02T03:04:05Z","ratio":0.5,"tags":["a","b"],"any":{"n":1},"card":"****1111","none":null}
}

func ExampleLogger_Slog_levels() {
	sideBySide(func(logger *slog.Logger) {
		logger.Debug("d")
		logger.Log(context.Background(), slog.LevelInfo+2, "between")
	})
	// Output:
	// slog   {"level":"DEBUG","msg":"d"}
	// slog   {"level":"INFO+2","msg":"between"}
	// flat   {"level":"DEBUG","layer":"default","message":"d"}
	// schema {"level":"DEBUG","msg":"d","layer":"default"}
	// flat   {"level":"INFO+2","layer":"default","message":"between"}
	// schema {"level":"INFO+2","msg":"between","layer":"default"}
}

// An attribute picks the layer, and is not written as one.
func ExampleLogger_Slog_layer() {
	sideBySide(func(logger *slog.Logger) { logger.Info("role granted", "layer", "audit") })
	// Output:
	// slog   {"level":"INFO","msg":"role granted","layer":"audit"}
	// flat   {"level":"INFO","layer":"audit","message":"role granted"}
	// schema {"level":"INFO","msg":"role granted","layer":"audit"}
}

// What handlers around a handler are written for: ids and attributes of the context.
func ExampleLogger_Slog_context() {
	ctx := correlation.Ensure(context.Background(), "flow-1")
	ctx = hydra.WithAttrs(ctx, slog.String("tenant", "t1"))
	sideBySide(func(logger *slog.Logger) { logger.InfoContext(ctx, "paid") })
	// Output:
	// slog   {"level":"INFO","msg":"paid"}
	// flat   {"level":"INFO","layer":"default","message":"paid","correlation_id":"flow-1","tenant":"t1"}
	// schema {"level":"INFO","msg":"paid","layer":"default","correlation_id":"flow-1","tenant":"t1"}
}

// The same record without slog's Logger, for call sites that change.
func ExampleLogger_With_fromSlog() {
	log := openBesideSlog()
	defer log.Close()
	ctx := correlation.Ensure(context.Background(), "flow-1")
	pay := log.With(slog.String("service", "pay"))
	pay.Error(ctx, "declined", slog.Int("cents", 1200), hydra.Err(errors.New("no funds")))
	// Output:
	// flat   {"level":"ERROR","layer":"default","message":"declined","correlation_id":"flow-1","service":"pay","cents":1200,"error":"no funds"}
	// schema {"level":"ERROR","msg":"declined","layer":"default","correlation_id":"flow-1","service":"pay","cents":1200,"error":"no funds"}
}
