package hydratest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/health"
)

// fakeTB stands in for the testing.T of a user's test.
type fakeTB struct {
	dir      string
	errors   []string
	logs     []string
	cleanups []func()
}

func (f *fakeTB) Helper()                   {}
func (f *fakeTB) Errorf(s string, a ...any) { f.errors = append(f.errors, fmt.Sprintf(s, a...)) }
func (f *fakeTB) Log(a ...any)              { f.logs = append(f.logs, fmt.Sprint(a...)) }
func (f *fakeTB) Failed() bool              { return len(f.errors) > 0 }
func (f *fakeTB) Cleanup(fn func())         { f.cleanups = append(f.cleanups, fn) }
func (f *fakeTB) TempDir() string           { return f.dir }

// end does what a test's end does.
func (f *fakeTB) end() {
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
}

var ctx = context.Background()

func TestRecorderSeesWhatWentThroughTheJournal(t *testing.T) {
	log, rec := New(t)
	ids := correlation.Ensure(ctx, "flow-1")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	log.With(slog.String("service", "shop")).WithGroup("order").Warn(ids, "placed",
		slog.Int("id", 42), slog.Duration("took", time.Second), slog.Time("at", at), hydra.Err(errors.New("too late")),
		slog.Group("by", slog.String("name", "kim")), slog.Any("lines", []any{1, "two", map[string]any{"three": 3.5}}))
	got := rec.Expect(HasMessage("placed"), Level(hydra.LevelWarning), Layer("default"), HasCorrelationID("flow-1"),
		HasAttr("service", "shop"), HasAttr("order.id", 42), HasAttr("order.took", time.Second), HasAttr("order.at", at.UTC()),
		HasAttr("order.error", "too late"), HasAttr("order.error", errors.New("too late")), HasAttr("order.by.name", "kim"),
		HasKey("order.by"), Not(HasKey("order.by.age")))
	lines, _ := got.Attr("order.lines")
	if want := []any{int64(1), "two", map[string]any{"three": 3.5}}; !equal(lines, want) {
		t.Errorf("list: %#v", lines)
	}
	if time.Since(got.Time) > time.Minute || got.Recovered || !strings.Contains(got.String(), "placed") {
		t.Errorf("record: %+v", got)
	}
	if s := log.Health().Journal.Backend; s == "none" || s == "memory" {
		t.Errorf("journal is %q: the recorder is not behind the real pipeline", s)
	}
}

func TestEveryLevelOfEveryGoroutineIsRecordedInOrder(t *testing.T) {
	log, rec := New(t)
	for i := range 1000 {
		log.Log(ctx, slog.Level(i%6*4-8), "m", slog.Int("n", i))
	}
	records := rec.Records()
	if len(records) != 1000 {
		t.Fatalf("%d records", len(records))
	}
	for i, r := range records {
		if !equal(r.Attrs["n"], i) {
			t.Fatalf("record %d is %v", i, r)
		}
	}
	rec.Reset()
	log.Info(ctx, "after")
	rec.ExpectCount(1)
}

func TestAwaitReturnsARecordThatIsMadeLater(t *testing.T) {
	log, rec := New(t)
	go log.Info(ctx, "later", slog.Int("n", 1))
	if r := rec.Await(10*time.Second, HasMessage("later")); !equal(r.Attrs["n"], 1) {
		t.Errorf("%+v", r)
	}
}

func TestOpenKeepsTheProgramsOwnDestinations(t *testing.T) {
	dir := t.TempDir()
	log, rec := Open(t, hydra.Config{BaseLogDir: dir, Layers: map[string]hydra.Layer{
		"api":   {Destinations: []hydra.Destination{{Type: "file", Path: "api.jsonl"}}},
		"audit": {Level: "WARNING", Destinations: []hydra.Destination{{Type: "file", Path: "audit.jsonl"}}},
	}})
	log.Layer("api").Info(ctx, "served")
	log.Layer("audit").Info(ctx, "below its level")
	log.Layer("audit").Error(ctx, "denied")
	rec.ExpectCount(2)
	rec.Expect(Layer("audit"), HasMessage("denied"))
	rec.ExpectNone(MessageContains("below"))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "audit.jsonl"))
	if err != nil || strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), "denied") {
		t.Errorf("%v: %q", err, text)
	}
}

func TestModeSyncIsRecordedToo(t *testing.T) {
	log, rec := Open(t, hydra.Config{Mode: "sync"})
	log.Info(ctx, "m")
	rec.ExpectCount(1, HasMessage("m"))
}

func TestRecorderWorksInABubbleOfSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, rec := New(t)
		start := time.Now()
		go func() {
			time.Sleep(time.Hour)
			log.Info(ctx, "an hour later")
		}()
		r := rec.Await(2*time.Hour, HasMessage("an hour later"))
		if !r.Time.Equal(start.Add(time.Hour)) {
			t.Errorf("the record is of %v, an hour after %v", r.Time, start)
		}
	})
}

func TestLogIsPrintedOnlyWhenTheTestFails(t *testing.T) {
	for _, fails := range []bool{false, true} {
		tb := &fakeTB{dir: t.TempDir()}
		log, rec := New(tb)
		log.Info(ctx, "the record", slog.Int("n", 7))
		if fails {
			rec.Expect(HasMessage("another"), Not(HasAttr("n", 8)))
		}
		tb.end()
		if !fails && len(tb.errors)+len(tb.logs) > 0 {
			t.Errorf("a test that passes said %q %q", tb.errors, tb.logs)
		}
		if fails && (len(tb.logs) != 1 || !strings.Contains(tb.logs[0], "the record n=7")) {
			t.Errorf("a test that fails showed %q", tb.logs)
		}
		if fails && (len(tb.errors) != 1 || tb.errors[0] != `no record with (message "another" and not attribute n=8)`) {
			t.Errorf("a test that fails said %q", tb.errors)
		}
	}
}

func TestExpectationsThatAreNotMetFail(t *testing.T) {
	tb := &fakeTB{dir: t.TempDir()}
	log, rec := New(tb)
	log.Info(ctx, "m")
	for name, check := range map[string]func(){
		"none":  func() { rec.ExpectNone(HasMessage("m")) },
		"count": func() { rec.ExpectCount(2, HasMessage("m")) },
		"await": func() { rec.Await(time.Millisecond, HasMessage("n")) },
	} {
		tb.errors = nil
		check()
		if len(tb.errors) != 1 {
			t.Errorf("%s: %q", name, tb.errors)
		}
	}
	tb.end()
}

func TestAConfigurationThatCantBeUsedFailsTheTest(t *testing.T) {
	tb := &fakeTB{dir: t.TempDir()}
	log, rec := Open(tb, hydra.Config{DefaultLevel: "LOUD"})
	log.Info(ctx, "m")
	rec.ExpectCount(0)
	tb.end()
	if len(tb.errors) != 1 || !strings.Contains(tb.errors[0], "LOUD") {
		t.Errorf("%q", tb.errors)
	}
}

func TestALedgerThatDoesNotBalanceIsFound(t *testing.T) {
	good := health.Ledger{Submitted: health.Counts{"INFO": 5}, Delivered: 3, Pending: 1, Dropped: map[string]health.Counts{"x": {"INFO": 1}}}
	bad := good
	bad.Delivered = 2
	got := unbalanced(health.Report{Destinations: []health.Destination{{Name: "good", Ledger: good}, {Name: "bad", Ledger: bad}}})
	if len(got) != 1 || got[0].Name != "bad" {
		t.Errorf("%+v", got)
	}
}
