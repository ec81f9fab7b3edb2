package demo

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hydra-logger/hydra"
)

const (
	pause      = 10 * time.Millisecond
	perPause   = 12   // calls of a worker between two pauses
	burstEvery = 150  // pauses
	burst      = 8000 // calls of a worker without a pause
)

// Service is the program that gets killed: it logs from several goroutines for a while, beginning where the last
// one stopped, notes each call in the file of calls, and closes its logger.
func Service(dir string, d time.Duration) error {
	log, err := hydra.Open(filepath.Join(dir, configName))
	if err != nil {
		return err
	}
	calls, err := openCalls(filepath.Join(dir, callsName))
	if err != nil {
		return err
	}
	all := calls.read()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { work(ctx, log, calls, w, all[w]) })
	}
	wg.Wait()
	closeErr := log.Close()
	text, err := json.MarshalIndent(log.Health(), "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, healthName), append(text, '\n'), 0o600)
	}
	return errors.Join(closeErr, err, calls.close())
}

// work logs until ctx ends. The file of calls tells before and after each call, so that a kill leaves no doubt.
func work(ctx context.Context, log *hydra.Logger, calls *callsFile, w int, t tally) {
	orders := log.Layer("orders").With(slog.String("service", "checkout"))
	audit := log.Layer("audit")
	for round := 1; ctx.Err() == nil; round++ {
		n := perPause
		if round%burstEvery == 0 {
			n = burst
		}
		for range n {
			calls.begin(w, &t)
			c := callOf(t.begun)
			to := orders
			if c.audit {
				to = audit
			}
			to.Log(ctx, levels[c.level], messages[c.level], slog.Int("g", w), slog.Int("n", t.begun))
			calls.returned(w, &t, c)
		}
		time.Sleep(pause)
	}
}

var (
	levels   = [...]slog.Level{hydra.LevelInfo, hydra.LevelWarning, hydra.LevelError}
	messages = [...]string{"order accepted", "payment is slow", "payment failed"}
)
