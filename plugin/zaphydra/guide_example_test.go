package zaphydra_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/plugin/zaphydra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// beside prints JSON lines behind a name and without their time, which an example can't compare.
type beside struct{ name string }

var timeOf = regexp.MustCompile(`"(ts|timestamp)":("[^"]*"|[0-9.e+]+),?`)

func (p beside) print(line []byte) { fmt.Printf("%-6s %s", p.name, timeOf.ReplaceAll(line, nil)) }

func (p beside) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		p.print(b.Data[it.Start:it.End])
	}
	return nil
}

func (beside) Close(context.Context) error { return nil }
func (beside) Local() bool                 { return true }

// asZap is what "schema: zap" is in a configuration.
func asZap() format.Formatter {
	f, err := format.New("json-lines", format.Options{Schema: format.SchemaZap})
	if err != nil {
		panic(err)
	}
	return f
}

// sideBySide runs code with zap's production encoder and with Hydra-Logger behind zap: a destination with the default
// names of fields, and one with schema: zap.
func sideBySide(code func(logger *zap.Logger)) {
	var before bytes.Buffer
	code(zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&before), zap.DebugLevel)))
	beside{"zap"}.print(before.Bytes())
	log := hydra.Must(hydra.Parse([]byte("{mode: sync, layers: {default: {level: DEBUG, destinations: [{type: 'null'}]}}}"),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "flat", Driver: beside{"flat"}}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "schema", Driver: beside{"schema"}, Formatter: asZap})))
	defer log.Close()
	code(zap.New(zaphydra.NewCore(log)))
}

func ExampleNewCore_record() {
	sideBySide(func(logger *zap.Logger) {
		logger.Error("declined", zap.String("user", "u1"), zap.Int("cents", 1200), zap.Error(errors.New("no funds")))
	})
	// Output:
	// zap    {"level":"error","msg":"declined","user":"u1","cents":1200,"error":"no funds"}
	// flat   {"level":"ERROR","layer":"default","message":"declined","user":"u1","cents":1200,"error":"no funds"}
	// schema {"level":"error","msg":"declined","layer":"default","user":"u1","cents":1200,"error":"no funds"}
}

func ExampleNewCore_namespaces() {
	sideBySide(func(logger *zap.Logger) {
		logger.Named("pay").With(zap.String("service", "pay"), zap.Namespace("order"), zap.String("id", "A-17")).Warn("late", zap.Int("lines", 3), zap.Dict("by", zap.String("name", "ann")))
	})
	// Output:
	// zap    {"level":"warn","logger":"pay","msg":"late","service":"pay","order":{"id":"A-17","lines":3,"by":{"name":"ann"}}}
	// flat   {"level":"WARNING","layer":"default","logger":"pay","message":"late","service":"pay","order":{"id":"A-17","lines":3,"by":{"name":"ann"}}}
	// schema {"level":"warn","logger":"pay","msg":"late","layer":"default","service":"pay","order":{"id":"A-17","lines":3,"by":{"name":"ann"}}}
}

func ExampleNewCore_values() {
	sideBySide(func(logger *zap.Logger) {
		logger.Info("paid", zap.Duration("took", 1500*time.Microsecond), zap.Time("at", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), zap.Float64("ratio", 0.5),
			zap.Strings("tags", []string{"a", "b"}), zap.Binary("raw", []byte{1, 255}), zap.Any("any", map[string]int{"n": 1}), zap.Complex64("c", 1+2i))
	})
	// Output:
	// zap    {"level":"info","msg":"paid","took":0.0015,"at":1767323045,"ratio":0.5,"tags":["a","b"],"raw":"Af8=","any":{"n":1},"c":"1+2i"}
	// flat   {"level":"INFO","layer":"default","message":"paid","took":1500000,"at":"2026-01-02T03:04:05Z","ratio":0.5,"tags":["a","b"],"raw":"Af8=","any":{"n":1},"c":"1+2i"}
	// schema {"level":"info","msg":"paid","layer":"default","took":1500000,"at":"2026-01-02T03:04:05Z","ratio":0.5,"tags":["a","b"],"raw":"Af8=","any":{"n":1},"c":"1+2i"}
}

func ExampleNewCore_sugar() {
	sideBySide(func(logger *zap.Logger) { logger.Sugar().Infow("paid", "cents", 1200, "ok", true) })
	// Output:
	// zap    {"level":"info","msg":"paid","cents":1200,"ok":true}
	// flat   {"level":"INFO","layer":"default","message":"paid","cents":1200,"ok":true}
	// schema {"level":"info","msg":"paid","layer":"default","cents":1200,"ok":true}
}

func ExampleNewCore_layer() {
	sideBySide(func(logger *zap.Logger) { logger.Info("role granted", zap.String("layer", "audit")) })
	// Output:
	// zap    {"level":"info","msg":"role granted","layer":"audit"}
	// flat   {"level":"INFO","layer":"audit","message":"role granted"}
	// schema {"level":"info","msg":"role granted","layer":"audit"}
}

func ExampleCtx() {
	ctx := correlation.Ensure(context.Background(), "flow-1")
	sideBySide(func(logger *zap.Logger) {
		logger.Info("paid", zaphydra.Ctx(ctx), zap.Int("cents", 1200))
	})
	// Output:
	// zap    {"level":"info","msg":"paid","cents":1200}
	// flat   {"level":"INFO","layer":"default","message":"paid","correlation_id":"flow-1","cents":1200}
	// schema {"level":"info","msg":"paid","layer":"default","correlation_id":"flow-1","cents":1200}
}

// Settings of lumberjack, with its names and units.
func ExampleNewCore_lumberjack() {
	cfg, _, err := config.Parse([]byte(`
layers:
  default:
    destinations:
      - type: file
        filename: /var/log/pay/app.jsonl
        maxsize: 100      # megabytes
        maxbackups: 5
        maxage: 28        # days
        compress: true
        localtime: true
        schema: zap
`), config.Options{})
	if err != nil {
		panic(err)
	}
	d := cfg.Layers["default"].Destinations[0]
	fmt.Println(d.Path, d.MaxSize, *d.BackupCount, d.MaxAge, d.Compress, d.RotateZone)
	// Output:
	// /var/log/pay/app.jsonl 100MiB 5 672h0m0s gzip Local
}
