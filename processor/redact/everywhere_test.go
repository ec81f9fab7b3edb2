package redact_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/internal/invariants"
	"github.com/hydra-logger/hydra/processor/redact"
)

// everywhere is a logger that sends to every type of destination, in every format.
type everywhere struct {
	*receivers
	dir string
	log *hydra.Logger
}

func openEverywhere(t *testing.T, mode, extensions string, opts ...hydra.Option) *everywhere {
	t.Helper()
	e := &everywhere{receivers: startReceivers(t), dir: t.TempDir()}
	if list := e.missing(); len(list) > 0 {
		t.Fatalf("nothing receives what goes to %v", list)
	}
	yaml := fmt.Sprintf("name: leak\nmode: %s\nbase_log_dir: %s\nclose_timeout: 60s\nextensions:\n%slayers:\n  default:\n    level: DEBUG\n    destinations:\n%s", mode, e.dir, extensions, e.yaml.String())
	if mode == "async" {
		yaml += "journal:\n  dir: " + filepath.Join(e.dir, "state") + "\n"
	}
	log, err := hydra.Parse([]byte(yaml), append(opts, hydra.WithoutCrashOutput())...)
	if err != nil {
		t.Fatal(err)
	}
	e.log = log
	t.Cleanup(func() { _ = log.Close() })
	return e
}

// arrived waits until every receiver has a text.
func (e *everywhere) arrived(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var missing []string
		for name, s := range e.sinks {
			if !strings.Contains(s.text(), text) {
				missing = append(missing, name)
			}
		}
		if len(missing) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%v did not get %q", missing, text)
		}
	}
}

// check looks for needles in what was received, and in all files below the directory. It returns how many of the
// files of each kind it looked at that hold what all may read.
func (e *everywhere) check(t *testing.T, needles map[string]string) map[string]int {
	t.Helper()
	for name, s := range e.sinks {
		reportReadable(t, name, s.text(), needles)
	}
	held := map[string]int{}
	err := filepath.WalkDir(e.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // a segment that was done with
		}
		reportReadable(t, path, string(data), needles)
		if strings.Contains(string(data), shown) {
			rel, _ := filepath.Rel(e.dir, path)
			switch {
			case filepath.Dir(rel) == ".":
				held["output"]++
			case strings.Contains(rel, "kept"):
				held["kept"]++
			case filepath.Ext(path) == ".seg":
				held["segment"]++
			case strings.Contains(rel, "dead-letter"):
				held["dead"]++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// logSecrets puts each kind of secret into some places, which differ from kind to kind.
func logSecrets(log *hydra.Logger, seed uint64, some int) map[string]string {
	g, needles, all := newGen(seed), map[string]string{}, places()
	for i, k := range allKinds() {
		for j := range some {
			p := all[(i+7*j)%len(all)]
			secret, needle := k.make(g)
			needles[needle] = k.name + " in " + p.name
			p.log(log, secret)
		}
	}
	return needles
}

const secureFirst = "  secrets: {type: security, enabled: true}\n"

func TestNoSecretLeavesByAnyTypeOfDestinationInAnyFormat(t *testing.T) {
	some := map[string]int{"async": 2, "sync": 1} // of the places; TestNoSecretIsReadableInAnyOutput has all
	if os.Getenv("HYDRA_FULL") != "" {
		some = map[string]int{"async": 13, "sync": 4}
	}
	if invariants.Enabled {
		some = map[string]int{"async": 1, "sync": 1}
	}
	for _, mode := range []string{"async", "sync"} {
		t.Run(mode, func(t *testing.T) {
			e := openEverywhere(t, mode, secureFirst)
			e.log.Info(context.Background(), shown)
			e.arrived(t, shown)
			needles := logSecrets(e.log, 21, some[mode])
			e.log.Info(context.Background(), shown)
			held := e.check(t, needles) // while the segments still hold them
			if mode == "async" && held["segment"] == 0 {
				t.Error("no segment of the journal holds the records")
			}
			e.log.Info(context.Background(), "the last-record-of-all")
			if err := e.log.Flush(context.Background()); err != nil {
				t.Error(err)
			}
			e.arrived(t, "last-record-of-all")
			if held = e.check(t, needles); held["output"] < 24 || held["dead"] == 0 && mode == "async" {
				t.Errorf("looked at %v", held)
			}
		})
	}
}

func TestNoSecretIsKeptBackOrReleased(t *testing.T) {
	e := openEverywhere(t, "async", secureFirst+"  debug: {type: keep_back, enabled: true, max_age: 1h}\n")
	g, needles := newGen(22), map[string]string{}
	var flows []context.Context
	for i, k := range allKinds() {
		secret, needle := k.make(g)
		needles[needle] = k.name
		ctx := correlation.Ensure(context.Background(), fmt.Sprintf("flow-%d", i))
		e.log.Debug(ctx, "got "+secret+" "+shown, slog.String("k", secret), slog.Any("e", errors.New(secret)), slog.Any("m", map[string]any{secret: []string{secret}}))
		flows = append(flows, ctx)
	}
	if held := e.check(t, needles); held["kept"] == 0 {
		t.Errorf("nothing was kept back: %v", held)
	}
	for _, ctx := range flows[:len(flows)/2] {
		e.log.Error(ctx, "declined")
	}
	e.log.Info(context.Background(), "the last-record-of-all")
	e.arrived(t, "last-record-of-all")
	e.arrived(t, shown)
	e.check(t, needles)
}

// brittle panics on what holds the word, and so does not hide it.
func TestWhatARuleFailsOnIsMarkedAndReachesNobody(t *testing.T) {
	const secret = "brittle-0815-secret"
	for _, mode := range []string{"async", "sync"} {
		r := mustNew(t, redactBrittle())
		e := openEverywhere(t, mode, "  none: {type: security, enabled: false}\n", hydra.WithProcessor(r))
		for _, p := range places() {
			p.log(e.log, secret)
		}
		e.log.Info(context.Background(), "the last-record-of-all")
		e.arrived(t, "last-record-of-all")
		e.arrived(t, "a rule failed")
		e.check(t, map[string]string{secret: "what the rule panicked on"})
		if r.Failed() == 0 {
			t.Error("nothing was counted")
		}
	}
}

func redactBrittle() redact.Options {
	return redact.Options{GoRules: []redact.GoRule{{Name: "brittle", Find: func(text string) (int, int) {
		if strings.Contains(text, "brittle") {
			panic(text)
		}
		return -1, 0
	}}}}
}
