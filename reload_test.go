package hydra_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/leak"
)

// reloadable writes a configuration file and opens it.
func reloadable(t *testing.T, text string, opts ...hydra.Option) (log *hydra.Logger, dir string, write func(text string)) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "hydra.yaml")
	write = func(text string) {
		t.Helper()
		text = strings.ReplaceAll(text, "$DIR", dir)
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	log, err := hydra.Open(path, append(opts, hydra.WithEvents(func(hydra.Event) {}))...)
	if err != nil {
		t.Fatal(err)
	}
	return log, dir, write
}

func mustReload(t *testing.T, log *hydra.Logger) {
	t.Helper()
	if err := log.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

const reloadHead = "name: shop\nbase_log_dir: $DIR\njournal: {dir: $DIR/state}\n"

func TestAReloadFollowsLevelsLayersAndDestinations(t *testing.T) {
	leak.Check(t)
	log, dir, write := reloadable(t, reloadHead+`
layers:
  default: {level: INFO, destinations: [{type: file, path: a.jsonl}]}
`)
	events := log.Layer("events") // not configured yet: goes where default goes
	log.Debug(t.Context(), "one")
	log.Info(t.Context(), "two")
	events.Info(t.Context(), "three")
	write(reloadHead + `
layers:
  default: {level: DEBUG, destinations: [{type: file, path: a.jsonl}, {type: file, path: b.jsonl, level: WARNING}]}
  events: {level: WARNING, destinations: [{type: file, path: c.jsonl}]}
`)
	mustReload(t, log)
	log.Debug(t.Context(), "four")
	log.Warn(t.Context(), "five")
	log.Layer("events").Info(t.Context(), "six")
	log.Layer("events").Warn(t.Context(), "seven")
	write(reloadHead + `
layers:
  default: {level: ERROR, destinations: [{type: file, path: b.jsonl}]}
`)
	mustReload(t, log)
	log.Warn(t.Context(), "eight")
	log.Error(t.Context(), "nine")
	log.Layer("events").Error(t.Context(), "ten")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"a": "two three four five", "b": "five nine ten", "c": "seven"} {
		var got []string
		for _, l := range readLines(t, filepath.Join(dir, file+".jsonl")) {
			got = append(got, l.Message)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s.jsonl: %q, want %q", file, got, want)
		}
	}
	checkBalance(t, log)
}

func TestAChangedDestinationGoesOnBehindItsLastRecord(t *testing.T) {
	leak.Check(t)
	layers := func(format string) string {
		return reloadHead + "layers: {default: {destinations: [{type: file, path: app.log, format: " + format + "}]}}\n"
	}
	log, dir, write := reloadable(t, layers("plain-text"))
	for i := range 500 {
		log.Info(t.Context(), "record", slog.Int("n", i))
		if i == 250 {
			write(layers("json-lines"))
			_ = log.Reload(t.Context())
		}
	}
	d := log.Health().Destinations
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	files, _ := filepath.Glob(filepath.Join(dir, "app*"))
	text := ""
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	if n := strings.Count(text, "\n"); n != 500 {
		t.Errorf("%d lines in %v, want 500; %+v", n, files, d)
	}
}

func TestCloseDoesNotWaitForAReloadThatWaitsForADelivery(t *testing.T) {
	leak.Check(t)
	stuck := &hydratest.Faulty{Remote: true}
	stuck.Block()
	var made atomic.Int32
	faulty := hydra.WithType("faulty", func(context.Context, config.ResolvedDestination) (destination.Driver, error) {
		made.Add(1)
		return stuck, nil
	})
	text := reloadHead + "layers: {default: {destinations: [{type: faulty, name: stuck, format: FORMAT}]}}\n"
	log, _, write := reloadable(t, strings.ReplaceAll(text, "FORMAT", "plain-text"), faulty)
	log.Info(t.Context(), "record")
	eventually(t, bound(10*time.Second), "the delivery is under way", func() bool { return destOf(t, log, "stuck").InFlight > 0 })
	write(strings.ReplaceAll(text, "FORMAT", "json-lines"))
	reloaded := make(chan error)
	go func() { reloaded <- log.Reload(context.Background()) }()
	eventually(t, bound(10*time.Second), "the reload is under way", func() bool { return made.Load() == 2 })
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_ = log.Shutdown(ctx) // what is left is named
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := <-reloaded; err != nil {
		t.Error(err)
	}
}

func TestAFileThatCantBeUsedChangesNothing(t *testing.T) {
	leak.Check(t)
	good := reloadHead + "layers: {default: {destinations: [{type: file, path: a.jsonl}]}}\n"
	log, dir, write := reloadable(t, good)
	write(reloadHead + "layers:\n  default:\n    destinations:\n      - type: fiel\n        path: b.jsonl\n")
	err := log.Reload(t.Context())
	if err == nil || !strings.Contains(err.Error(), "hydra.yaml:7:15") || !strings.Contains(err.Error(), `"file"`) {
		t.Errorf("the error has no place or no suggestion: %v", err)
	}
	log.Info(t.Context(), "still there")
	if r, ok := hasReason(log.Health(), health.CodeConfigInvalid); !ok || r.Status != health.Degraded || !strings.Contains(r.Text, ":7:") {
		t.Errorf("health says %+v", r)
	}
	write(good + "\n")
	mustReload(t, log)
	if r, ok := hasReason(log.Health(), health.CodeConfigInvalid); ok {
		t.Errorf("health still says %+v", r)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if lines := readLines(t, filepath.Join(dir, "a.jsonl")); len(lines) != 1 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestWhatCantChangeWhileTheProgramRunsIsRefusedByName(t *testing.T) {
	log, _, write := reloadable(t, reloadHead+"layers: {default: {destinations: [{type: file, path: a.jsonl}]}}\n")
	defer log.Close()
	for text, word := range map[string]string{
		strings.Replace(reloadHead, "shop", "other", 1):                                       "name",
		reloadHead + "mode: sync\n":                                                           "mode",
		reloadHead + "extensions: {e: {type: enrich, enabled: true}}\n":                       "extensions",
		strings.Replace(reloadHead, "$DIR/state", "$DIR/elsewhere", 1):                        "journal",
		strings.Replace(reloadHead, "{dir: $DIR/state}", "{dir: $DIR/state, quota: 64MB}", 1): "journal",
	} {
		write(text + "layers: {default: {destinations: [{type: file, path: a.jsonl}]}}\n")
		if err := log.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
	made := hydra.Must(hydra.New(hydra.Config{}))
	defer made.Close()
	if err := made.Reload(t.Context()); err == nil {
		t.Error("a logger without a file was reloaded")
	}
}

func TestManyReloadsUnderLoadLoseNothing(t *testing.T) {
	leak.Check(t)
	version := func(i int) string {
		text := reloadHead + "layers:\n  default:\n    level: INFO\n    destinations:\n      - {type: file, path: steady.jsonl}\n"
		if i%2 == 1 {
			text += fmt.Sprintf("      - {type: file, path: guest%d.jsonl, level: WARNING}\n", i%3)
		}
		text += fmt.Sprintf("  events:\n    level: %s\n    destinations:\n      - {type: file, path: changing.log, format: %s}\n",
			[]string{"INFO", "DEBUG"}[i/2%2], "json-lines")
		if i%5 == 4 {
			text += "      - {type: file, path: steady.jsonl}\n"
		}
		return text
	}
	log, dir, write := reloadable(t, version(0))
	const callers = 8
	var stop atomic.Bool
	var counts [callers]int
	var wg sync.WaitGroup
	for g := range callers {
		events := log.Layer("events")
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				log.Warn(context.Background(), "m", slog.Int("g", g), slog.Int("n", i))
				events.Info(context.Background(), "e", slog.Int("g", g), slog.Int("n", i))
				counts[g] = i + 1
				if i%64 == 0 {
					time.Sleep(time.Millisecond) // so that the journal does not fill the disk
				}
			}
		})
	}
	n := size(60, 1000)
	for i := 1; i <= n; i++ {
		write(version(i))
		mustReload(t, log)
	}
	stop.Store(true)
	wg.Wait()
	mustFlush(t, log)
	report := log.Health()
	for _, d := range report.Destinations {
		if d.Ledger.Difference() != 0 || d.Ledger.DroppedTotal() != 0 {
			t.Errorf("%s: %+v", d.Name, d.Ledger)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, c := range counts {
		total += c
	}
	steady, changing := linesOf(t, dir, "steady.jsonl", "m"), linesOf(t, dir, "changing.jsonl", "e")
	for what, lines := range map[string][]fileLine{"steady": steady, "changing": changing} {
		if len(lines) != total {
			t.Errorf("%s: %d lines, want %d", what, len(lines), total)
		}
		next := [callers]int{}
		for _, l := range lines {
			if *l.N != next[*l.G] {
				t.Fatalf("%s: record %d of goroutine %d, want %d", what, *l.N, *l.G, next[*l.G])
			}
			next[*l.G]++
		}
	}
	t.Logf("%d reloads, %d records a layer", n, total)
}

func linesOf(t *testing.T, dir, file, message string) (out []fileLine) {
	t.Helper()
	for _, l := range readLines(t, filepath.Join(dir, file)) {
		if l.Message == message {
			out = append(out, l)
		}
	}
	return out
}

func TestAWatchedFileIsReloadedWhenItChanges(t *testing.T) {
	leak.Check(t)
	text := reloadHead + "watch: true\nlayers: {default: {level: %s, destinations: [{type: file, path: a.jsonl}]}}\n"
	log, _, write := reloadable(t, fmt.Sprintf(text, "ERROR"))
	defer log.Close()
	if log.Enabled(t.Context(), hydra.LevelInfo) {
		t.Fatal("INFO is enabled")
	}
	write(fmt.Sprintf(text, "INFO"))
	eventually(t, 10*time.Second, "INFO is enabled", func() bool { return log.Enabled(t.Context(), hydra.LevelInfo) })
}
