package hydra_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/hydratest"
)

// memoryLogger is a logger that writes JSON lines to memory before the call returns.
func memoryLogger(t *testing.T, layers map[string]hydra.Layer, opts ...hydra.Option) (*hydra.Logger, *memorydest.Driver) {
	t.Helper()
	if layers == nil {
		layers = map[string]hydra.Layer{"default": {Level: "TRACE", Destinations: []hydra.Destination{{Type: "null"}}}}
	}
	driver := memorydest.New(memorydest.Options{})
	opts = append(opts, hydra.WithDestination("", hydra.DestinationOptions{Name: "memory", Driver: driver}))
	log, err := hydra.New(hydra.Config{Name: "test", Mode: "sync", Layers: layers}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log, driver
}

func jsonLines(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range bytes.Lines(text) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("not JSON: %v: %q", err, line)
		}
		out = append(out, m)
	}
	return out
}

// asSlog gives a line the names that slogtest expects.
func asSlog(m map[string]any) map[string]any {
	for from, to := range map[string]string{"timestamp": slog.TimeKey, "message": slog.MessageKey} {
		if v, ok := m[from]; ok {
			m[to] = v
			delete(m, from)
		}
	}
	delete(m, "layer")
	delete(m, "logger")
	return m
}

func TestHandlerPassesSlogtest(t *testing.T) {
	log, driver := memoryLogger(t, nil)
	err := slogtest.TestHandler(log.Handler(), func() []map[string]any {
		var out []map[string]any
		for _, m := range jsonLines(t, driver.Bytes()) {
			out = append(out, asSlog(m))
		}
		return out
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheLayerAttributePicksTheLayerAndIsNotWritten(t *testing.T) {
	layers := map[string]hydra.Layer{
		"default": {Level: "ERROR", Destinations: []hydra.Destination{{Type: "null"}}},
		"events":  {Level: "DEBUG", Destinations: []hydra.Destination{{Type: "null"}}},
	}
	log, driver := memoryLogger(t, layers)
	s := log.Slog()
	s.Info("below the level of default")
	s.Debug("in the call", hydra.LayerKey, "events", "k", 1)
	s.With(hydra.LayerKey, "events").Debug("in With", "k", 2)
	s.WithGroup("g").Error("in a group it is an attribute", hydra.LayerKey, "events")
	got := jsonLines(t, driver.Bytes())
	if len(got) != 3 {
		t.Fatalf("%d lines: %s", len(got), driver.Bytes())
	}
	for i, want := range []string{"events", "events", "default"} {
		if got[i]["layer"] != want {
			t.Errorf("line %d is of layer %v, want %s", i, got[i]["layer"], want)
		}
	}
	if strings.Count(string(driver.Bytes()), `"layer"`) != 4 {
		t.Errorf("the attribute was written: %s", driver.Bytes())
	}
}

func TestOfTwoLayerAttributesTheLastPicksAndNoneIsWritten(t *testing.T) {
	log, driver := memoryLogger(t, nil)
	log.Slog().With(hydra.LayerKey, "first", "n", 1, hydra.LayerKey, "second").Info("m")
	got := jsonLines(t, driver.Bytes())
	if len(got) != 1 || got[0]["layer"] != "second" || strings.Contains(string(driver.Bytes()), "first") {
		t.Errorf("%s", driver.Bytes())
	}
}

func TestSlogLevelsKeepTheirNumbers(t *testing.T) {
	log, driver := memoryLogger(t, nil)
	for _, l := range []slog.Level{-8, -4, 0, 4, 8, 12} {
		log.Slog().Log(context.Background(), l, "m")
	}
	var names []string
	for _, m := range jsonLines(t, driver.Bytes()) {
		names = append(names, m["level"].(string))
	}
	if got := strings.Join(names, " "); got != "TRACE DEBUG INFO WARNING ERROR CRITICAL" {
		t.Error(got)
	}
}

func TestATimeThatNoRecordCanHoldIsTheNearestThatItCan(t *testing.T) {
	log, rec := hydratest.New(t)
	for _, year := range []int{1500, 2024, 9999} {
		r := slog.NewRecord(time.Date(year, 1, 2, 3, 4, 5, 0, time.UTC), slog.LevelInfo, "m", 0)
		if err := log.Slog().Handler().Handle(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{1677, 2024, 2262} {
		if got := rec.Records()[i].Time.UTC().Year(); got != want {
			t.Errorf("record %d is of the year %d, not %d", i, got, want)
		}
	}
}
