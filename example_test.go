package hydra_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/filedest"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// linesWithoutTime is a destination for these examples: it prints JSON lines without
// their time, which an example can't compare.
type linesWithoutTime struct{}

func (linesWithoutTime) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		_, rest, _ := strings.Cut(string(b.Data[it.Start:it.End]), `Z",`)
		fmt.Print("{" + rest)
	}
	return nil
}

func (linesWithoutTime) Close(context.Context) error { return nil }
func (linesWithoutTime) Local() bool                 { return true }

// printed is the option that adds linesWithoutTime to every layer.
func printed() hydra.Option {
	return hydra.WithDestination("", hydra.DestinationOptions{Name: "printed", Driver: linesWithoutTime{}})
}

// exampleConfig writes before a call returns, and nowhere but to printed.
const exampleConfig = `
mode: sync
layers:
  default: {level: INFO, destinations: [{type: "null"}]}
  events:  {level: DEBUG, destinations: [{type: "null"}]}
`

func Example() {
	dir, err := os.MkdirTemp("", "hydra")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hydra.yaml")
	text := "name: shop\nbase_log_dir: " + dir + "\nlayers:\n  default:\n    destinations:\n      - {type: file, path: app.log}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		panic(err)
	}

	log, err := hydra.Open(path)
	if err != nil {
		panic(err)
	}
	log.Info(context.Background(), "processing order", slog.String("order_id", "A-17"))
	if err := log.Close(); err != nil { // or: defer log.Guard()
		panic(err)
	}

	line, err := os.ReadFile(filepath.Join(dir, "app.log"))
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.TrimSpace(string(line[len("| 2026-01-01T00:00:00.000000Z "):])))
	// Output:
	// | INFO | default | processing order logger=shop order_id=A-17
}

func ExampleParse() {
	log, err := hydra.Parse([]byte(exampleConfig), printed())
	if err != nil {
		panic(err)
	}
	defer log.Close()
	log.Info(context.Background(), "started", slog.Int("port", 8080))

	_, err = hydra.Parse([]byte("add_sauce: true"))
	fmt.Println(err)
	// Output:
	// {"level":"INFO","layer":"default","message":"started","port":8080}
	// config:1:1: unknown key "add_sauce", did you mean "add_source"?
	//    1 | add_sauce: ...
	//      | ^^^^^^^^^
}

func ExampleNew() {
	log, err := hydra.New(hydra.Config{
		Name: "shop", Mode: "sync",
		Layers: map[string]hydra.Layer{"default": {Level: "WARNING", Destinations: []hydra.Destination{{Type: "null"}}}},
	}, printed())
	if err != nil {
		panic(err)
	}
	defer log.Close()
	log.Info(context.Background(), "below the level")
	log.Warn(context.Background(), "stock is low", slog.Int("left", 3))
	// Output:
	// {"level":"WARNING","layer":"default","logger":"shop","message":"stock is low","left":3}
}

func ExampleLogger_Layer() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer log.Close()
	ctx := context.Background()

	events := log.Layer("events") // cheap; keep it
	events.Debug(ctx, "order placed")
	log.Debug(ctx, "below the level of layer default")
	log.Layer("payments").Info(ctx, "not configured: it goes where default goes, and is counted")
	fmt.Println(log.Health().UnknownLayers)
	// Output:
	// {"level":"DEBUG","layer":"events","message":"order placed"}
	// {"level":"INFO","layer":"payments","message":"not configured: it goes where default goes, and is counted"}
	// map[payments:1]
}

func ExampleLogger_With() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer log.Close()
	ctx := context.Background()

	payments := log.With(slog.String("service", "payments"))
	order := payments.WithGroup("order").With(slog.String("id", "A-17"))
	order.Info(ctx, "charged", slog.Int("cents", 1295))
	payments.Error(ctx, "declined", hydra.Err(fmt.Errorf("card: %w", context.DeadlineExceeded)))
	// Output:
	// {"level":"INFO","layer":"default","message":"charged","service":"payments","order":{"id":"A-17","cents":1295}}
	// {"level":"ERROR","layer":"default","message":"declined","service":"payments","error":"card: context deadline exceeded","error_chain":[{"type":"context.deadlineExceededError","message":"context deadline exceeded"}]}
}

func ExampleLogger_Slog() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer log.Close()

	old := slog.Default()
	defer slog.SetDefault(old)
	slog.SetDefault(log.Slog()) // every user of slog in the process

	slog.Info("served", "status", 200)
	slog.Debug("order placed", hydra.LayerKey, "events", "order_id", "A-17")
	// Output:
	// {"level":"INFO","layer":"default","message":"served","status":200}
	// {"level":"DEBUG","layer":"events","message":"order placed","order_id":"A-17"}
}

func ExampleLogger_LogBatch() {
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), printed()))
	defer log.Close()
	ctx := context.Background()

	log.LogBatch(ctx, []hydra.Record{
		{Level: hydra.LevelInfo, Message: "batch begins", Attrs: []slog.Attr{slog.Int("messages", 2)}},
		{Level: hydra.LevelDebug, Layer: "events", Message: "order placed"},
		{Level: hydra.LevelDebug, Message: "below the level of its layer"},
	})
	// Output:
	// {"level":"INFO","layer":"default","message":"batch begins","messages":2}
	// {"level":"DEBUG","layer":"events","message":"order placed"}
}

func ExampleLogger_SetLevel() {
	log := hydra.Must(hydra.Parse([]byte("name: shop\n"+exampleConfig), printed()))
	defer log.Close()
	ctx := context.Background()

	if err := log.SetLevel("default", hydra.LevelDebug, 15*time.Minute); err != nil { // for a quarter of an hour
		panic(err)
	}
	log.Debug(ctx, "seen for a while")
	fmt.Println(log.SetLevel("payments", hydra.LevelDebug))
	// Output:
	// {"level":"DEBUG","layer":"default","logger":"shop","message":"seen for a while"}
	// hydra: set level: there is no layer "payments" in logger "shop"
}

// Records go to two loggers, each with a configuration of its own.
func ExampleCombine() {
	open := func(name, level string) *hydra.Logger {
		return hydra.Must(hydra.New(hydra.Config{Name: name, Mode: "sync",
			Layers: map[string]hydra.Layer{"default": {Level: hydra.Level(level), Destinations: []hydra.Destination{{Type: "null"}}}}}, printed()))
	}
	both := hydra.Combine(open("shop", "INFO"), open("audit", "WARNING"))
	both.Info(context.Background(), "order placed")
	both.Warn(context.Background(), "order cancelled", slog.String("by", "kim"))
	fmt.Println(both.Close())
	// Output:
	// {"level":"INFO","layer":"default","logger":"shop","message":"order placed"}
	// {"level":"WARNING","layer":"default","logger":"shop","message":"order cancelled","by":"kim"}
	// {"level":"WARNING","layer":"default","logger":"audit","message":"order cancelled","by":"kim"}
	// <nil>
}

func ExampleLogger_Named() {
	log := hydra.Must(hydra.Parse([]byte("name: shop\n"+exampleConfig), printed()))
	defer log.Close()
	log.Named("shop.payments").Info(context.Background(), "charged")
	// Output:
	// {"level":"INFO","layer":"default","logger":"shop.payments","message":"charged"}
}

// byLayer is a format of one's own: the layer, the message and the keys of the attributes, a line each record.
type byLayer struct{}

func (byLayer) Append(dst []byte, v *record.View) []byte {
	dst = append(append(append(dst, v.Layer...), ": "...), v.Message...)
	attrs, t := v.Attrs(), record.Token{}
	for attrs.Next(&t) {
		dst = append(append(dst, ' '), t.Key...)
	}
	return append(dst, '\n')
}

func ExampleDestinationOptions_formatter() {
	dir, err := os.MkdirTemp("", "hydra")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "short.txt")
	file, err := filedest.New(filedest.Options{Path: path})
	if err != nil {
		panic(err)
	}
	log := hydra.Must(hydra.Parse([]byte(exampleConfig), hydra.WithDestination("", hydra.DestinationOptions{
		Name: "short", Driver: file, Formatter: func() format.Formatter { return byLayer{} },
	})))
	log.Info(context.Background(), "order placed", slog.String("order_id", "A-17"), slog.Int("lines", 3))
	if err := log.Close(); err != nil {
		panic(err)
	}
	text, err := os.ReadFile(path)
	fmt.Print(string(text), err)
	// Output:
	// default: order placed order_id lines
	// <nil>
}
