package hydra_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/leak"
)

func TestAReloadFollowsTheSwitchesAtTheTop(t *testing.T) {
	leak.Check(t)
	const file = "layers: {default: {destinations: [{type: file, path: a.jsonl}]}}\n"
	log, dir, write := reloadable(t, reloadHead+file)
	defer log.Close()
	log.Info(t.Context(), "before")
	write(reloadHead + "add_source: true\nsync_level: INFO\nreliability_error_policy: raise\nenable_performance_monitoring: true\nmonitoring_sample_rate: 1\n" + file)
	mustReload(t, log)
	log.Info(t.Context(), "after", slog.Int("n", 1))
	before, after, _ := strings.Cut(readText(t, dir, "a.jsonl"), "\n") // no Flush: sync_level has waited for it
	if strings.Contains(before, "reload_switches_test.go") || !strings.Contains(after, "reload_switches_test.go") {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	if m := log.Health().Monitoring; m == nil {
		t.Error("nothing is measured")
	}
	write(reloadHead + file)
	mustReload(t, log)
	if m := log.Health().Monitoring; m != nil {
		t.Errorf("it is still measured: %+v", m)
	}
}

func readText(t *testing.T, dir, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAReloadGivesDestinationsAnotherNameOfTheService(t *testing.T) {
	const file = "layers: {default: {destinations: [{type: file, path: a.jsonl, format: json-lines, schema: ecs}]}}\n"
	log, dir, write := reloadable(t, reloadHead+"service: one\n"+file)
	defer log.Close()
	log.Info(t.Context(), "before")
	mustFlush(t, log)
	write(reloadHead + "service: two\nenvironment: test\n" + file)
	mustReload(t, log)
	log.Info(t.Context(), "after")
	mustFlush(t, log)
	before, after, _ := strings.Cut(readText(t, dir, "a.jsonl"), "\n")
	if !strings.Contains(before, `"service.name":"one"`) || !strings.Contains(after, `"service.name":"two"`) || !strings.Contains(after, `"service.environment":"test"`) {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	checkBalance(t, log)
}

func TestWatchingBeginsAndEndsWithAReload(t *testing.T) {
	leak.Check(t)
	const file = "layers: {default: {level: LEVEL, destinations: [{type: file, path: a.jsonl}]}}\n"
	log, _, write := reloadable(t, reloadHead+strings.Replace(file, "LEVEL", "ERROR", 1))
	defer log.Close()
	write(reloadHead + "watch: true\n" + strings.Replace(file, "LEVEL", "ERROR", 1))
	mustReload(t, log)
	write(reloadHead + strings.Replace(file, "LEVEL", "INFO", 1)) // which ends it
	eventually(t, 20*time.Second, "the level", func() bool { return log.Enabled(t.Context(), slog.LevelInfo) })
	write(reloadHead + strings.Replace(file, "LEVEL", "ERROR", 1))
	time.Sleep(2500 * time.Millisecond) // nobody looks
	if !log.Enabled(t.Context(), slog.LevelInfo) {
		t.Error("the file is still watched")
	}
}
