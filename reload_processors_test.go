package hydra_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/leak"
)

const oneFile = "layers: {default: {level: DEBUG, destinations: [{type: file, path: a.jsonl}]}}\n"

// fileText closes the logger and returns its file.
func fileText(t *testing.T, log *hydra.Logger, dir string) string {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	text, err := os.ReadFile(filepath.Join(dir, "a.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAReloadFollowsTheProcessorsOfTheLogger(t *testing.T) {
	leak.Check(t)
	log, dir, write := reloadable(t, reloadHead+oneFile)
	bound := log.With(slog.String("password", "bound-secret")) // made before there was any redaction
	log.Info(t.Context(), "plain", slog.String("password", "secret-1"))
	write(reloadHead + "enable_data_protection: true\n" + oneFile)
	mustReload(t, log)
	bound.Info(t.Context(), "redacted", slog.String("token", "secret-2"))
	log.Slog().Info("redacted", "password", "secret-3")
	write(reloadHead + "extensions: {few: {type: sampling, enabled: true, first: 1, interval: 1h}}\n" + oneFile)
	mustReload(t, log)
	log.Info(t.Context(), "sampled", slog.String("password", "secret-4"))
	log.Info(t.Context(), "sampled")
	write(reloadHead + oneFile)
	mustReload(t, log)
	log.Info(t.Context(), "sampled", slog.Bool("again", true))
	if r := log.Health(); r.Status != "healthy" {
		t.Errorf("what a processor of before dropped is taken for a failure: %+v", r.Reasons)
	}
	text := fileText(t, log, dir)
	for secret, want := range map[string]int{"secret-1": 1, "bound-secret": 0, "secret-2": 0, "secret-3": 0, "secret-4": 1, `"sampled"`: 2, `"again":true`: 1} {
		if n := strings.Count(text, secret); n != want {
			t.Errorf("%s is there %d times, not %d:\n%s", secret, n, want, text)
		}
	}
}

func TestAProcessorThatDidNotChangeGoesOnOverAReload(t *testing.T) {
	sampling := "extensions: {few: {type: sampling, enabled: true, first: 2, interval: 1h}}\n"
	log, dir, write := reloadable(t, reloadHead+sampling+oneFile)
	log.Info(t.Context(), "m")
	log.Info(t.Context(), "m")
	write(reloadHead + sampling + "security_level: high\nenable_data_protection: true\n" + oneFile)
	mustReload(t, log)
	log.Info(t.Context(), "m")
	if n := strings.Count(fileText(t, log, dir), "\n"); n != 2 {
		t.Errorf("%d records of which two were to be kept", n)
	}
}

func TestASecurityLevelReachesTheDestinationsThatMask(t *testing.T) {
	file := "layers: {default: {destinations: [{type: file, path: a.jsonl, extensions: {x: {type: security, enabled: true}}}]}}\n"
	log, dir, write := reloadable(t, reloadHead+"security_level: low\n"+file)
	mail := slog.String("note", "write to jane.doe@example.com")
	log.Info(t.Context(), "before", mail)
	mustFlush(t, log)
	write(reloadHead + "security_level: strict\n" + file)
	mustReload(t, log)
	log.Info(t.Context(), "after", mail)
	before, after, _ := strings.Cut(fileText(t, log, dir), "\n")
	if !strings.Contains(before, "jane.doe") || strings.Contains(after, "jane.doe") {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}

func TestProcessorsThatHoldRecordsOrAreInEveryLoggerStayForTheRun(t *testing.T) {
	log, _, write := reloadable(t, reloadHead+"extensions: {d: {type: dedupe, enabled: true, window: 1h}}\n"+oneFile)
	defer log.Close()
	for name, extensions := range map[string]string{
		"dedupe removed":   "",
		"dedupe changed":   "extensions: {d: {type: dedupe, enabled: true, window: 2h}}\n",
		"keep_back added":  "extensions: {d: {type: dedupe, enabled: true, window: 1h}, kb: {type: keep_back, enabled: true}}\n",
		"enrich added":     "extensions: {d: {type: dedupe, enabled: true, window: 1h}, e: {type: enrich, enabled: true}}\n",
		"layers committed": "extensions: {d: {type: dedupe, enabled: true, window: 1h}}\njournal: {dir: $DIR/state, durability: process}\n",
	} {
		head, layers := reloadHead, oneFile
		if name == "layers committed" {
			head = strings.Replace(reloadHead, "journal: {dir: $DIR/state}\n", "", 1)
			layers = "layers: {default: {durability: commit, destinations: [{type: file, path: a.jsonl}]}}\n"
		}
		write(head + extensions + layers)
		err := log.Reload(t.Context())
		if err == nil || !strings.Contains(err.Error(), "restart") || !strings.Contains(err.Error(), strings.Fields(name)[0][:5]) && name != "layers committed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(reloadHead + "extensions: {d: {type: dedupe, enabled: true, window: 1h}, s: {type: security, enabled: true}}\n" + oneFile)
	mustReload(t, log) // the one that stays is no obstacle
}

func TestProcessorsThatComeAndGoUnderLoadLoseNothing(t *testing.T) {
	leak.Check(t)
	file := strings.Replace(oneFile, "a.jsonl", "a.jsonl, overflow: block", 1) // a small disk makes callers wait
	with := reloadHead + "extensions: {s: {type: security, enabled: true}, r: {type: rate_limit, enabled: true, rate: 1000000, burst: 1000000}}\n" + file
	log, dir, write := reloadable(t, with)
	const callers = 4
	var stop atomic.Bool
	var counts [callers]int
	var wg sync.WaitGroup
	for g := range callers {
		wg.Go(func() {
			for ; !stop.Load(); counts[g]++ {
				log.Info(t.Context(), "m", slog.Int("g", g), slog.Int("n", counts[g]), slog.String("password", "pw"))
			}
		})
	}
	for i := range size(40, 400) {
		write([]string{reloadHead + file, with}[i%2])
		mustReload(t, log)
	}
	stop.Store(true)
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	var next [callers]int
	for _, l := range readLines(t, filepath.Join(dir, "a.jsonl")) {
		if l.N == nil {
			t.Fatalf("a line that nobody logged: %+v", l)
		}
		if *l.N != next[*l.G] {
			t.Fatalf("goroutine %d: record %d follows %d", *l.G, *l.N, next[*l.G]-1)
		}
		next[*l.G]++
	}
	if next != counts {
		t.Errorf("%v records of %v", next, counts)
	}
}
