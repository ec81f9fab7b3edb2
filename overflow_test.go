package hydra_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/internal/leak"
)

var overflowLevels = []slog.Level{hydra.LevelDebug, hydra.LevelInfo, hydra.LevelWarning, hydra.LevelError}

var levelNames = map[slog.Level]string{
	hydra.LevelDebug: "DEBUG", hydra.LevelInfo: "INFO", hydra.LevelWarning: "WARNING", hydra.LevelError: "ERROR",
}

// overflowing is a logger with a small journal, a file that is well, and a destination "bad" that blocks.
type overflowing struct {
	log    *hydra.Logger
	bad    *hydratest.Faulty
	dir    string
	pad    string
	events atomic.Int64
}

func newOverflowing(t *testing.T, policy config.Overflow, timeout time.Duration) *overflowing {
	t.Helper()
	leak.Check(t)
	o := &overflowing{bad: &hydratest.Faulty{Remote: true}, dir: t.TempDir(), pad: padding(900)}
	o.bad.Block()
	cfg := hydra.Config{
		Name: "overflow", BaseLogDir: o.dir, Journal: hydra.Journal{Quota: 2 << 20, Reserve: config.NoReserve},
		Destinations: map[string]hydra.Destination{"bad": {
			Name: "bad", Type: "faulty", Format: "json-lines", Overflow: policy, OverflowTimeout: hydra.Duration(timeout),
		}},
		Layers: map[string]hydra.Layer{
			"default": {Level: "TRACE", Destinations: []hydra.Destination{{Name: "good", Type: "file", Path: "good.jsonl"}, hydra.Use("bad")}},
			"other":   {Level: "TRACE", Destinations: []hydra.Destination{{Name: "other", Type: "file", Path: "other.jsonl"}}},
		},
	}
	log, err := hydra.New(cfg, hydra.WithType("faulty", faultyType(o.bad)), hydra.WithEvents(func(hydra.Event) { o.events.Add(1) }))
	if err != nil {
		t.Fatal(err)
	}
	o.log = log
	t.Cleanup(func() { o.bad.Heal(); _ = log.Close() })
	return o
}

func faultyType(f *hydratest.Faulty) hydra.DriverFactory {
	return func(context.Context, config.ResolvedDestination) (destination.Driver, error) { return f, nil }
}

// logOne logs record n, which has a level by its number.
func (o *overflowing) logOne(n int) {
	o.log.Log(bg, overflowLevels[n%4], "record", slog.Int("n", n), slog.String("pad", o.pad))
}

// logAll logs n records, no faster than the good destination takes them.
func (o *overflowing) logAll(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		o.logOne(i)
		if i%200 == 199 {
			eventually(t, 10*time.Second, "the good destination keeps up", func() bool { return destOf(t, o.log, "good").Ledger.Pending == 0 })
		}
	}
}

// overflowLine is what a test reads of a line of the bad destination.
type overflowLine struct {
	Message string         `json:"message"`
	Level   string         `json:"level"`
	N       *int           `json:"n"`
	Dropped uint64         `json:"dropped"`
	Since   map[string]any `json:"dropped_since_start"`
}

// end heals the destination, closes the logger, and returns what the destination got: the records in order, and the notices.
func (o *overflowing) end(t *testing.T) (records []int, notices []overflowLine, ledger health.Ledger) {
	t.Helper()
	o.bad.Heal()
	if err := o.log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, o.log)
	seen := map[int]bool{}
	for _, m := range jsonLines(t, o.bad.Bytes()) {
		text, _ := json.Marshal(m)
		var l overflowLine
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		if l.N == nil {
			notices = append(notices, l)
			continue
		}
		if seen[*l.N] {
			t.Errorf("record %d came twice", *l.N)
		}
		seen[*l.N] = true
		records = append(records, *l.N)
	}
	return records, notices, destOf(t, o.log, "bad").Ledger
}

// checkLosses fails unless what is missing of n records is what the ledger says was dropped, for one reason and level by level,
// and the destination's readers were told so.
func checkLosses(t *testing.T, n int, reason string, records []int, notices []overflowLine, ledger health.Ledger) map[string]uint64 {
	t.Helper()
	missing := missingLevels(n, records)
	if len(missing) == 0 {
		t.Errorf("nothing was dropped: the test is too small")
	}
	if len(ledger.Dropped) != 1 || fmt.Sprint(ledger.Dropped[reason]) != fmt.Sprint(health.Counts(missing)) {
		t.Errorf("missing %v, the ledger says %v, by reason %q", missing, ledger.Dropped, reason)
	}
	if ledger.Delivered != uint64(len(records)) || ledger.Pending != 0 {
		t.Errorf("%d delivered, the ledger says %+v", len(records), ledger)
	}
	var told uint64
	for _, l := range notices {
		told += l.Dropped
		if l.Level != "WARNING" || l.Message != fmt.Sprintf("%d records were dropped for this destination", l.Dropped) {
			t.Errorf("notice: %+v", l)
		}
	}
	if told != ledger.DroppedTotal() {
		t.Errorf("the notices tell of %d dropped records, the ledger of %d", told, ledger.DroppedTotal())
	}
	if len(notices) == 0 || notices[len(notices)-1].Since[reason] == nil {
		t.Errorf("the last notice does not tell the reason: %+v", notices)
	}
	return missing
}

// checkOthersWhole fails unless the destinations that are well have every record.
func (o *overflowing) checkOthersWhole(t *testing.T, n int) {
	t.Helper()
	checkOnce(t, readLines(t, filepath.Join(o.dir, "good.jsonl")), n)
	if l := destOf(t, o.log, "good").Ledger; l.DroppedTotal() != 0 || l.Delivered != uint64(n) {
		t.Errorf("the good destination has %+v", l)
	}
}

// missingLevels counts the records of n that did not come, by level.
func missingLevels(n int, records []int) map[string]uint64 {
	missing := map[string]uint64{}
	got := make([]bool, n)
	for _, i := range records {
		got[i] = true
	}
	for i, ok := range got {
		if !ok {
			missing[levelNames[overflowLevels[i%4]]]++
		}
	}
	return missing
}

func overflowSize() int { return size(8_000, 100_000) }

func TestDropOldestKeepsTheNewestAndCountsTheRest(t *testing.T) {
	o := newOverflowing(t, "drop_oldest", 0)
	n := overflowSize()
	o.logAll(t, n)
	if r, ok := hasReason(o.log.Health(), health.CodeDropped); !ok || r.Status != health.Unhealthy || r.Subject != "bad" {
		t.Errorf("health does not report the drops: %+v", o.log.Health().Reasons)
	}
	records, notices, ledger := o.end(t)
	checkLosses(t, n, "overflow_oldest", records, notices, ledger)
	for i := 1; i < len(records); i++ {
		if records[i] <= records[i-1] {
			t.Fatalf("record %d follows %d", records[i], records[i-1])
		}
	}
	if last := records[len(records)-1]; last != n-1 {
		t.Errorf("the last record is %d, not the newest", last)
	}
	o.checkOthersWhole(t, n)
}

func TestDropNewestKeepsTheOldestAndCountsTheRest(t *testing.T) {
	o := newOverflowing(t, "drop_newest", 0)
	n := overflowSize()
	o.logAll(t, n)
	records, notices, ledger := o.end(t)
	checkLosses(t, n, "overflow_newest", records, notices, ledger)
	for i := range 500 { // the first segments are kept
		if records[i] != i {
			t.Fatalf("record %d is in place %d", records[i], i)
		}
	}
	o.checkOthersWhole(t, n)
}

func TestShedBelowKeepsTheLevelAndCountsTheRest(t *testing.T) {
	o := newOverflowing(t, "shed_below: ERROR", 0)
	const n = 4000 // the errors among them fit
	o.logAll(t, n)
	records, notices, ledger := o.end(t)
	missing := checkLosses(t, n, "overflow_shed", records, notices, ledger)
	if missing["ERROR"] != 0 {
		t.Errorf("%d errors are missing", missing["ERROR"])
	}
	o.checkOthersWhole(t, n)
}

func TestShedBelowCountsExactlyWhenNotEvenWhatItKeepsFits(t *testing.T) {
	o := newOverflowing(t, "shed_below: ERROR", 0)
	n := size(16_000, 100_000)
	o.logAll(t, n)
	records, _, ledger := o.end(t)
	missing, counted := missingLevels(n, records), health.Counts{}
	for _, levels := range ledger.Dropped {
		for level, v := range levels {
			counted[level] += v
		}
	}
	if fmt.Sprint(missing) != fmt.Sprint(map[string]uint64(counted)) || len(ledger.Dropped) != 2 {
		t.Errorf("missing %v, the ledger says %v", missing, ledger.Dropped)
	}
	each := uint64(n) / 4
	keptErrors, keptInfos := each-missing["ERROR"], each-missing["INFO"]
	if shed := ledger.Dropped["overflow_shed"]; shed["ERROR"] != 0 || keptErrors < 2*keptInfos {
		t.Errorf("%d errors and %d infos were kept: errors should be kept longer: %v", keptErrors, keptInfos, ledger.Dropped)
	}
	o.checkOthersWhole(t, n)
}

func TestShedBelowGivesUpTheOldestWhenOnlyWhatIsToBeKeptIsLeft(t *testing.T) {
	o := newOverflowing(t, "shed_below: DEBUG", 0)
	const n = 8000
	o.logAll(t, n)
	records, notices, ledger := o.end(t)
	checkLosses(t, n, "overflow_oldest", records, notices, ledger)
	o.checkOthersWhole(t, n)
}

func TestBlockMakesTheCallerWaitAndLosesNothing(t *testing.T) {
	o := newOverflowing(t, "block", 0)
	const n = 8000
	var at atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range n {
			o.logOne(i)
			at.Store(int64(i + 1))
			// The good destination's policy is drop_oldest: it keeps everything only when it keeps up.
			for i%200 == 199 && destOf(t, o.log, "good").Ledger.Pending != 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	eventually(t, 20*time.Second, "the caller waits", func() bool {
		before := at.Load()
		time.Sleep(200 * time.Millisecond)
		return before > 500 && at.Load() == before && before < n
	})
	if r, ok := hasReason(o.log.Health(), health.CodeJournalFull); !ok || r.Status != health.Unhealthy {
		t.Errorf("health does not say that the journal is full: %+v", o.log.Health().Reasons)
	}
	o.bad.Heal()
	<-done
	records, notices, ledger := o.end(t)
	if len(records) != n || len(notices) != 0 || ledger.DroppedTotal() != 0 {
		t.Errorf("%d records of %d, %d notices, dropped %v", len(records), n, len(notices), ledger.Dropped)
	}
	for i, r := range records {
		if r != i {
			t.Fatalf("record %d is in place %d", r, i)
		}
	}
	o.checkOthersWhole(t, n)
}

func TestCloseEndsTheWaitOfBlockedCallers(t *testing.T) {
	o := newOverflowing(t, "block", 0)
	var at atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 8000 {
			o.logOne(i)
			at.Store(int64(i + 1))
		}
	}()
	eventually(t, 20*time.Second, "the caller waits", func() bool {
		before := at.Load()
		time.Sleep(100 * time.Millisecond)
		return before > 500 && at.Load() == before
	})
	ctx, cancel := context.WithTimeout(bg, 200*time.Millisecond)
	defer cancel()
	err := o.log.Shutdown(ctx)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("a caller still waits after Close")
	}
	if p := pendingErr(err); p == nil || p.Pending["bad"] == 0 {
		t.Errorf("Shutdown said %v", err)
	}
	checkBalance(t, o.log)
}

func TestBlockWithTimeoutWaitsThatLongAndCountsWhatIsDroppedThen(t *testing.T) {
	o := newOverflowing(t, "block_with_timeout", 30*time.Millisecond)
	n, longest := 0, time.Duration(0)
	for waited, dropped := 0, uint64(0); waited < 5; n++ {
		start := time.Now()
		o.logOne(n)
		took := time.Since(start)
		longest = max(longest, took)
		if took > 25*time.Millisecond { // on a busy machine a call may be late for other reasons
			if now := destOf(t, o.log, "bad").Ledger.DroppedTotal(); now > dropped {
				waited, dropped = waited+1, now
			}
		}
		if n > 20_000 {
			t.Fatal("no call waited")
		}
	}
	if longest > bound(100*time.Millisecond) {
		t.Errorf("a call took %v, the limit is 30ms", longest)
	}
	o.bad.Heal()
	for l := destOf(t, o.log, "bad"); l.Ledger.Pending > 0; l = destOf(t, o.log, "bad") {
		time.Sleep(time.Millisecond)
	}
	o.logOne(n) // there is room again
	n++
	records, notices, ledger := o.end(t)
	checkLosses(t, n, "journal_full", records, notices, ledger)
	if records[len(records)-1] != n-1 {
		t.Errorf("the last record is %d of %d", records[len(records)-1], n)
	}
}

func TestAnOverflowOfOneLayerLosesNothingOfAnother(t *testing.T) {
	o := newOverflowing(t, "drop_oldest", 0)
	const n = 6000
	other := o.log.Layer("other")
	for i := range n {
		o.logOne(i)
		other.Info(bg, "record", slog.Int("n", i))
		if i%200 == 199 {
			eventually(t, 10*time.Second, "the good destinations keep up", func() bool {
				return destOf(t, o.log, "good").Ledger.Pending+destOf(t, o.log, "other").Ledger.Pending == 0
			})
		}
	}
	records, notices, ledger := o.end(t)
	checkLosses(t, n, "overflow_oldest", records, notices, ledger)
	checkOnce(t, readLines(t, filepath.Join(o.dir, "other.jsonl")), n)
	o.checkOthersWhole(t, n)
	if o.events.Load() == 0 {
		t.Error("nobody was told")
	}
}

func TestARecordThatIsTooLargeIsCountedAsDropped(t *testing.T) {
	dir := t.TempDir()
	cfg := fileConfig(dir)
	cfg.Journal.Quota = 1 << 20
	log := hydra.Must(hydra.New(cfg, hydra.WithEvents(func(hydra.Event) {})))
	log.Info(bg, "record", slog.Int("n", 0))
	log.Info(bg, "huge", slog.String("text", string(make([]byte, 64<<20))))
	log.Info(bg, "record", slog.Int("n", 1))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	d := destOf(t, log, "file-app.jsonl")
	lines := readLines(t, filepath.Join(dir, "app.jsonl"))
	checkOnce(t, lines, 2)
	if int(d.Ledger.Delivered+d.Ledger.DroppedTotal()) != 3 {
		t.Errorf("%+v", d.Ledger)
	}
	if _, err := os.Stat(filepath.Join(dir, "app.jsonl")); err != nil {
		t.Error(err)
	}
}
