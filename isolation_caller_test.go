//go:build unix

package hydra_test

import (
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/invariants"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestACallTakesNoLongerBesideADeadAndASlowDestination(t *testing.T) {
	leak.Check(t)
	n := size(50_000, 1_000_000)
	run := func(dead, slow *hydratest.Faulty) (time.Duration, *hydra.Logger) {
		cfg := fileConfig(t.TempDir())
		cfg.CloseTimeout = hydra.Duration(time.Second)
		log, err := hydra.New(cfg, hydra.WithEvents(func(hydra.Event) {}),
			hydra.WithDestination("", hydra.DestinationOptions{Name: "one", Driver: dead, Format: "json-lines"}),
			hydra.WithDestination("", hydra.DestinationOptions{Name: "two", Driver: slow, Format: "json-lines"}))
		if err != nil {
			t.Fatal(err)
		}
		tail := quantile(latencies(log, n), 0.999)
		eventually(t, 30*time.Second, "the file has everything", func() bool { return destOf(t, log, "file-app.jsonl").Ledger.Pending == 0 })
		return tail, log
	}
	healthy, log := run(&hydratest.Faulty{Remote: true}, &hydratest.Faulty{Remote: true})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	dead, slow := &hydratest.Faulty{Remote: true}, &hydratest.Faulty{Remote: true}
	dead.Fail(nil, -1)
	slow.Slow(100 * time.Millisecond)
	beside, log := run(dead, slow)
	t.Logf("p99.9 of a call: %v with three healthy destinations, %v with one dead and one slow", healthy, beside)
	if limit := max(2*healthy, bound(20*time.Microsecond)); beside > limit && !invariants.Enabled {
		t.Errorf("p99.9 of a call is %v beside a dead and a slow destination, %v beside healthy ones", beside, healthy)
	}
	if d := destOf(t, log, "one"); d.Ledger.Pending != uint64(n) || dead.Calls() == 0 {
		t.Errorf("the dead destination was tried %d times, and its ledger says %+v", dead.Calls(), d.Ledger)
	}
	if p := pendingErr(log.Close()); p == nil || p.Pending["one"] != uint64(n) {
		t.Errorf("Close said %v", p)
	}
	checkBalance(t, log)
}
