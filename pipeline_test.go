package hydra_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/leak"
)

// The traffic of the pipeline test: record i of a goroutine goes to a layer and has a level by its number.
var (
	trafficLayers = []string{"api", "events"}
	trafficLevels = []slog.Level{hydra.LevelDebug, hydra.LevelInfo, hydra.LevelWarning, hydra.LevelError, hydra.LevelInfo}
)

func trafficLayer(i int) string     { return trafficLayers[i%len(trafficLayers)] }
func trafficLevel(i int) slog.Level { return trafficLevels[i%len(trafficLevels)] }

// trafficConfig has two layers, each with a file of its own, and a file of errors that both share.
func trafficConfig(dir string) hydra.Config {
	errorsOnly := hydra.Use("errors")
	errorsOnly.Level = "ERROR"
	return hydra.Config{
		Name: "traffic", BaseLogDir: dir,
		Destinations: map[string]hydra.Destination{"errors": {Type: "file", Path: "errors.jsonl"}},
		Layers: map[string]hydra.Layer{
			"api":    {Level: "INFO", Destinations: []hydra.Destination{{Name: "api", Type: "file", Path: "api.jsonl"}, errorsOnly}},
			"events": {Level: "DEBUG", Destinations: []hydra.Destination{{Name: "events", Type: "file", Path: "events.jsonl"}, errorsOnly}},
		},
	}
}

// trafficFiles says which records belong into which file.
func trafficFiles() map[string]func(i int) bool {
	api := func(i int) bool { return trafficLayer(i) == "api" && trafficLevel(i) >= hydra.LevelInfo }
	events := func(i int) bool { return trafficLayer(i) == "events" }
	return map[string]func(i int) bool{
		"api.jsonl":    api,
		"events.jsonl": events,
		"errors.jsonl": func(i int) bool { return (api(i) || events(i)) && trafficLevel(i) >= hydra.LevelError },
	}
}

func TestEachFileHoldsEachRecordOfItsLayerAndLevelOnceAndInOrder(t *testing.T) {
	leak.Check(t)
	const goroutines = 64
	each := size(60_000, 1_000_000) / goroutines
	dir := t.TempDir()
	log := hydra.Must(hydra.New(trafficConfig(dir)))
	loggers := []*hydra.Logger{log.Layer("api"), log.Layer("events")}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				loggers[i%2].Log(bg, trafficLevel(i), "record", slog.Int("g", g), slog.Int("i", i))
			}
		})
	}
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	for file, belongs := range trafficFiles() {
		n := checkTraffic(t, filepath.Join(dir, file), goroutines, each, belongs)
		d := destOf(t, log, file[:len(file)-len(".jsonl")])
		if d.Ledger.Delivered != uint64(n) || d.Ledger.Pending != 0 || d.Ledger.DroppedTotal() != 0 {
			t.Errorf("%s holds %d records, the ledger says %+v", file, n, d.Ledger)
		}
	}
	checkNothingLeft(t, dir)
}

// checkTraffic fails unless the file holds, for each goroutine, the records that belong there, once and in order.
func checkTraffic(t *testing.T, path string, goroutines, each int, belongs func(i int) bool) (lines int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	due := make([]int, goroutines) // by goroutine: the next record of it
	for g := range due {
		due[g] = nextOf(0, each, belongs)
	}
	for s := bufio.NewScanner(f); s.Scan(); lines++ {
		var l struct{ G, I int }
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s: line %d: %v: %q", path, lines+1, err, s.Text())
		}
		if l.I != due[l.G] {
			t.Fatalf("%s: line %d: record %d of goroutine %d, where %d was due", path, lines+1, l.I, l.G, due[l.G])
		}
		due[l.G] = nextOf(l.I+1, each, belongs)
	}
	for g, i := range due {
		if i != each {
			t.Errorf("%s: goroutine %d: record %d is missing, and what follows it", path, g, i)
		}
	}
	return lines
}

// nextOf returns the first record from i on that belongs, each if there is none.
func nextOf(i, each int, belongs func(i int) bool) int {
	for i < each && !belongs(i) {
		i++
	}
	return i
}

func TestTheSameTrafficWithEveryBackendAndDurability(t *testing.T) {
	for _, c := range []hydra.Journal{
		{Backend: "mapped"}, {Backend: "write"}, {Durability: "interval: 50ms"}, {Durability: "memory"},
	} {
		t.Run(fmt.Sprintf("%s %s", c.Backend, c.Durability), func(t *testing.T) {
			const goroutines = 8
			each := size(500, 20_000)
			dir := t.TempDir()
			cfg := trafficConfig(dir)
			cfg.Journal = c
			log := hydra.Must(hydra.New(cfg))
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := range each {
						log.Layer(trafficLayer(i)).Log(bg, trafficLevel(i), "record", slog.Int("g", g), slog.Int("i", i))
					}
				})
			}
			wg.Wait()
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			checkBalance(t, log)
			for file, belongs := range trafficFiles() {
				checkTraffic(t, filepath.Join(dir, file), goroutines, each, belongs)
			}
		})
	}
}
