package hydra_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/leak"
)

// leaveRecords logs n records to a destination that blocks, and closes without delivering them.
func leaveRecords(t *testing.T, cfg hydra.Config, n int, opts ...hydra.Option) {
	t.Helper()
	bad := &hydratest.Faulty{Remote: true}
	bad.Block()
	cfg.CloseTimeout = hydra.Duration(20 * time.Millisecond)
	log := hydra.Must(hydra.New(cfg, append(opts, hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: bad}))...))
	for i := range n {
		log.Log(bg, overflowLevels[1+i%3], "record", slog.Int("n", i))
	}
	if p := pendingErr(log.Close()); p == nil || p.Pending["bad"] != uint64(n) {
		t.Fatalf("pending: %v", p)
	}
}

func TestWhatAnEarlierRunLeftIsAdoptedAndInTheLedger(t *testing.T) {
	leak.Check(t)
	cfg := quietConfig(t.TempDir())
	leaveRecords(t, cfg, 90)
	back := &hydratest.Faulty{Remote: true}
	log := hydra.Must(hydra.New(cfg, hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: back})))
	log.Info(bg, "of this run")
	mustFlush(t, log)
	l := destOf(t, log, "bad").Ledger
	if l.Adopted["INFO"] != 30 || l.Adopted["WARNING"] != 30 || l.Adopted["ERROR"] != 30 || l.Difference() != 0 {
		t.Errorf("%+v", l)
	}
	if own := l.Submitted.Total(); l.Delivered != 90+own || back.Delivered() != int(l.Delivered) {
		t.Errorf("%d arrived: %+v", back.Delivered(), l)
	}
	if n := strings.Count(string(back.Bytes()), `"recovered":true`); n != 90 {
		t.Errorf("%d records are marked as recovered", n)
	}
	if !strings.Contains(string(back.Bytes()), `"left":90,"adopted":{"bad":90}`) {
		t.Errorf("the record of how the last run ended does not say what is taken over: %s", back.Bytes())
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
}

func TestRecordsOfADestinationThatChangedAreKeptReportedAndNotDelivered(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	cfg := func(path string) hydra.Config {
		return hydra.Config{Name: "changed", BaseLogDir: dir, Journal: hydra.Journal{Dir: filepath.Join(dir, "state")}, CloseTimeout: hydra.Duration(20 * time.Millisecond),
			Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Name: "file", Type: "file", Path: path}}}}}
	}
	// A directory in the place of the file's parent: nothing is delivered in the first run.
	if err := os.WriteFile(filepath.Join(dir, "blocked"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	log := hydra.Must(hydra.New(cfg("blocked/old.jsonl"), hydra.WithEvents(func(hydra.Event) {})))
	log.Info(bg, "for the old file")
	if p := pendingErr(log.Close()); p == nil || p.Pending["file"] != 1 {
		t.Fatalf("pending: %v", p)
	}
	log = hydra.Must(hydra.New(cfg("new.jsonl"), hydra.WithEvents(func(hydra.Event) {})))
	log.Info(bg, "for the new file")
	mustFlush(t, log)
	r, ok := hasReason(log.Health(), health.CodeDestinationChanged)
	if !ok || !strings.Contains(r.Text, `"file"`) || log.Health().Status != health.Degraded {
		t.Errorf("health does not report it: %+v", log.Health().Reasons)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "new.jsonl"))
	if err != nil || strings.Contains(string(text), "old file") || !strings.Contains(string(text), "new file") {
		t.Errorf("%v: %s", err, text)
	}
	if err := os.Remove(filepath.Join(dir, "blocked")); err != nil {
		t.Fatal(err)
	}
	log = hydra.Must(hydra.New(cfg("blocked/old.jsonl"))) // the old one comes back
	mustFlush(t, log)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "blocked", "old.jsonl")); err != nil || strings.Count(string(text), "for the old file") != 1 {
		t.Errorf("%v: %s", err, text)
	}
}

func TestDamageInTheJournalIsReportedAndTheRestDelivered(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	cfg := quietConfig(dir)
	leaveRecords(t, cfg, 900)
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range 64 {
		text[20_000+i] ^= 0xff
	}
	if err := os.WriteFile(files[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	back := &hydratest.Faulty{Remote: true}
	log := hydra.Must(hydra.New(cfg, hydra.WithEvents(func(hydra.Event) {}), hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: back})))
	mustFlush(t, log)
	r, ok := hasReason(log.Health(), health.CodeJournalCorrupt)
	if !ok || r.Status == health.Healthy || log.Health().Status == health.Healthy {
		t.Errorf("health says %+v", log.Health().Reasons)
	}
	l := destOf(t, log, "bad").Ledger
	if n := back.Delivered(); n < 890 || n >= 901 || l.Difference() != 0 {
		t.Errorf("%d delivered: %+v", n, l)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileWithOtherWritersIsReported(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	cfg := fileConfig(dir)
	first := hydra.Must(hydra.New(cfg))
	defer first.Close()
	first.Info(bg, "record", slog.Int("n", 0))
	mustFlush(t, first)
	cfg.Name, cfg.Journal.Dir = "second", filepath.Join(dir, "second")
	second := hydra.Must(hydra.New(cfg))
	defer second.Close()
	second.Info(bg, "record", slog.Int("n", 1))
	mustFlush(t, second)
	if r, ok := hasReason(second.Health(), health.CodeSharedFile); !ok || r.Subject != "file-app.jsonl" {
		t.Errorf("%+v", second.Health().Reasons)
	}
	checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), 2)
}

func TestAJournalThatFillsUpIsReportedBeforeItIsFull(t *testing.T) {
	o := newOverflowing(t, "block", 0)
	if _, ok := hasReason(o.log.Health(), health.CodeJournalQuota); ok {
		t.Error("it is empty")
	}
	degraded := false
	for i := 0; !degraded; i++ {
		if i > 1800 {
			t.Fatalf("never reported: %+v", o.log.Health().Journal)
		}
		o.logOne(i)
		if i%50 == 0 {
			r, ok := hasReason(o.log.Health(), health.CodeJournalQuota)
			degraded = ok && r.Status == health.Degraded
		}
	}
	j := o.log.Health().Journal
	if j.Quota.Bytes != 2<<20 || j.Quota.Source != "set" || j.Bytes > j.Quota.Bytes || j.Pinned != "bad" && j.Pinned != "" {
		t.Errorf("%+v", j)
	}
}

func TestADestinationThatDoesNotReturnIsReportedAsBlocked(t *testing.T) {
	if !full {
		t.Skip("takes the five seconds after which a delivery counts as blocked; HYDRA_FULL=1 runs it")
	}
	bad := &hydratest.Faulty{Remote: true}
	bad.Block()
	log, _ := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: bad}))
	log.Info(bg, "m")
	eventually(t, 10*time.Second, "the destination is blocked", func() bool { return destOf(t, log, "bad").State == health.StateBlocked })
	if r, ok := hasReason(log.Health(), health.CodeDestinationBlocked); !ok || r.Subject != "bad" || r.Status != health.Degraded {
		t.Errorf("%+v", log.Health().Reasons)
	}
	bad.Heal()
}

func TestEveryReasonSaysWhatItMeans(t *testing.T) {
	log, _ := hydratest.Open(t, hydra.Config{Layers: twoLayers(), Journal: hydra.Journal{Reserve: config.NoReserve}})
	log.Layer("none").Error(bg, "m")
	for _, r := range log.Health().Reasons {
		if r.Code == "" || r.Text == "" || r.Status == "" || strings.Contains(r.Text, "%!") {
			t.Errorf("%+v", r)
		}
	}
}
