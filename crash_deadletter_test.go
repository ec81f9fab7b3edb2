//go:build unix

package hydra_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/deadletter"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/internal/crashtest"
	"github.com/hydra-logger/hydra/record"
)

// strictFile appends to a file what holds no poison.
type strictFile struct{ path string }

func (d *strictFile) Deliver(_ context.Context, b *destination.Batch) error {
	if bytes.Contains(b.Data, []byte(`"poison"`)) {
		return destination.Reject(errors.New("400: poison"))
	}
	f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Data)
	return errors.Join(err, f.Close())
}

func (d *strictFile) Close(context.Context) error { return nil }

// poisonedService logs, a tenth of it poison. Arguments: directory, "kill" to die when dead letters are on the
// disk and the cursor has not moved, "hold" to deliver nothing, "drain" to deliver what is left and to write down the health report.
func poisonedService(c *crashtest.Child) {
	dir := c.Args[0]
	events := func(ev hydra.Event) {
		if c.Args[1] == "kill" && ev.Text == "records became dead letters" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	log, err := hydra.New(poisonedConfig(dir), hydra.WithEvents(events), hydra.WithType("collector",
		func(context.Context, config.ResolvedDestination) (destination.Driver, error) {
			if c.Args[1] == "hold" {
				d := memorydest.New(memorydest.Options{Remote: true})
				d.FailWith(alwaysDown)
				return d, nil
			}
			return &strictFile{filepath.Join(dir, "out.jsonl")}, nil
		}))
	if err != nil {
		c.Fail("open:", err)
	}
	c.Ready()
	if c.Args[1] == "drain" {
		if err := log.Close(); err != nil {
			c.Fail("close:", err)
		}
		text, _ := json.Marshal(log.Health().Destinations[0].Ledger)
		if err := os.WriteFile(filepath.Join(dir, "ledger"), text, 0o600); err != nil {
			c.Fail(err)
		}
		return
	}
	rng := rand.New(rand.NewPCG(uint64(c.Run), 1))
	for n := uint64(1); ; n++ {
		message := "record"
		if rng.IntN(10) == 0 {
			message = "poison"
		}
		c.Issue(0, n)
		log.Info(bg, message, slog.Int("run", c.Run), slog.Uint64("n", n))
		c.Accept(0, n)
		if n%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func poisonedConfig(dir string) hydra.Config {
	cfg := collectorConfig(filepath.Join(dir, "state"), nil)
	cfg.CloseTimeout = hydra.Duration(time.Minute) // the drain has the time a slow disk takes
	return cfg
}

func TestKilledBetweenDeadLetterAndCursorNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	tally := &crashtest.Tally{}
	kills := size(5, 50)
	for run := 1; run <= kills; run++ {
		p := crashtest.Start(t, "poisoned", crashtest.Options{Run: run, Goroutines: 1, Args: []string{dir, "kill"}})
		if err := p.Wait(); err == nil || !p.Killed() {
			t.Fatalf("run %d ended by itself: %v", run, p.Cmd.ProcessState)
		}
		tally.Run(p)
	}
	drain := crashtest.Start(t, "poisoned", crashtest.Options{Run: kills + 1, Goroutines: 1, Args: []string{dir, "drain"}})
	if err := drain.Wait(); err != nil {
		t.Fatal(err)
	}
	arrived := map[[2]uint64]bool{}
	again := 0
	count := func(line []byte) {
		var l struct {
			Message string
			Run, N  uint64
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if l.N == 0 {
			return // how the last run ended
		}
		if arrived[[2]uint64{l.Run, l.N}] {
			again++
			return
		}
		arrived[[2]uint64{l.Run, l.N}] = true
		tally.Count(int(l.Run), 0, l.N)
	}
	text, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		count([]byte(line))
	}
	store, err := hydra.DeadLetters(poisonedConfig(dir), "collector", hydra.WithType("collector", nil))
	if err != nil {
		t.Fatal(err)
	}
	letters := 0
	if err := store.All(func(l deadletter.Letter) bool {
		var v record.View
		if err := v.Decode(l.Raw); err != nil || v.Message != "poison" {
			t.Errorf("dead letter %q: %v", v.Message, err)
		}
		letters++
		before := len(arrived)
		count([]byte(jsonOf(t, &v)))
		if len(arrived) == before {
			t.Errorf("a letter is there twice: %s", jsonOf(t, &v))
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	r := tally.Result()
	t.Logf("%v, %d of them dead letters, %d arrived again", r, letters, again)
	if r.Lost+r.Invented > 0 || letters == 0 {
		t.Errorf("%v", r)
	}
	var l health.Ledger
	text, err = os.ReadFile(filepath.Join(dir, "ledger"))
	if err != nil || json.Unmarshal(text, &l) != nil {
		t.Fatal(err)
	}
	if l.Difference() != 0 || l.Redelivered == 0 || l.DeadLettered == 0 || l.Pending != 0 {
		t.Errorf("the ledger of the last run: %+v", l)
	}
}

// jsonOf is a record with the attributes that the test counts.
func jsonOf(t *testing.T, v *record.View) string {
	t.Helper()
	f := jsonFormatter()
	return string(f.Append(nil, v))
}

func jsonFormatter() format.Formatter {
	f, err := format.New(format.JSONLines, format.Options{})
	if err != nil {
		panic(err)
	}
	return f
}
