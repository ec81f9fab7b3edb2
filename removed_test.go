package hydra_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
)

func TestAStateDirectoryThatIsRemovedUnderTheLoggerEndsNoProgramAndEveryRecordIsAccountedFor(t *testing.T) {
	needsRemovalOfOpenFiles(t)
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "state")
	log, err := hydra.Parse(fmt.Appendf(nil, "base_log_dir: %s\njournal: {dir: %s}\nlayers: {app: {destinations: [{type: file, path: app.jsonl, format: json-lines}]}}", dir, state))
	if err != nil {
		t.Fatal(err)
	}
	app, text := log.Layer("app"), strings.Repeat("x", 500)
	const each = 50_000 // several segments
	for range each {
		app.Info(t.Context(), text)
	}
	for os.RemoveAll(state) != nil { // files are made in it meanwhile
	}
	for range each {
		app.Info(t.Context(), text)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "app.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	h := log.Health()
	l, lines := h.Destinations[0].Ledger, uint64(strings.Count(string(data), text))
	if l.Submitted.Total() != 2*each || lines != l.Delivered || l.Difference() != 0 || l.DroppedTotal() > each/100 {
		t.Errorf("%d lines, %+v", lines, l)
	}
	if !slices.ContainsFunc(h.Reasons, func(r health.Reason) bool { return r.Code == health.CodeJournalRemoved }) {
		t.Errorf("health says %+v", h.Reasons)
	}
}

// removedThenKilled logs on while its state directory is removed, and is killed when it has been made again.
func removedThenKilled(dir string) {
	log, ctx := openChild(dir), context.Background()
	n := 0
	add := func() {
		log.Info(ctx, "record", slog.Int("n", n), slog.String("text", strings.Repeat("x", 500)))
		n++
	}
	add()
	for os.RemoveAll(filepath.Join(dir, ".hydra")) != nil {
	}
	for !slices.ContainsFunc(log.Health().Reasons, func(r health.Reason) bool { return r.Code == health.CodeJournalRemoved }) {
		for range 500 {
			add()
		}
	}
	if err := log.Flush(ctx); err != nil {
		fmt.Println("flush:", err)
	}
	for range 100 {
		add()
	}
	fmt.Println("records", n)
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	waitToBeKilled()
}

func TestWhatIsLoggedAfterTheStateDirectoryWasRemovedSurvivesAKill(t *testing.T) {
	needsRemovalOfOpenFiles(t)
	dir := t.TempDir()
	out, _ := runChild(t, child(t, "removed then killed", dir))
	var n int
	if _, err := fmt.Sscanf(out[max(0, strings.LastIndex(out, "records ")):], "records %d", &n); err != nil || strings.Contains(out, "flush:") {
		t.Fatalf("%v: %s", err, out)
	}
	if out, state := runChild(t, child(t, "second start", dir)); !state.Success() {
		t.Fatalf("second start: %v %s", state, out)
	}
	lines := readLines(t, filepath.Join(dir, "app.jsonl"))
	checkOnce(t, lines, n)
	if end := endOf(lines); end == nil || end.Ended != "killed" {
		t.Errorf("the next start said %+v", end)
	}
	checkNothingLeft(t, dir)
}

func needsRemovalOfOpenFiles(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the system does not remove files that are open")
	}
}
