//go:build unix

package hydra_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/consoledest"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/invariants"
	"github.com/hydra-logger/hydra/internal/leak"
)

// blockingPipe returns the write end of a pipe that nobody reads, as a standard stream is one: in blocking
// mode, so that a write to the full pipe holds its thread in the kernel. The reader is closed when the test ends.
func blockingPipe(t *testing.T) (w *os.File, closeReader func()) {
	t.Helper()
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(p[0])
	syscall.CloseOnExec(p[1])
	r, w := os.NewFile(uintptr(p[0]), "r"), os.NewFile(uintptr(p[1]), "w")
	t.Cleanup(func() { r.Close(); w.Close() })
	return w, func() { r.Close() }
}

// consoleOn is a console destination on any file.
func consoleOn(t *testing.T, f *os.File) destination.Driver {
	t.Helper()
	d, err := consoledest.New(consoledest.Options{File: f})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// latencies logs n records and returns what each call took.
func latencies(log *hydra.Logger, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		start := time.Now()
		log.Info(bg, "record", slog.Int("n", i), slog.String("order", "0190c2d8-5c2e-7bbd-9d7a-6e9f1c0a2b3d"))
		out[i] = time.Since(start)
	}
	return out
}

// consoleRun logs to a file and to a console on w, and returns what the calls took, and the logger before it is closed.
func consoleRun(t *testing.T, dir string, w *os.File, n int) ([]time.Duration, *hydra.Logger) {
	t.Helper()
	cfg := fileConfig(dir)
	cfg.CloseTimeout = hydra.Duration(time.Second)
	log, err := hydra.New(cfg, hydra.WithEvents(func(hydra.Event) {}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "console", Driver: consoleOn(t, w), Format: "plain-text"}))
	if err != nil {
		t.Fatal(err)
	}
	return latencies(log, n), log
}

func TestAPipeThatNobodyReadsBlocksNeitherTheCallerNorOtherDestinations(t *testing.T) {
	leak.Check(t)
	n := size(50_000, 1_000_000)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	started := time.Now()
	took, healthy := consoleRun(t, t.TempDir(), null, n)
	healthyTail := quantile(took, 0.999)
	eventually(t, 20*time.Second, "the file has everything", func() bool {
		return destOf(t, healthy, "file-app.jsonl").Ledger.Pending == 0
	})
	healthyFile := time.Since(started)
	if err := healthy.Close(); err != nil {
		t.Fatal(err)
	}

	w, closeReader := blockingPipe(t)
	dir := t.TempDir()
	started = time.Now()
	took, log := consoleRun(t, dir, w, n)
	tail := quantile(took, 0.999)
	t.Logf("p99.9 of a call: healthy %v, with a blocked pipe %v; median %v", healthyTail, tail, quantile(took, 0.5))
	floor := 20 * time.Microsecond // below it, a quantile tells of the machine's other work
	if limit := max(2*healthyTail, bound(floor)); tail > limit && !invariants.Enabled {
		t.Errorf("p99.9 of a call is %v with a blocked pipe and %v without", tail, healthyTail)
	}
	eventually(t, 20*time.Second, "the file has everything", func() bool {
		return destOf(t, log, "file-app.jsonl").Ledger.Pending == 0
	})
	blockedFile := time.Since(started)
	t.Logf("the file had everything after %v beside a healthy console, after %v beside a blocked one", healthyFile, blockedFile)
	if limit := 2*healthyFile + bound(100*time.Millisecond); blockedFile > limit && !invariants.Enabled {
		t.Errorf("the file had everything after %v beside a blocked console, after %v beside a healthy one", blockedFile, healthyFile)
	}
	checkBlocked(t, log, n)
	checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), n)
	closeReader() // lets go of the thread that the kernel holds
}

// checkBlocked closes a logger whose console is blocked.
func checkBlocked(t *testing.T, log *hydra.Logger, n int) {
	t.Helper()
	d := destOf(t, log, "console")
	if d.Ledger.Difference() != 0 || d.Ledger.Pending == 0 || d.Ledger.Delivered+d.Ledger.Pending != uint64(n) {
		t.Errorf("the ledger does not say where the records are: %+v", d.Ledger)
	}
	start := time.Now()
	err := log.Close()
	if took := time.Since(start); took > bound(1500*time.Millisecond) {
		t.Errorf("Close took %v of the one second that it has", took)
	}
	p := pendingErr(err)
	if p == nil || p.Pending["console"] != d.Ledger.Pending || p.Kept == "" || len(p.Pending) != 1 {
		t.Errorf("Close said %v", err)
	}
	checkBalance(t, log)
}

func TestCloseReturnsInTimeAndNamesADeliveryThatTheSystemHolds(t *testing.T) {
	leak.Check(t)
	bad := &hydratest.Faulty{Remote: true}
	bad.Hang()
	defer bad.Heal() // lets the goroutine go
	dir := t.TempDir()
	cfg := fileConfig(dir)
	cfg.CloseTimeout = hydra.Duration(200 * time.Millisecond)
	log := hydra.Must(hydra.New(cfg, hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: bad})))
	for i := range 100 {
		log.Info(bg, "record", slog.Int("n", i))
	}
	start := time.Now()
	err := log.Close()
	if took := time.Since(start); took > bound(500*time.Millisecond) {
		t.Errorf("Close took %v", took)
	}
	if !errors.Is(err, destination.ErrBlocked) || !strings.Contains(err.Error(), `"bad"`) {
		t.Errorf("Close does not say that bad is blocked: %v", err)
	}
	if p := pendingErr(err); p == nil || p.Pending["bad"] != 100 || len(p.Pending) != 1 {
		t.Errorf("Close does not say what is pending: %v", err)
	}
	if d := destOf(t, log, "bad"); d.State != health.StateBlocked || d.Ledger.Pending != 100 {
		t.Errorf("health says %+v", d)
	}
	checkBalance(t, log)
	checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), 100)
}

func TestAClosedLoggerWithABlockedPipeCanBeOpenedAgainAndDeliversTheRest(t *testing.T) {
	leak.Check(t)
	w, closeReader := blockingPipe(t)
	dir := t.TempDir()
	_, log := consoleRun(t, dir, w, 5000)
	ctx, cancel := context.WithTimeout(bg, 50*time.Millisecond)
	defer cancel()
	p := pendingErr(log.Shutdown(ctx))
	if p == nil {
		t.Fatal("nothing was pending")
	}
	closeReader()

	file, err := os.Create(filepath.Join(dir, "console"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, log = consoleRun(t, dir, file, 1)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	// What the pipe had taken of the batch that blocked was not acknowledged, so it is here too: at least the rest.
	if lines := bytes.Count(text, []byte("n=")); lines < int(p.Pending["console"])+1 {
		t.Errorf("%d records, %d were pending", lines, p.Pending["console"])
	}
}
