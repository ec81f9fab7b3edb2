package hydra_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/health"
)

// recording is a driver that keeps the formatted records.
type recording struct {
	mu    sync.Mutex
	lines []string
}

func (r *recording) Deliver(_ context.Context, b *destination.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, it := range b.Items {
		r.lines = append(r.lines, string(b.Data[it.Start:it.End]))
	}
	return nil
}

func (r *recording) Close(context.Context) error { return nil }
func (r *recording) Local() bool                 { return true }

func (r *recording) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.lines)
}

func (r *recording) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "")
}

func TestUnknownLayersAreCountedAndGoWhereDefaultGoes(t *testing.T) {
	layers := twoLayers()
	layers["default"] = hydra.Layer{Level: "WARNING", Destinations: []hydra.Destination{{Type: "null"}}}
	log, driver := memoryLogger(t, layers)
	log.Layer("payments").Info(bg, "below the level of default")
	log.Layer("payments").Warn(bg, "one")
	log.Layer("payments").Warn(bg, "two")
	log.Layer("stock").Error(bg, "three")
	log.Layer("api").Info(bg, "four")
	r := log.Health()
	if fmt.Sprint(r.UnknownLayers) != "map[payments:2 stock:1]" {
		t.Errorf("unknown: %v", r.UnknownLayers)
	}
	if reason, ok := hasReason(r, health.CodeUnknownLayer); !ok || reason.Subject == "" {
		t.Errorf("reasons: %+v", r.Reasons)
	}
	var got []string
	for _, m := range jsonLines(t, driver.Bytes()) {
		got = append(got, m["layer"].(string))
	}
	if fmt.Sprint(got) != "[payments payments stock api]" {
		t.Errorf("the records carry %v", got)
	}
}

func TestWithoutALayerDefaultUnknownOnesHaveTheRootLevelAndTheFirstLayersDestinations(t *testing.T) {
	api, db := &recording{}, &recording{}
	log, err := hydra.New(hydra.Config{Mode: "sync", DefaultLevel: "ERROR", Layers: twoLayers()},
		hydra.WithDestination("api", hydra.DestinationOptions{Name: "a", Driver: api}),
		hydra.WithDestination("db", hydra.DestinationOptions{Name: "d", Driver: db}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	log.Layer("payments").Warn(bg, "below the root level")
	log.Layer("payments").Error(bg, "kept")
	log.Error(bg, "of the root logger, whose layer is not configured either")
	if api.len() != 2 || db.len() != 0 {
		t.Errorf("%d to the first layer's destination, %d to the other's", api.len(), db.len())
	}
	if !strings.Contains(api.text(), `"layer":"payments"`) {
		t.Error(api.text())
	}
}

func TestNamesFromOutsideDoNotGrowTheCountsWithoutLimit(t *testing.T) {
	log, _ := memoryLogger(t, nil)
	for i := range 1000 {
		log.Layer(fmt.Sprintf("tenant-%d", i)).Info(bg, "m")
	}
	r := log.Health()
	var sum uint64
	for _, n := range r.UnknownLayers {
		sum += n
	}
	if len(r.UnknownLayers) > 101 || sum != 1000 {
		t.Errorf("%d names, %d records", len(r.UnknownLayers), sum)
	}
}

func TestADisabledLayerAcceptsNothing(t *testing.T) {
	off := false
	layers := twoLayers()
	layers["db"] = hydra.Layer{Enabled: &off, Destinations: []hydra.Destination{{Type: "null"}}}
	log, driver := memoryLogger(t, layers)
	log.Layer("db").Critical(bg, "no")
	log.Layer("api").Info(bg, "yes")
	if log.Layer("db").Enabled(bg, hydra.LevelCritical) {
		t.Error("Enabled says yes")
	}
	if n := len(jsonLines(t, driver.Bytes())); n != 1 {
		t.Errorf("%d records: %s", n, driver.Bytes())
	}
}

func TestDestinationsOfALayerPassOnlyTheirLevel(t *testing.T) {
	all, errorsOnly := &recording{}, &recording{}
	layers := map[string]hydra.Layer{"default": {Level: "DEBUG", Destinations: []hydra.Destination{{Type: "null"}}}}
	log, err := hydra.New(hydra.Config{Mode: "sync", Layers: layers},
		hydra.WithDestination("", hydra.DestinationOptions{Name: "all", Driver: all}),
		hydra.WithDestination("default", hydra.DestinationOptions{Name: "errors", Driver: errorsOnly, Level: "ERROR"}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for l := hydra.LevelTrace; l <= hydra.LevelCritical; l++ { // levels between the named ones too
		log.Log(bg, l, "m")
	}
	if all.len() != 17 || errorsOnly.len() != 5 {
		t.Errorf("%d and %d records, want 17 and 5", all.len(), errorsOnly.len())
	}
	for _, d := range log.Health().Destinations {
		if d.Ledger.Difference() != 0 {
			t.Errorf("%s: %+v", d.Name, d.Ledger)
		}
	}
}
