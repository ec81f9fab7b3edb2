package hydra_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
)

func TestModeSyncHasWrittenWhenTheCallReturns(t *testing.T) {
	dir := t.TempDir()
	cfg := fileConfig(dir)
	cfg.Mode = "sync"
	log := hydra.Must(hydra.New(cfg))
	defer log.Close()
	for i := range 10 {
		log.Debug(bg, "below the level")
		log.Info(bg, "record", slog.Int("n", i))
		checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), i+1)
	}
	if _, err := os.Stat(filepath.Join(dir, ".hydra")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a state directory: %v", err)
	}
	r := log.Health()
	if r.Mode != "sync" || r.Journal.Backend != "none" || r.Status != health.Healthy || destOf(t, log, "file-app.jsonl").Ledger.Delivered != 10 {
		t.Errorf("%+v", r)
	}
	checkBalance(t, log)
}

func TestModeSyncCountsWhatCouldNotBeWritten(t *testing.T) {
	f := &hydratest.Faulty{}
	cfg := hydra.Config{Mode: "sync", Layers: twoLayers()}
	log := hydra.Must(hydra.New(cfg, hydra.WithEvents(func(hydra.Event) {}), hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: f})))
	defer log.Close()
	f.Fail(nil, 2)
	for range 3 {
		log.Layer("db").Error(bg, "m")
	}
	d := destOf(t, log, "bad")
	if d.Ledger.Delivered != 1 || d.Ledger.Dropped["write_failed"]["ERROR"] != 2 || d.Ledger.Difference() != 0 {
		t.Errorf("%+v", d.Ledger)
	}
	if r, ok := hasReason(log.Health(), health.CodeDropped); !ok || r.Subject != "bad" {
		t.Errorf("%+v", log.Health().Reasons)
	}
}

// callTimes are the shortest and the longest of calls. On a machine that does other things as well a call that waits for
// nothing may take as long as one that waits; one that waits is never shorter than it waits.
func callTimes(log *hydra.Logger, l slog.Level, calls int) (least, most time.Duration) {
	least = time.Hour
	for range calls {
		start := time.Now()
		log.Log(bg, l, "m")
		took := time.Since(start)
		least, most = min(least, took), max(most, took)
	}
	return least, most
}

func TestSyncLevelDecidesWhichCallsWaitForLocalDestinations(t *testing.T) {
	for _, c := range []struct {
		level hydra.Level
		waits []slog.Level
	}{
		{"", []slog.Level{hydra.LevelCritical}},
		{"ERROR", []slog.Level{hydra.LevelError, hydra.LevelCritical}},
		{"NONE", nil},
	} {
		t.Run(string(c.level), func(t *testing.T) {
			f := &hydratest.Faulty{} // a local one
			cfg := quietConfig(t.TempDir())
			cfg.SyncLevel = c.level
			log := hydra.Must(hydra.New(cfg, hydra.WithDestination("", hydra.DestinationOptions{Name: "local", Driver: f})))
			defer func() { f.Heal(); _ = log.Close() }()
			f.Block()
			for _, l := range []slog.Level{hydra.LevelWarning, hydra.LevelError, hydra.LevelCritical} {
				want := false
				for _, w := range c.waits {
					want = want || w == l
				}
				calls := 5
				if want {
					calls = 2
				}
				least, most := callTimes(log, l, calls)
				if (least >= 200*time.Millisecond) != want || least > bound(500*time.Millisecond) {
					t.Errorf("%v: the calls took %v to %v, want to wait: %v", l, least, most, want)
				}
			}
		})
	}
}

func TestACriticalCallDoesNotWaitForARemoteDestination(t *testing.T) {
	f := &hydratest.Faulty{Remote: true}
	f.Block()
	log, rec := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "remote", Driver: f}))
	if least, most := callTimes(log, hydra.LevelCritical, 5); least > 240*time.Millisecond {
		t.Errorf("the calls took %v to %v", least, most)
	}
	rec.Await(time.Nanosecond, hydratest.HasMessage("m")) // the local one has it already
	f.Heal()
}

func TestWithoutAStateDirectoryLocalDestinationsAreDirectAndRemoteOnesUseMemory(t *testing.T) {
	local, remote := &recording{}, &hydratest.Faulty{Remote: true}
	remote.Block()
	t.Setenv("HYDRA_STATE_DIR", "")
	t.Setenv("STATE_DIRECTORY", "")
	log := hydra.Must(hydra.New(hydra.Config{CloseTimeout: hydra.Duration(50 * time.Millisecond), Layers: twoLayers()},
		hydra.WithEvents(func(hydra.Event) {}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "local", Driver: local}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "remote", Driver: remote})))
	log.Layer("api").Info(bg, "m")
	if local.len() != 1 {
		t.Error("the local destination was not written before the call returned")
	}
	r := log.Health()
	if r.Journal.Backend != "memory" || r.Journal.Survives != "nothing" {
		t.Errorf("%+v", r.Journal)
	}
	if reason, ok := hasReason(r, health.CodeNoStateDir); !ok || !strings.Contains(reason.Text, "journal.dir") {
		t.Errorf("health does not say which promise is off and how to get it: %+v", r.Reasons)
	}
	err := log.Close()
	if p := pendingErr(err); p == nil || p.Pending["remote"] != 1 || p.Kept != "" {
		t.Errorf("Close says %v", err)
	}
	if l := destOf(t, log, "remote").Ledger; l.Dropped["lost_at_close"]["INFO"] != 1 || l.Pending != 0 || l.Difference() != 0 {
		t.Errorf("%+v", l)
	}
}

func TestFlushNamesWhatIsPendingWhenItsContextEnds(t *testing.T) {
	f := &hydratest.Faulty{Remote: true}
	f.Block()
	log, _ := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "slow", Driver: f}))
	log.Info(bg, "m")
	log.Info(bg, "m")
	ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
	defer cancel()
	err := log.Flush(ctx)
	if p := pendingErr(err); p == nil || p.Pending["slow"] != 2 || p.Kept == "" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	f.Heal()
	mustFlush(t, log)
	if f.Delivered() != 2 {
		t.Errorf("%d delivered", f.Delivered())
	}
}

func TestCommitOfALayerIsDurableWhenTheCallReturns(t *testing.T) {
	log, rec := hydratest.Open(t, hydra.Config{Layers: map[string]hydra.Layer{
		"audit":   {Durability: "commit", Destinations: []hydra.Destination{{Type: "null"}}},
		"default": {Destinations: []hydra.Destination{{Type: "null"}}},
	}})
	took := func(l *hydra.Logger) time.Duration {
		d := make([]time.Duration, 50)
		for i := range d {
			start := time.Now()
			l.Info(bg, "m")
			d[i] = time.Since(start)
		}
		return quantile(d, 0.5)
	}
	plain, commit := took(log), took(log.Layer("audit"))
	t.Logf("a call: %v, with commit: %v", plain, commit)
	if commit < 20*time.Microsecond || commit < 3*plain {
		t.Errorf("a call of a layer with commit takes %v: it can't have synced a file", commit)
	}
	log.Layer("audit").LogBatch(bg, []hydra.Record{{Message: "b"}, {Message: "b", Layer: "default"}})
	rec.ExpectCount(102)
	if err := log.Sync(bg); err != nil {
		t.Error(err)
	}
}
