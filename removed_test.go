//go:build unix

package hydra_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
)

func TestAStateDirectoryThatIsRemovedUnderTheLoggerEndsNoProgramAndEveryRecordIsAccountedFor(t *testing.T) {
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
