package hydra_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/invariants"
)

func TestLogBatchKeepsOrderAndWhatEachRecordSaysOfItself(t *testing.T) {
	log, rec := hydratest.Open(t, hydra.Config{Name: "b", Layers: twoLayers()})
	call := correlation.Ensure(bg, "of-the-call")
	own := correlation.Ensure(bg, "of-the-record")
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	log.Layer("api").With(slog.String("bound", "yes")).LogBatch(call, []hydra.Record{
		{Level: hydra.LevelInfo, Message: "0", Attrs: []slog.Attr{slog.Int("n", 0)}},
		{Level: hydra.LevelDebug, Message: "below the level of api"},
		{Context: own, Level: hydra.LevelError, Layer: "db", Message: "1", Time: at},
		{Level: hydra.LevelInfo, Layer: "db", Message: "below the level of db"},
		{Level: hydra.LevelWarning, Layer: "elsewhere", Message: "2"},
		{Level: hydra.LevelCritical, Message: "3"},
	})
	log.LogBatch(nil, nil)
	records := rec.Records()
	if len(records) != 4 {
		t.Fatalf("%d records: %v", len(records), records)
	}
	for i, want := range []struct{ layer, id string }{
		{"api", "of-the-call"}, {"db", "of-the-record"}, {"elsewhere", "of-the-call"}, {"api", "of-the-call"},
	} {
		r := records[i]
		if r.Message != fmt.Sprint(i) || r.Layer != want.layer || r.IDs.CorrelationID != want.id || r.Attrs["bound"] != "yes" {
			t.Errorf("record %d: %+v", i, r)
		}
	}
	if !records[1].Time.Equal(at) || time.Since(records[0].Time) > time.Minute {
		t.Errorf("times %v %v", records[0].Time, records[1].Time)
	}
	if n := log.Health().UnknownLayers["elsewhere"]; n != 1 {
		t.Errorf("%d records of an unknown layer", n)
	}
}

func TestRecordsOfABatchAreNextToEachOther(t *testing.T) {
	const goroutines, perBatch = 8, 20
	batches := size(200, 5000)
	dir := t.TempDir()
	log := hydra.Must(hydra.New(fileConfig(dir)))
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			records := make([]hydra.Record, perBatch)
			for b := range batches {
				for i := range records {
					n := (g*batches+b)*perBatch + i
					records[i] = hydra.Record{Level: hydra.LevelInfo, Message: "batch", Attrs: []slog.Attr{slog.Int("n", n)}}
				}
				log.LogBatch(bg, records)
			}
		})
	}
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	lines := readLines(t, filepath.Join(dir, "app.jsonl"))
	if len(lines) != goroutines*batches*perBatch {
		t.Fatalf("%d records, %+v", len(lines), destOf(t, log, "file-app.jsonl").Ledger)
	}
	apart := 0
	last := make([]int, goroutines) // by goroutine: the record that came last
	for i, l := range lines {
		n := *l.N
		if g := n / perBatch / batches; n <= last[g] && n%(perBatch*batches) != 0 {
			t.Fatalf("record %d follows %d", n, last[g])
		} else {
			last[g] = n
		}
		if n%perBatch != 0 && *lines[i-1].N != n-1 {
			apart++
		}
	}
	// A batch that meets the end of a segment is accepted in two parts. Under the race detector the segments are
	// written, one record after the other.
	if apart > goroutines*batches/100 && !invariants.Enabled {
		t.Errorf("%d of %d batches were taken apart", apart, goroutines*batches)
	}
}

func TestLogBatchInModeSyncAndWithProcessors(t *testing.T) {
	log, driver := memoryLogger(t, nil, hydra.WithProcessor(dropNoise))
	log.LogBatch(bg, []hydra.Record{
		{Level: hydra.LevelInfo, Message: "one"}, {Level: hydra.LevelInfo, Message: "noise"}, {Level: hydra.LevelInfo, Message: "two"},
	})
	lines := jsonLines(t, driver.Bytes())
	if len(lines) != 2 || lines[0]["message"] != "one" || lines[1]["message"] != "two" {
		t.Errorf("%s", driver.Bytes())
	}
	if d := destOf(t, log, "memory").Ledger; d.Submitted.Total() != 3 || d.Dropped["processor"].Total() != 1 {
		t.Errorf("%+v", d)
	}
	checkBalance(t, log)
}

func TestABatchLargerThanASegmentIsWhole(t *testing.T) {
	log, rec := hydratest.New(t)
	records := make([]hydra.Record, 2000)
	pad := strings.Repeat("x", 1000) // 2 MB; the first segment has 256 KiB
	for i := range records {
		records[i] = hydra.Record{Level: hydra.LevelInfo, Message: "m", Attrs: []slog.Attr{slog.Int("n", i), slog.String("pad", pad)}}
	}
	log.LogBatch(context.Background(), records)
	got := rec.Records()
	if len(got) != len(records) {
		t.Fatalf("%d records", len(got))
	}
	for i, r := range got {
		if r.Attrs["n"] != int64(i) {
			t.Fatalf("record %d is %v", i, r.Attrs["n"])
		}
	}
}

func TestLogBatchAfterCloseIsCounted(t *testing.T) {
	log, _ := memoryLogger(t, nil)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log.LogBatch(bg, []hydra.Record{{Message: "a"}, {Message: "b"}})
	if n := log.Health().AfterClose; n != 2 {
		t.Errorf("%d counted, want 2", n)
	}
}
