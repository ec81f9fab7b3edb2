package hydra_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/invariants"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/dedupe"
	"github.com/hydra-logger/hydra/processor/keepback"
	"github.com/hydra-logger/hydra/record"
)

// repeatedOf adds up what summaries of a message say.
func repeatedOf(t *testing.T, rec *hydratest.Recorder, message string) (summaries int, n uint64) {
	t.Helper()
	for _, r := range rec.Records() {
		if !strings.HasPrefix(r.Message, message+" (repeated ") {
			continue
		}
		summaries++
		count, ok := r.Attrs[dedupe.CountKey].(uint64)
		if !ok {
			t.Errorf("a summary without a count: %v", r)
		}
		n += count
	}
	return summaries, n
}

func TestAMillionRecordsASecondAreOneAndASummaryThatIsCorrectToTheRecord(t *testing.T) {
	if invariants.Enabled {
		t.Skip("the speed of a flood means nothing under the race detector; the next test counts")
	}
	log, rec := parsed(t, `extensions: {d: {type: dedupe, enabled: true, window: 10s}}`)
	const goroutines = 4
	each := size(500_000, 5_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	flood(log, goroutines, each)
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	total := uint64(goroutines * each)
	first := uint64(len(rec.Find(hydratest.HasMessage("connection refused"))))
	summaries, repeated := repeatedOf(t, rec, "connection refused")
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d records in %v: %.2f million a second; %d records and %d summaries of %d; heap grew by %d KiB",
		total, took, float64(total)/took.Seconds()/1e6, first, summaries, repeated, grown>>10)
	if first+repeated != total {
		t.Errorf("%d records and summaries of %d are not %d", first, repeated, total)
	}
	if grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	l := destOf(t, log, hydratest.RecorderName).Ledger
	if l.Dropped["deduplicated"].Total() != repeated || l.Submitted.Total() != total+uint64(summaries) || l.Difference() != 0 {
		t.Errorf("%+v", l)
	}
}

func flood(log *hydra.Logger, goroutines, each int) {
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				log.Info(bg, "connection refused", slog.String("host", "db-1"), slog.Int("port", 5432))
			}
		})
	}
	wg.Wait()
}

func TestSummariesAreCorrectToTheRecordWhileFlushAndCloseComeInBetween(t *testing.T) {
	log, rec := parsed(t, `extensions: {d: {type: dedupe, enabled: true, window: 20ms, max_keys: 3}}`)
	const goroutines, each = 4, 3000
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range each {
				log.Info(bg, fmt.Sprintf("message %d", i%5))
			}
		})
	}
	for range 5 {
		mustFlush(t, log)
		time.Sleep(5 * time.Millisecond)
	}
	closed := make(chan struct{})
	go func() { defer close(closed); wg.Wait(); _ = log.Close() }()
	wg.Wait()
	<-closed
	total := uint64(0)
	for i := range 5 {
		m := fmt.Sprintf("message %d", i)
		_, repeated := repeatedOf(t, rec, m)
		total += repeated + uint64(len(rec.Find(hydratest.HasMessage(m))))
	}
	if total != goroutines*each {
		t.Errorf("records and summaries stand for %d calls, not %d", total, goroutines*each)
	}
}

func TestCloseDuringAFloodLosesNoCountOfARepetition(t *testing.T) {
	log, rec := parsed(t, `extensions: {d: {type: dedupe, enabled: true}}`)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20_000 {
				log.Info(bg, "m")
			}
		})
	}
	eventually(t, bound(5*time.Second), "the flood runs", func() bool {
		return destOf(t, log, hydratest.RecorderName).Ledger.Submitted.Total() > 1000
	})
	_ = log.Close()
	wg.Wait()
	l := destOf(t, log, hydratest.RecorderName).Ledger
	if _, repeated := repeatedOf(t, rec, "m"); repeated != l.Dropped["deduplicated"].Total() {
		t.Errorf("the summaries say %d, the ledger %+v", repeated, l)
	}
}

func TestASummaryComesWhenItsWindowEndsWithoutAnotherCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, err := hydra.New(hydra.Config{Mode: config.ModeSync, Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "null"}}}}},
			hydra.WithProcessor(must(dedupe.New(dedupe.Options{}))))
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		submitted := func() uint64 { return log.Health().Destinations[0].Ledger.Submitted.Total() }
		time.Sleep(time.Hour) // it sleeps without a timer
		for range 3 {
			log.Info(bg, "m")
			time.Sleep(time.Second)
		}
		time.Sleep(56 * time.Second)
		if submitted() != 3 {
			t.Fatalf("%d submitted before the window ended", submitted())
		}
		time.Sleep(2 * time.Second)
		if submitted() != 4 {
			t.Errorf("%d submitted after the window ended", submitted())
		}
	})
}

func must[P processor.Processor](p P, err error) P {
	if err != nil {
		panic(err)
	}
	return p
}

func TestAnEmittedRecordGoesThroughTheProcessorsBehindAndIsCounted(t *testing.T) {
	log, rec := parsed(t, `extensions: {d: {type: dedupe, enabled: true}}`, hydra.WithProcessor(add("behind", "")), hydra.WithProcessor(dropSummaries{}))
	for range 3 {
		log.Info(bg, "kept")
		log.Info(bg, "gone")
	}
	mustFlush(t, log)
	rec.Expect(hydratest.HasMessage("kept (repeated 2 times in 0.0 s)"), hydratest.HasAttr("behind", "kept (repeated 2 times in 0.0 s)"))
	l := destOf(t, log, hydratest.RecorderName).Ledger
	if l.Submitted.Total() != 8 || l.Dropped["processor"].Total() != 1 || l.Dropped["deduplicated"].Total() != 4 {
		t.Errorf("%+v", l)
	}
}

func TestDebugRecordsComeBeforeTheErrorOfTheirFlowAndThoseOfOthersDoNot(t *testing.T) {
	log, rec := parsed(t, "extensions: {k: {type: keep_back, enabled: true}}\n"+
		`layers: {default: {level: DEBUG, destinations: [{type: "null"}]}}`)
	bad, good := correlation.Ensure(bg, "bad"), correlation.Ensure(bg, "good")
	log.Debug(bad, "d1", slog.Int("n", 1))
	log.Debug(good, "d2")
	log.Info(bad, "i")
	log.Debug(bad, "d3")
	log.Debug(bg, "without id")
	log.Error(bad, "e")
	log.Debug(bad, "d4")
	var got []string
	for _, r := range rec.Records() {
		got = append(got, r.Message)
	}
	if fmt.Sprint(got) != "[i without id d1 d3 e d4]" {
		t.Errorf("%v", got)
	}
	rec.Expect(hydratest.HasMessage("d1"), hydratest.HasAttr("n", 1), hydratest.HasAttr(keepback.Key, keepback.Released))
	l := destOf(t, log, hydratest.RecorderName).Ledger
	if l.Dropped["kept_back"]["DEBUG"] != 3 || l.Submitted["DEBUG"] != 7 {
		t.Errorf("%+v", l)
	}
	if p := log.Health().Processors; len(p) != 1 || p[0].Held != 1 {
		t.Errorf("%+v", p)
	}
}

func TestAfterACleanCloseNothingIsRecovered(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		log := hydra.Must(hydra.Parse([]byte(keptConfig(dir))))
		log.Debug(correlation.Ensure(bg, "a"), "held")
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "out.jsonl")); len(text) > 0 {
		t.Errorf("written: %s", text)
	}
}

func TestRecordsThatAreLetOutAreBelowALevelThatWasRaisedMeanwhile(t *testing.T) {
	log, rec := parsed(t, "extensions: {k: {type: keep_back, enabled: true}}\n"+
		`layers: {default: {level: DEBUG, destinations: [{type: "null"}]}}`)
	ctx := correlation.Ensure(bg, "a")
	log.Debug(ctx, "held")
	if err := log.SetLevel("default", hydra.LevelInfo); err != nil {
		t.Fatal(err)
	}
	log.Error(ctx, "e")
	rec.ExpectNone(hydratest.HasMessage("held"))
	checkBalance(t, log)
}

// stuckOn hangs on records whose message contains a text, until its context ends.
type stuckOn struct{ text string }

func (d stuckOn) Deliver(ctx context.Context, b *destination.Batch) error {
	if strings.Contains(string(b.Data), d.text) {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (stuckOn) Close(context.Context) error { return nil }
func (stuckOn) Local() bool                 { return true }

func TestASummaryThatADestinationHangsOnStopsNeitherFlushNorClose(t *testing.T) {
	log := hydra.Must(hydra.New(hydra.Config{Mode: config.ModeSync, Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "null"}}}}},
		hydra.WithProcessor(must(dedupe.New(dedupe.Options{}))), hydra.WithEvents(func(hydra.Event) {}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "stuck", Driver: stuckOn{"(repeated"}})))
	log.Info(bg, "m")
	log.Info(bg, "m")
	within := func(f func(ctx context.Context) error) error {
		ctx, cancel := context.WithTimeout(bg, 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := f(ctx)
		if took := time.Since(start); took > bound(2*time.Second) {
			t.Errorf("it took %v", took)
		}
		return err
	}
	if err := within(log.Flush); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Flush: %v", err)
	}
	_ = within(log.Shutdown)
	hydratest.CheckLedger(t, log)
}

// talkative logs the same with the context of each delivery.
type talkative struct {
	log  *hydra.Logger
	left int
}

func (c *talkative) Deliver(ctx context.Context, b *destination.Batch) error {
	for range b.Items {
		if c.left > 0 {
			c.left--
			c.log.Info(ctx, "delivering")
		}
	}
	return nil
}

func (c *talkative) Close(context.Context) error { return nil }

func TestWhatIsLoggedInADeliveryIsNotKeptForASummaryThatWouldGoToThatDestination(t *testing.T) {
	c := &talkative{left: 10}
	ready := make(chan struct{})
	log, rec := parsed(t, `extensions: {d: {type: dedupe, enabled: true}}`, hydra.WithDestination("", hydra.DestinationOptions{
		Name: "talkative", Driver: waiting{c, ready}}))
	c.log = log
	close(ready)
	for i := range 10 {
		log.Info(bg, fmt.Sprint("order ", i))
	}
	mustFlush(t, log)
	rec.ExpectCount(10, hydratest.HasMessage("delivering"))
	if n, _ := repeatedOf(t, rec, "delivering"); n != 0 {
		t.Errorf("%d summaries", n)
	}
	if s := destOf(t, log, "talkative").Ledger.Submitted.Total(); s != 10 {
		t.Errorf("%d records went to the destination that logs", s)
	}
}

// waiting delivers when it may.
type waiting struct {
	*talkative
	ready chan struct{}
}

func (w waiting) Deliver(ctx context.Context, b *destination.Batch) error {
	<-w.ready
	return w.talkative.Deliver(ctx, b)
}

func TestAReleasedFlowIsNotInTheStoreOfTheNextStart(t *testing.T) {
	testKeptChild(t, "released")
}

func TestWhatWasKeptBackIsWrittenByTheNextStartAfterACrash(t *testing.T) {
	testKeptChild(t, "killed")
}

const keptChildVariable = "HYDRA_TEST_KEPT_CHILD"

// TestKeptBackChild is the process that dies with records that it keeps back.
func TestKeptBackChild(t *testing.T) {
	dir := os.Getenv(keptChildVariable)
	if dir == "" {
		t.Skip("runs in a child process")
	}
	log := hydra.Must(hydra.Parse([]byte(keptConfig(dir))))
	n := 100
	if os.Getenv("HYDRA_TEST_KEPT_AGAIN") != "" {
		n = 0
	}
	for i := range n {
		log.Debug(correlation.Ensure(bg, fmt.Sprintf("flow-%d", i%2)), "step", slog.Int("i", i))
	}
	if os.Getenv("HYDRA_TEST_KEPT_RELEASE") != "" {
		log.Error(correlation.Ensure(bg, "flow-0"), "boom")
	}
	mustFlush(t, log)
	_ = os.WriteFile(filepath.Join(dir, "ready"), nil, 0o600)
	select {} // until it is killed
}

func keptConfig(dir string) string {
	return `
name: kept
base_log_dir: ` + dir + `
journal: {dir: ` + filepath.Join(dir, "state") + `}
extensions: {k: {type: keep_back, enabled: true}}
layers: {default: {level: DEBUG, destinations: [{type: file, path: out.jsonl}]}}
`
}

// runKeptChild runs the child until it is ready, and kills it.
func runKeptChild(t *testing.T, dir string, env ...string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKeptBackChild$")
	cmd.Env = append(append(os.Environ(), keptChildVariable+"="+dir), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := filepath.Join(dir, "ready")
	eventually(t, bound(20*time.Second), "the child holds its records", func() bool {
		_, err := os.Stat(ready)
		return err == nil
	})
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	_ = os.Remove(ready)
}

func testKeptChild(t *testing.T, how string) {
	dir := t.TempDir()
	if how == "released" {
		runKeptChild(t, dir, "HYDRA_TEST_KEPT_RELEASE=1")
	} else {
		runKeptChild(t, dir)
		runKeptChild(t, dir, "HYDRA_TEST_KEPT_AGAIN=1") // writes what the first one held, and is killed as well
	}
	for start := range 2 { // the second start finds nothing more
		log := hydra.Must(hydra.Parse([]byte(keptConfig(dir))))
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		recovered := strings.Count(string(text), `"kept_back":"recovered"`)
		released := strings.Count(string(text), `"kept_back":"released"`)
		if how == "killed" && (recovered != 100 || released != 0) || how == "released" && (recovered != 50 || released != 50) {
			t.Errorf("start %d: %d recovered, %d released", start, recovered, released)
		}
		for i := range 100 {
			if n := strings.Count(string(text), fmt.Sprintf(`"i":%d,`, i)); n != 1 {
				t.Errorf("start %d: step %d is there %d times", start, i, n)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "state", "kept", "*.seg")); len(left) > 0 {
		t.Errorf("Close left %v", left)
	}
}

func TestKeepBackIsBoundedOnDiskAndInMemory(t *testing.T) {
	dir := t.TempDir()
	log, _ := parsed(t, `
journal: {dir: `+dir+`}
extensions: {k: {type: keep_back, enabled: true, max_bytes: 256KiB, max_age: 1h}}
layers: {default: {level: DEBUG, destinations: [{type: "null"}]}}
`)
	text := padding(1000)
	for i := range size(20_000, 200_000) {
		log.Debug(correlation.Ensure(bg, fmt.Sprint(i)), text)
	}
	if held := log.Health().Processors[0].Held; held < 200 || held > 256 {
		t.Errorf("%d records of 1 KB are held", held)
	}
	eventually(t, bound(5*time.Second), "the store is small", func() bool {
		bytes := int64(0)
		files, _ := filepath.Glob(filepath.Join(dir, "kept", "*"))
		for _, f := range files {
			if st, err := os.Stat(f); err == nil {
				bytes += st.Size()
			}
		}
		return bytes <= 8<<20
	})
	log.Error(correlation.Ensure(bg, fmt.Sprint(math.MaxInt32)), "another flow")
}

// dropSummaries drops the summaries of "gone".
type dropSummaries struct{}

func (dropSummaries) Process(_ context.Context, e *record.Event) bool {
	return !strings.HasPrefix(e.Message, "gone (")
}
