package hydratest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/health"
)

// TB is the part of testing.TB that this package needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Log(args ...any)
	Failed() bool
	Cleanup(func())
	TempDir() string
}

// RecorderName is the name of the recorder's destination in health and errors.
const RecorderName = "hydratest"

const (
	// patience is the longest that the recorder waits for what is already accepted.
	patience = 10 * time.Second
	// parting is how long a logger may take at the end of a test to deliver to the test's other destinations.
	parting = time.Second
)

// Recorder keeps what a logger delivers. Its methods are safe for concurrent use.
type Recorder struct {
	t   TB
	log *hydra.Logger

	mu      sync.Mutex
	records []Record
	bad     []string      // what could not be decoded
	events  []string      // what happened to the logger itself
	grown   chan struct{} // closed when something is added
}

// New returns a logger that accepts every level, and the recorder of all that it delivers. Its journal lies in
// the test's temporary directory. The logger is closed when the test ends, and its ledger is checked with [CheckLedger].
func New(t TB, opts ...hydra.Option) (*hydra.Logger, *Recorder) {
	t.Helper()
	return Open(t, hydra.Config{DefaultLevel: "TRACE"}, opts...)
}

// Open is [New] with the program's own configuration: its layers, levels and destinations. The recorder is added to
// every layer. Where cfg does not say otherwise, files and the journal lie in the test's temporary directory, and
// a configuration without layers has one that goes nowhere else, in place of the console. It fails the test, and returns a logger that logs nothing, when the configuration can't be used.
func Open(t TB, cfg hydra.Config, opts ...hydra.Option) (*hydra.Logger, *Recorder) {
	t.Helper()
	r := &Recorder{t: t, grown: make(chan struct{})}
	dir := t.TempDir()
	if cfg.BaseLogDir == "" {
		cfg.BaseLogDir = dir
	}
	if cfg.Journal.Dir == "" && cfg.Journal.IsEnabled() && cfg.Mode != "sync" && cfg.Journal.Durability != "memory" {
		cfg.Journal.Dir = filepath.Join(dir, ".hydra")
	}
	if len(cfg.Layers) == 0 {
		cfg.Layers = map[string]hydra.Layer{"default": {Level: cfg.DefaultLevel, Destinations: []hydra.Destination{{Type: "null"}}}}
	}
	all := append([]hydra.Option{
		hydra.WithEvents(r.event),
		hydra.WithoutCrashOutput(),
		hydra.WithDestination("", hydra.DestinationOptions{Name: RecorderName, Driver: (*recorderDriver)(r), Format: "plain-text"}),
	}, opts...)
	log, err := hydra.New(cfg, all...)
	if err != nil {
		t.Errorf("hydratest: %v", err)
		log = hydra.Discard
	}
	r.log = log
	t.Cleanup(r.end)
	return log, r
}

// recorderDriver is the recorder as a driver, so that its methods are not the recorder's.
type recorderDriver Recorder

// Deliver implements destination.Driver.
func (d *recorderDriver) Deliver(_ context.Context, b *destination.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, it := range b.Items {
		rec, err := decode(it, b.Data[it.Start:it.End])
		if err != nil {
			d.bad = append(d.bad, err.Error())
			continue
		}
		d.records = append(d.records, rec)
	}
	close(d.grown)
	d.grown = make(chan struct{})
	return nil
}

// Close implements destination.Driver.
func (d *recorderDriver) Close(context.Context) error { return nil }

// Local implements destination.Local.
func (d *recorderDriver) Local() bool { return true }

// Describe implements destination.Describer.
func (d *recorderDriver) Describe() string { return "recorder of a test" }

func (r *Recorder) event(ev hydra.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, ev.String())
}

// Records waits until everything that was logged before is here, and returns it in order. It fails the
// test when that takes longer than 10 seconds.
func (r *Recorder) Records() []Record {
	r.t.Helper()
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Record(nil), r.records...)
}

// Find returns the records that match all of the matchers.
func (r *Recorder) Find(m ...Matcher) []Record {
	r.t.Helper()
	return find(r.Records(), And(m...))
}

// Expect fails the test unless a record matches all of the matchers. It returns the first that does.
func (r *Recorder) Expect(m ...Matcher) Record {
	r.t.Helper()
	found := r.Find(m...)
	if len(found) == 0 {
		r.t.Errorf("no record with %v", And(m...))
		return Record{}
	}
	return found[0]
}

// ExpectNone fails the test when a record matches all of the matchers.
func (r *Recorder) ExpectNone(m ...Matcher) {
	r.t.Helper()
	for _, rec := range r.Find(m...) {
		r.t.Errorf("there should be no record with %v: %s", And(m...), rec)
	}
}

// ExpectCount fails the test unless n records match all of the matchers.
func (r *Recorder) ExpectCount(n int, m ...Matcher) {
	r.t.Helper()
	if found := r.Find(m...); len(found) != n {
		r.t.Errorf("%d records with %v, want %d", len(found), And(m...), n)
	}
}

// Await waits for a record that another goroutine may still have to make, and returns it. It fails the test when
// none has come after d.
func (r *Recorder) Await(d time.Duration, m ...Matcher) Record {
	r.t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		r.mu.Lock()
		found, grown := find(r.records, And(m...)), r.grown
		r.mu.Unlock()
		if len(found) > 0 {
			return found[0]
		}
		select {
		case <-grown:
		case <-timer.C:
			r.t.Errorf("no record with %v after %v", And(m...), d)
			return Record{}
		}
	}
}

// Reset forgets what was recorded so far.
func (r *Recorder) Reset() {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = nil
}

// Events returns what happened to the logger itself: destinations that failed and came back, drops, damage.
func (r *Recorder) Events() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.events...)
}

// settle waits until the recorder has everything that was accepted so far.
func (r *Recorder) settle() {
	r.t.Helper()
	if pendingOf(r.log.Health()) == 0 {
		return
	}
	// Flush wakes every worker, and waits for others that may be blocked by intent.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if r.log.Flush(ctx) == nil {
		return
	}
	for deadline := time.Now().Add(patience); pendingOf(r.log.Health()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Errorf("hydratest: the recorder did not get all records within %v", patience)
			return
		}
	}
}

func pendingOf(report health.Report) uint64 {
	for _, d := range report.Destinations {
		if d.Name == RecorderName {
			return d.Ledger.Pending
		}
	}
	return 0
}

// end closes the logger, checks its account, and shows the log of a test that failed.
func (r *Recorder) end() {
	r.t.Helper()
	flush, cancel := context.WithTimeout(context.Background(), parting)
	defer cancel()
	_ = r.log.Flush(flush) // what a faulty destination keeps waiting is in the ledger
	now, cancelNow := context.WithTimeout(context.Background(), parting/10)
	defer cancelNow()
	err := r.log.Shutdown(now)
	var pending *hydra.PendingError
	if errors.As(err, &pending) && pending.Pending[RecorderName] > 0 {
		r.t.Errorf("hydratest: %d records did not reach the recorder", pending.Pending[RecorderName])
	}
	CheckLedger(r.t, r.log)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bad {
		r.t.Errorf("hydratest: a record can't be decoded: %s", b)
	}
	if r.t.Failed() {
		r.t.Log(r.text())
	}
}

// text is the whole log for people. The caller holds r.mu.
func (r *Recorder) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the log of this test, %d records:\n", len(r.records))
	for _, rec := range r.records {
		b.WriteString(rec.Text)
	}
	for _, ev := range r.events {
		fmt.Fprintf(&b, "about the logger: %s\n", ev)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
