package hydra_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hydra-logger/hydra"
)

func TestEveryCallThatMeetsCloseIsEitherDeliveredOrCounted(t *testing.T) {
	for range size(5, 100) {
		dir := t.TempDir()
		log := hydra.Must(hydra.New(fileConfig(dir)))
		var calls atomic.Uint64
		var wg sync.WaitGroup
		started := make(chan struct{}, 8)
		for g := range 8 {
			wg.Go(func() {
				for i := range 3000 {
					calls.Add(1)
					log.Info(context.Background(), "call", slog.Int("g", g), slog.Int("i", i))
					if i == 500 {
						started <- struct{}{}
					}
				}
			})
		}
		<-started
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		r := log.Health()
		ledger := r.Destinations[0].Ledger
		lines := uint64(len(readLines(t, filepath.Join(dir, "app.jsonl"))))
		if ledger.Difference() != 0 || ledger.Pending != 0 || lines != ledger.Delivered {
			t.Errorf("%d lines in the file, the ledger says %+v", lines, ledger)
		}
		if got := ledger.Submitted.Total() + r.AfterClose; got != calls.Load() {
			t.Errorf("%d calls, of which %d are accounted for", calls.Load(), got)
		}
		checkNothingLeft(t, dir)
	}
}
