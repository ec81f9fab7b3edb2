//go:build unix

package feed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/capture"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/viewer/lines"
)

// TestMain runs the program that gets killed when it is asked to.
func TestMain(m *testing.M) {
	if dir := os.Getenv("FEED_TEST_DIR"); dir != "" {
		half(dir)
	}
	os.Exit(m.Run())
}

// A line, by kind: text, JSON with a time that all share, and JSON that is all the same.
var kinds = []func(i int) string{
	func(i int) string { return fmt.Sprintf("line %d", i) },
	func(i int) string { return fmt.Sprintf(`{"time":"2026-01-02T03:04:05Z","msg":"line %d"}`, i) },
}

const batchSize = 12

func logger(dir string) *hydra.Logger {
	return hydra.Must(hydra.New(hydra.Config{
		Name: "test", BaseLogDir: dir,
		Layers:  map[string]config.Layer{"default": {Destinations: []config.Destination{{Type: "file", Path: "out.jsonl"}}}},
		Journal: config.Journal{Dir: filepath.Join(dir, "state")},
	}, hydra.WithoutCrashOutput()))
}

// half accepts one whole batch and a part of another, and dies before the cursor knows.
func half(dir string) {
	kind, _ := strconv.Atoi(os.Getenv("FEED_TEST_KIND"))
	part, _ := strconv.Atoi(os.Getenv("FEED_TEST_PART"))
	log := logger(dir)
	d, err := capture.Create(capture.Root(filepath.Join(dir, "state")), capture.Run{})
	if err != nil {
		panic(err)
	}
	f := New(log, filepath.Join(dir, "state"), nil, nil)
	s, _ := f.Stream(capture.Stream{}, d.Cursor, 0)
	fill(s, kind, 0)
	if err := s.Flush(); err != nil {
		panic(err)
	}
	fill(s, kind, batchSize)
	s.intent.Stream, s.intent.Journal, s.intent.Before = 0, f.journal, f.before
	if err := d.Cursor.Begin(&s.intent); err != nil {
		panic(err)
	}
	log.LogBatch(context.Background(), s.records[:part])
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func fill(s *Stream, kind, first int) {
	for i := range batchSize {
		s.Unit(lines.Unit{Text: []byte(kinds[kind](first + i)), End: int64(100 * (first + i + 1))})
	}
}

func TestCursorMovesBehindExactlyWhatTheJournalHas(t *testing.T) {
	for kind := range kinds {
		for part := range batchSize + 1 {
			dir := t.TempDir()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "FEED_TEST_DIR="+dir, "FEED_TEST_KIND="+fmt.Sprint(kind), "FEED_TEST_PART="+fmt.Sprint(part))
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("%v %s", err, out)
			}
			stateDir := filepath.Join(dir, "state")
			dirs, err := capture.Orphans(capture.Root(stateDir))
			if err != nil || len(dirs) != 1 {
				t.Fatal(dirs, err)
			}
			for range 2 { // doing it again changes nothing
				if err := Settle(stateDir, dirs[0]); err != nil {
					t.Fatal(err)
				}
				want := int64(100 * (batchSize + part))
				if got := dirs[0].Cursor.Place().Position[0]; got != want {
					t.Errorf("kind %d, %d of %d accepted: the cursor is at %d, want %d", kind, part, batchSize, got, want)
				}
			}
		}
	}
}
