//go:build unix

package hydra_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/record"
)

// rotatingConfig has one layer with a file that rotates.
func rotatingConfig(dir, path string, d hydra.Destination) hydra.Config {
	d.Type, d.Path = "file", path
	return hydra.Config{
		Name: "rotate", BaseLogDir: dir, SyncLevel: "CRITICAL",
		Layers: map[string]hydra.Layer{"default": {Level: "INFO", Destinations: []hydra.Destination{d}}},
	}
}

// wideLimits let a record hold a string of n bytes.
func wideLimits(n int) record.Limits { return record.Limits{String: n, Attributes: 2 * n} }

// filesOf returns the rotated files of name in dir, oldest first, and then the file itself.
func filesOf(t *testing.T, dir, name string) []string {
	t.Helper()
	ext := filepath.Ext(name)
	found, err := filepath.Glob(filepath.Join(dir, strings.TrimSuffix(name, ext)+"-*"+ext+"*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b string) int { return strings.Compare(sortable(a), sortable(b)) })
	if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
		found = append(found, filepath.Join(dir, name))
	}
	return found
}

// sortable lets the second file of a moment come behind the first.
func sortable(path string) string {
	base := strings.TrimSuffix(path, ".gz")
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// readPlain returns what a file holds, unpacked.
func readPlain(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := io.Reader(f)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(data)
}

func TestRotatePutsAwayWhatTheFilesHold(t *testing.T) {
	dir := t.TempDir()
	log, err := hydra.New(rotatingConfig(dir, "app.log", hydra.Destination{MaxSize: "1MB"}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	log.Info(bg, "first")
	if err := errors.Join(log.Flush(bg), log.Rotate(bg)); err != nil {
		t.Fatal(err)
	}
	log.Info(bg, "second")
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	files := filesOf(t, dir, "app.log")
	if len(files) != 2 || !strings.Contains(readPlain(t, files[0]), "first") || !strings.Contains(readPlain(t, files[1]), "second") {
		t.Errorf("%q", files)
	}
	if err := log.Rotate(bg); !errors.Is(err, hydra.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestRotateSaysWhenNoFileRotates(t *testing.T) {
	dir := t.TempDir()
	log, err := hydra.New(rotatingConfig(dir, "app.log", hydra.Destination{}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	log.Info(bg, "first")
	if err := log.Rotate(context.TODO()); err == nil {
		t.Error("no error")
	}
	if n := len(filesOf(t, dir, "app.log")); n > 1 {
		t.Errorf("%d files", n)
	}
	if err := (*hydra.Logger)(nil).Rotate(bg); err != nil {
		t.Error(err)
	}
}

func TestFilesAreRotatedUnderALoggerThatWrites(t *testing.T) {
	dir, all := t.TempDir(), 0
	cfg := rotatingConfig(dir, "app.log", hydra.Destination{MaxSize: "1MB", BackupCount: &all})
	if got, err := hydra.RotateFiles(bg, cfg); err != nil || len(got) != 1 || got[0].Rotated || got[0].Err != nil {
		t.Errorf("before anything was written: %+v, %v", got, err)
	}
	log, err := hydra.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for range 5 {
		log.Info(bg, "record")
		if err := log.Flush(bg); err != nil {
			t.Fatal(err)
		}
		if got, err := hydra.RotateFiles(bg, cfg); err != nil || !got[0].Rotated || got[0].Err != nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	files, n := filesOf(t, dir, "app.log"), 0
	for _, f := range files {
		n += strings.Count(readPlain(t, f), "record")
	}
	if n != 5 || len(files) != 6 {
		t.Errorf("%d records in %d files, want 5 in 6", n, len(files))
	}
}

func TestRecordOfTwiceTheLimitIsThereWhole(t *testing.T) {
	limit := size(1<<20, 100<<20)
	dir := t.TempDir()
	cfg := rotatingConfig(dir, "app.log", hydra.Destination{MaxSize: config.SizeText(config.Size(limit).String())})
	cfg.Journal.Quota = hydra.Size(12 * limit)
	log, err := hydra.New(cfg, hydra.WithLimits(wideLimits(4*limit)))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	log.Info(bg, "before")
	log.Info(bg, strings.Repeat("x", 2*limit))
	log.Info(bg, "after")
	ctx, cancel := context.WithTimeout(bg, time.Minute)
	defer cancel()
	if err := log.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	files := filesOf(t, dir, "app.log")
	if len(files) != 3 {
		t.Fatalf("%q", files)
	}
	if n := strings.Count(readPlain(t, files[1]), "x"); n < 2*limit {
		t.Errorf("%d bytes of it are there, want %d", n, 2*limit)
	}
}

func TestRotationThatFailsIsAReasonInHealth(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "newest"), []byte("no link"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := hydra.New(rotatingConfig(dir, "app.log", hydra.Destination{MaxSize: "1MB", Latest: "newest"}), hydra.WithEvents(func(hydra.Event) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	log.Info(bg, "record")
	if err := log.Flush(bg); err != nil {
		t.Fatal(err)
	}
	if err := log.Rotate(bg); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range log.Health().Reasons {
		found = found || r.Code == health.CodeDestinationTroubled && strings.Contains(r.Text, "newest")
	}
	if !found {
		t.Errorf("%+v", log.Health().Reasons)
	}
}
