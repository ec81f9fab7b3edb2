package hydra_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/internal/invariants"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/dedupe"
	"github.com/hydra-logger/hydra/record"
)

var errCard = errors.New("card declined")

func logTen(ctx context.Context, log *hydra.Logger) {
	log.Info(ctx, "order processed",
		slog.String("service", "payment"),
		slog.String("order", "0190c2d8-5c2e-7bbd-9d7a-6e9f1c0a2b3d"),
		slog.Int("items", 3),
		slog.Int64("user", 1234567890123),
		slog.Float64("amount", 129.95),
		slog.Bool("express", true),
		slog.Duration("took", 1532*time.Microsecond),
		slog.Time("placed", time.Unix(1767225600, 123456789)),
		slog.String("url", "https://shop.example/orders/42?ref=mail"),
		slog.Any("error", errCard))
}

// quietConfig keeps records in a journal and writes them to nowhere.
func quietConfig(dir string) hydra.Config {
	return hydra.Config{
		Name: "quiet", Journal: hydra.Journal{Dir: dir},
		Layers: map[string]hydra.Layer{"default": {
			Level: "info", Destinations: []hydra.Destination{{Type: "null", Format: "json-lines"}},
		}},
	}
}

func TestALogCallAllocatesNothing(t *testing.T) {
	if invariants.Enabled {
		t.Skip("the race detector and the invariant checks allocate")
	}
	log := hydra.Must(hydra.New(quietConfig(t.TempDir())))
	defer log.Close()
	ids := correlation.Ensure(context.Background(), "")
	bound := log.With(slog.String("service", "payment"), slog.Int("shard", 7)).WithGroup("order")
	touch := processor.Func(func(_ context.Context, e *record.Event) bool {
		e.Attrs[0].Value = slog.StringValue("hidden")
		return true
	})
	withProcessor := hydra.Must(hydra.New(quietConfig(t.TempDir()), hydra.WithProcessor(touch)))
	defer withProcessor.Close()
	boundWithProcessor := withProcessor.With(slog.String("service", "payment"), slog.Int("shard", 7)).WithGroup("order")
	flooded := hydra.Must(hydra.New(quietConfig(t.TempDir()), hydra.WithProcessor(must(dedupe.New(dedupe.Options{})))))
	defer flooded.Close()
	rich := quietConfig(t.TempDir())
	rich.EnablePerformanceMonitoring = true
	rich.Extensions = config.Extensions{{Name: "enrich", Enabled: config.Bool(true)},
		{Name: "sampling", Enabled: config.Bool(true), Settings: map[string]any{"first": 1, "thereafter": 1}}}
	enriched := hydra.Must(hydra.New(rich))
	defer enriched.Close()
	handler := log.Slog()

	for name, call := range map[string]func(){
		"disabled level":                                   func() { log.Debug(ids, "no", slog.Int("n", 1), slog.String("k", "v")) },
		"disabled level with error":                        func() { log.Debug(ids, "no", slog.Any("error", errCard)) },
		"no attributes":                                    func() { log.Info(ids, "yes") },
		"ten attributes":                                   func() { logTen(context.Background(), log) },
		"ten, with a context id":                           func() { logTen(ids, log) },
		"ten, bound attributes":                            func() { logTen(ids, bound) },
		"ten, with a processor":                            func() { logTen(ids, withProcessor) },
		"ten, a processor, bound attributes, a context id": func() { logTen(ids, boundWithProcessor) },
		"disabled, all of that":                            func() { boundWithProcessor.Debug(ids, "no", slog.Int("n", 1), slog.Any("error", errCard)) },
		"ten, all repetitions":                             func() { logTen(ids, flooded) },
		"ten, enriched, sampled, monitored":                func() { logTen(ids, enriched) },
		"slog, three attributes": func() {
			handler.LogAttrs(ids, slog.LevelInfo, "yes", slog.Int("a", 1), slog.String("b", "c"), slog.Bool("d", true))
		},
		"slog, disabled": func() { handler.LogAttrs(ids, slog.LevelDebug, "no", slog.Int("a", 1)) },
		"nil logger":     func() { logTen(ids, nil) },
		"discard":        func() { logTen(ids, hydra.Discard) },
	} {
		t.Run(name, func(t *testing.T) {
			for range 100 {
				call() // fills the pools
			}
			if n := testing.AllocsPerRun(1000, call); n != 0 {
				t.Errorf("%v allocations a call", n)
			}
		})
	}
}
