package zerologhydra_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/plugin/zerologhydra"
	"github.com/rs/zerolog"
)

// printed prints JSON lines behind a name and without their time, which an example can't compare.
type printed struct{ name string }

var timeOf = regexp.MustCompile(`"(time|timestamp)":"[^"]*",?`)

func (p printed) print(line []byte) { fmt.Printf("%-7s %s", p.name, timeOf.ReplaceAll(line, nil)) }

func (p printed) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		p.print(b.Data[it.Start:it.End])
	}
	return nil
}

func (printed) Close(context.Context) error { return nil }
func (printed) Local() bool                 { return true }

// asZerolog is what "schema: zerolog" is in a configuration.
func asZerolog() format.Formatter {
	f, err := format.New("json-lines", format.Options{Schema: format.SchemaZerolog})
	if err != nil {
		panic(err)
	}
	return f
}

// sideBySide runs code with a logger of zerolog's own and with one that writes to Hydra-Logger: to a destination with the default
// names of fields, and to one with schema: zerolog.
func sideBySide(code func(logger zerolog.Logger)) {
	var before bytes.Buffer
	code(zerolog.New(&before))
	printed{"zerolog"}.print(before.Bytes())
	log := hydra.Must(hydra.Parse([]byte("{mode: sync, layers: {default: {level: DEBUG, destinations: [{type: 'null'}]}}}"),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "flat", Driver: printed{"flat"}}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "schema", Driver: printed{"schema"}, Formatter: asZerolog})))
	defer log.Close()
	code(zerolog.New(zerologhydra.NewWriter(log)))
}

func ExampleNewWriter() {
	sideBySide(func(logger zerolog.Logger) {
		logger.Error().Str("user", "u1").Int("cents", 1200).Err(errors.New("no funds")).Msg("declined")
	})
	// Output:
	// zerolog {"level":"error","user":"u1","cents":1200,"error":"no funds","message":"declined"}
	// flat    {"level":"ERROR","layer":"default","message":"declined","user":"u1","cents":1200,"error":"no funds"}
	// schema  {"level":"error","layer":"default","user":"u1","cents":1200,"error":"no funds","message":"declined"}
}

// Fields of a logger, a Dict and an Object.
func ExampleNewWriter_bound() {
	sideBySide(func(logger zerolog.Logger) {
		logger = logger.With().Str("service", "pay").Logger()
		logger.Warn().Dict("order", zerolog.Dict().Str("id", "A-17").Int("lines", 3)).Object("by", user{"ann"}).Msg("late")
	})
	// Output:
	// zerolog {"level":"warn","service":"pay","order":{"id":"A-17","lines":3},"by":{"name":"ann","n":1},"message":"late"}
	// flat    {"level":"WARNING","layer":"default","message":"late","service":"pay","order":{"id":"A-17","lines":3},"by":{"name":"ann","n":1}}
	// schema  {"level":"warn","layer":"default","service":"pay","order":{"id":"A-17","lines":3},"by":{"name":"ann","n":1},"message":"late"}
}

// zerolog has made text and numbers of these before a writer sees them; they stay what they are.
func ExampleNewWriter_values() {
	sideBySide(func(logger zerolog.Logger) {
		logger.Info().Dur("took", 1500*time.Microsecond).Time("at", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)).Bool("ok", true).Float64("ratio", 0.5).
			Strs("tags", []string{"a", "b"}).Hex("hash", []byte{1, 255}).RawJSON("raw", []byte(`{"a":[1,null]}`)).Any("any", map[string]int{"n": 1}).Send()
	})
	// Output:
	// zerolog {"level":"info","took":1.5,"at":"2026-01-02T03:04:05Z","ok":true,"ratio":0.5,"tags":["a","b"],"hash":"01ff","raw":{"a":[1,null]},"any":{"n":1}}
	// flat    {"level":"INFO","layer":"default","message":"","took":1.5,"at":"2026-01-02T03:04:05Z","ok":true,"ratio":0.5,"tags":["a","b"],"hash":"01ff","raw":{"a":[1,null]},"any":{"n":1}}
	// schema  {"level":"info","layer":"default","took":1.5,"at":"2026-01-02T03:04:05Z","ok":true,"ratio":0.5,"tags":["a","b"],"hash":"01ff","raw":{"a":[1,null]},"any":{"n":1},"message":""}
}

func ExampleNewWriter_caller() {
	defer func(old func(uintptr, string, int) string) { zerolog.CallerMarshalFunc = old }(zerolog.CallerMarshalFunc)
	zerolog.CallerMarshalFunc = func(_ uintptr, file string, _ int) string { return filepath.Base(file) }
	sideBySide(func(logger zerolog.Logger) { logger.Debug().Caller().Msg("here") })
	// Output:
	// zerolog {"level":"debug","caller":"example_test.go","message":"here"}
	// flat    {"level":"DEBUG","layer":"default","message":"here","caller":"example_test.go"}
	// schema  {"level":"debug","layer":"default","caller":"example_test.go","message":"here"}
}

// The layer of a record.
func ExampleNewWriter_layer() {
	sideBySide(func(logger zerolog.Logger) { logger.Info().Str("layer", "audit").Msg("role granted") })
	// Output:
	// zerolog {"level":"info","layer":"audit","message":"role granted"}
	// flat    {"level":"INFO","layer":"audit","message":"role granted"}
	// schema  {"level":"info","layer":"audit","message":"role granted"}
}

// The ids of a flow, from the context of an event.
func ExampleIDs() {
	ctx := correlation.Ensure(context.Background(), "flow-1")
	sideBySide(func(logger zerolog.Logger) {
		logger = logger.Hook(zerologhydra.IDs{})
		logger.Info().Ctx(ctx).Msg("paid")
	})
	// Output:
	// zerolog {"level":"info","correlation_id":"flow-1","message":"paid"}
	// flat    {"level":"INFO","layer":"default","message":"paid","correlation_id":"flow-1"}
	// schema  {"level":"info","layer":"default","correlation_id":"flow-1","message":"paid"}
}

// The same record without zerolog, for call sites that change.
func ExampleNewWriter_native() {
	log := hydra.Must(hydra.Parse([]byte("{mode: sync, layers: {default: {destinations: [{type: 'null'}]}}}"),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "schema", Driver: printed{"schema"}, Formatter: asZerolog})))
	defer log.Close()
	ctx := correlation.Ensure(context.Background(), "flow-1")
	pay := log.With(slog.String("service", "pay"))
	pay.Error(ctx, "declined", slog.Int("cents", 1200), slog.Group("order", slog.String("id", "A-17")), hydra.Err(errors.New("no funds")))
	// Output:
	// schema  {"level":"error","layer":"default","correlation_id":"flow-1","service":"pay","cents":1200,"order":{"id":"A-17"},"error":"no funds","message":"declined"}
}

func ExampleNewWriter_console() {
	log := hydra.Must(hydra.Parse([]byte("{mode: sync, layers: {default: {destinations: [{type: 'null'}]}}}"),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "flat", Driver: printed{"flat"}})))
	defer log.Close()
	// What zerolog wrote for people stays beside Hydra-Logger.
	both := zerolog.MultiLevelWriter(zerolog.ConsoleWriter{Out: os.Stdout, NoColor: true, PartsExclude: []string{"time"}}, zerologhydra.NewWriter(log))
	logger := zerolog.New(both)
	logger.Info().Int("n", 1).Msg("both")
	// Output:
	// INF both n=1
	// flat    {"level":"INFO","layer":"default","message":"both","n":1}
}
