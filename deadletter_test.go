package hydra_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/deadletter"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/health"
)

// collectorConfig is a logger with one destination of type collector.
func collectorConfig(dir string, change func(d *hydra.Destination)) hydra.Config {
	d := hydra.Destination{Name: "collector", Type: "collector", Format: "json-lines"}
	if change != nil {
		change(&d)
	}
	return hydra.Config{Name: "letters", Journal: hydra.Journal{Dir: dir}, CloseTimeout: hydra.Duration(time.Second),
		Layers: map[string]hydra.Layer{"default": {Level: "INFO", Destinations: []hydra.Destination{d}}}}
}

func collectorType(d destination.Driver) hydra.Option {
	return hydra.WithType("collector", func(context.Context, config.ResolvedDestination) (destination.Driver, error) { return d, nil })
}

var quiet = hydra.WithEvents(func(hydra.Event) {})

func TestDeadLettersAreDeliveredOnceTheCauseIsMended(t *testing.T) {
	cfg := collectorConfig(t.TempDir(), nil)
	strict := &picky{memorydest.New(memorydest.Options{Remote: true})}
	log, err := hydra.New(cfg, collectorType(strict), quiet)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 30 {
		message := "record"
		if n%10 == 5 {
			message = "poison"
		}
		log.Info(bg, message, slog.Int("n", n))
	}
	mustFlush(t, log)
	if l := destOf(t, log, "collector").Ledger; l.DeadLettered != 3 || l.Delivered != 27 {
		t.Fatalf("%+v", l)
	}

	still, err := hydra.ReplayDeadLetters(bg, cfg, "collector", nil, collectorType(strict), quiet) // the service is running
	if err != nil || still.Letters != 3 || still.Delivered != 0 || len(still.Failed) != 3 {
		t.Errorf("%+v %v", still, err)
	}
	mended := memorydest.New(memorydest.Options{Remote: true})
	done, err := hydra.ReplayDeadLetters(bg, cfg, "collector", nil, collectorType(mended), quiet)
	if err != nil || done.Delivered != 3 || len(done.Failed) != 0 {
		t.Errorf("%+v %v", done, err)
	}
	if got := numbers(t, mended.Items()); !slices.Equal(got, []int{5, 15, 25}) {
		t.Errorf("delivered %v", got)
	}
	r := log.Health()
	if _, ok := hasReason(r, health.CodeDeadLetters); ok || r.Destinations[0].DeadLetters != nil {
		t.Errorf("health still speaks of dead letters: %+v", r.Reasons)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	checkBalance(t, log)
}

func TestRetryCountGivesUpIntoTheDeadLetters(t *testing.T) {
	two := 2
	cfg := collectorConfig(t.TempDir(), func(d *hydra.Destination) { d.RetryCount, d.RetryDelay = &two, hydra.Duration(time.Millisecond) })
	dead := memorydest.New(memorydest.Options{Remote: true})
	dead.FailWith(alwaysDown)
	log, err := hydra.New(cfg, collectorType(dead), quiet)
	if err != nil {
		t.Fatal(err)
	}
	log.Info(bg, "record", slog.Int("n", 0))
	mustFlush(t, log)
	if l := destOf(t, log, "collector").Ledger; l.DeadLettered != 1 || dead.Calls() != 3 {
		t.Errorf("%+v after %d tries", l, dead.Calls())
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	checkBalance(t, log)
	store, err := hydra.DeadLetters(cfg, "collector", collectorType(dead))
	if err != nil {
		t.Fatal(err)
	}
	_ = store.All(func(l deadletter.Letter) bool {
		if l.Cause != destination.DropGaveUp || l.Tries != 3 || l.Reason != errDown.Error() {
			t.Errorf("%+v", l)
		}
		return true
	})
}

func TestDeadLettersNeedAStateDirectoryAndADestination(t *testing.T) {
	cfg := collectorConfig(t.TempDir(), nil)
	d := collectorType(memorydest.New(memorydest.Options{}))
	if _, err := hydra.DeadLetters(cfg, "nobody", d); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Error(err)
	}
	cfg.Journal.Dir = ""
	if _, err := hydra.ReplayDeadLetters(bg, cfg, "collector", nil, d); err == nil || !strings.Contains(err.Error(), "state directory") {
		t.Error(err)
	}
}

func TestWithoutAStateDirectoryRejectedRecordsAreDroppedAndCounted(t *testing.T) {
	cfg := collectorConfig("", nil)
	strict := &picky{memorydest.New(memorydest.Options{Remote: true})}
	log, err := hydra.New(cfg, collectorType(strict), quiet)
	if err != nil {
		t.Fatal(err)
	}
	log.Info(bg, "record")
	log.Warn(bg, "poison")
	mustFlush(t, log)
	if l := destOf(t, log, "collector").Ledger; l.Dropped[destination.DropRejected]["WARNING"] != 1 || l.Delivered != 1 {
		t.Errorf("%+v", l)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	checkBalance(t, log)
}

// chatty is a driver whose client logs through the logger that it delivers for.
type chatty struct {
	*memorydest.Driver
	log *hydra.Logger
	via func(ctx context.Context, log *hydra.Logger)
}

func (d *chatty) Deliver(ctx context.Context, b *destination.Batch) error {
	d.via(ctx, d.log)
	return d.Driver.Deliver(ctx, b)
}

func TestWhatADriverLogsDuringADeliveryGoesToTheOtherDestinationsAlone(t *testing.T) {
	ways := map[string]func(ctx context.Context, log *hydra.Logger){
		"a call": func(ctx context.Context, log *hydra.Logger) { log.Warn(ctx, "client: slow", slog.Int("n", -1)) },
		"slog":   func(ctx context.Context, log *hydra.Logger) { log.Slog().WarnContext(ctx, "client: slow", "n", -1) },
		"a layer": func(ctx context.Context, log *hydra.Logger) {
			log.Layer("other").Warn(ctx, "client: slow", slog.Int("n", -1))
		},
		"a batch": func(ctx context.Context, log *hydra.Logger) {
			log.LogBatch(ctx, []hydra.Record{{Level: hydra.LevelWarning, Message: "client: slow", Attrs: []slog.Attr{slog.Int("n", -1)}}})
		},
	}
	for name, via := range ways {
		for _, dir := range []string{t.TempDir(), ""} {
			d := &chatty{Driver: memorydest.New(memorydest.Options{}), via: via}
			other := memorydest.New(memorydest.Options{Remote: true})
			log, err := hydra.New(collectorConfig(dir, nil), collectorType(d), quiet,
				hydra.WithDestination("", hydra.DestinationOptions{Name: "other", Driver: other}))
			if err != nil {
				t.Fatal(err)
			}
			d.log = log
			for n := range 100 {
				log.Info(bg, "record", slog.Int("n", n))
			}
			mustFlush(t, log)
			wantAllInOrder(t, numbers(t, d.Items()), 100)
			if err := log.Close(); err != nil {
				t.Error(err)
			}
			if said := other.Len() - 100; said < 1 || said != d.Calls() {
				t.Errorf("%s: %d deliveries, of which the other destination got %d records", name, d.Calls(), said)
			}
			if l := destOf(t, log, "collector").Ledger; l.Submitted.Total() != 100 {
				t.Errorf("%s: %+v", name, l)
			}
			checkBalance(t, log)
		}
	}
}

func TestTheLevelOfALayerHoldsForWhatIsLoggedDuringADelivery(t *testing.T) {
	d := &chatty{Driver: memorydest.New(memorydest.Options{}),
		via: func(ctx context.Context, log *hydra.Logger) { log.Debug(ctx, "client: detail") }}
	other := memorydest.New(memorydest.Options{})
	log, err := hydra.New(collectorConfig(t.TempDir(), nil), collectorType(d), quiet,
		hydra.WithDestination("", hydra.DestinationOptions{Name: "other", Driver: other}))
	if err != nil {
		t.Fatal(err)
	}
	d.log = log
	log.Info(bg, "record")
	mustFlush(t, log)
	if other.Len() != 1 {
		t.Errorf("%d records", other.Len())
	}
	if err := log.SetLevel("", hydra.LevelDebug); err != nil {
		t.Error(err)
	}
	log.Info(bg, "record")
	mustFlush(t, log)
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if other.Len() != 3 {
		t.Errorf("%d records after the level was lowered", other.Len())
	}
	if names := log.Health().Layers; len(names) != 1 {
		t.Errorf("layers %v", names)
	}
	checkBalance(t, log)
}

// fallbackConfig has a collector that falls back to a memory or a null destination.
func fallbackConfig(dir string) hydra.Config {
	cfg := collectorConfig(dir, func(d *hydra.Destination) { d.Fallback, d.RetryDelay = "reserve", hydra.Duration(time.Millisecond) })
	l := cfg.Layers["default"]
	l.Destinations = append(l.Destinations, hydra.Destination{Name: "reserve", Type: "reserve", Level: "ERROR", Format: "json-lines"})
	cfg.Layers["default"] = l
	return cfg
}

func TestTheLedgersOfADestinationAndItsFallbackAreExact(t *testing.T) {
	for _, c := range []struct {
		name   string
		dir    string
		remote bool
	}{{"journal on disk", t.TempDir(), true}, {"journal in memory", "", true}, {"fallback that is written at once", "", false}} {
		dead := memorydest.New(memorydest.Options{Remote: true})
		dead.FailWith(alwaysDown)
		reserve := memorydest.New(memorydest.Options{Remote: c.remote})
		log, err := hydra.New(fallbackConfig(c.dir), collectorType(dead), quiet,
			hydra.WithType("reserve", func(context.Context, config.ResolvedDestination) (destination.Driver, error) { return reserve, nil }))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 100 {
			log.Info(bg, "record", slog.Int("n", n))
		}
		log.Error(bg, "own", slog.Int("n", 100))
		mustFlush(t, log)
		r := log.Health()
		if reason, ok := hasReason(r, health.CodeFallback); !ok || !strings.Contains(reason.Text, `"reserve"`) {
			t.Errorf("%s: %v", c.name, r.Reasons)
		}
		log.Info(bg, "late", slog.Int("n", 101))
		if err := log.Close(); err != nil {
			t.Error(c.name, err)
		}
		d, f := destOf(t, log, "collector").Ledger, destOf(t, log, "reserve").Ledger
		if d.Delivered != 102 || d.Fallback != 102 || f.Delivered != 1 || f.Guests != 102 || reserve.Len() < 1 {
			t.Errorf("%s: %+v %+v", c.name, d, f)
		}
		got := numbers(t, reserve.Items())
		slices.Sort(got)
		if len(got) != 103 || len(slices.Compact(got)) != 102 {
			t.Errorf("%s: %d records in the fallback", c.name, len(got))
		}
		checkBalance(t, log)
	}
}

func TestAFallbackThatLeadsBackIsRefused(t *testing.T) {
	cfg := fallbackConfig("")
	cfg.Layers["default"].Destinations[1].Fallback = "collector"
	_, err := hydra.New(cfg, collectorType(memorydest.New(memorydest.Options{})),
		hydra.WithType("reserve", func(context.Context, config.ResolvedDestination) (destination.Driver, error) {
			return memorydest.New(memorydest.Options{}), nil
		}))
	if err == nil || !strings.Contains(err.Error(), "leads back") {
		t.Error(err)
	}
}

func TestDiagnoseFindsWhatDoesNotWork(t *testing.T) {
	dir := t.TempDir()
	cfg := collectorConfig(dir, nil)
	d := &asked{Driver: memorydest.New(memorydest.Options{Remote: true})}
	got, err := hydra.Diagnose(bg, cfg, collectorType(d))
	if err != nil || !got.OK() || got.Survives == "" || !strings.Contains(findings(got), "answers") {
		t.Errorf("%+v %v", got, err)
	}
	if !d.Closed() {
		t.Error("the driver is not closed")
	}
	d = &asked{Driver: memorydest.New(memorydest.Options{Remote: true}), err: errors.New("401 unauthorized")}
	got, err = hydra.Diagnose(bg, cfg, collectorType(d))
	if err != nil || got.OK() || !strings.Contains(findings(got), "401") {
		t.Errorf("%+v %v", got, err)
	}
	d.err = nil
	writable := cfg
	writable.Journal.Dir = filepath.Join(dir, "for-others")
	if err := errors.Join(os.Mkdir(writable.Journal.Dir, 0o777), os.Chmod(writable.Journal.Dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	got, err = hydra.Diagnose(bg, writable, collectorType(d))
	if err != nil || got.OK() || !strings.Contains(findings(got), "can be written to by others") || !strings.HasPrefix(got.Survives, "nothing") {
		t.Errorf("%+v %v", got, err)
	}
	cfg.Journal.Dir = ""
	got, err = hydra.Diagnose(bg, cfg, collectorType(d))
	if err != nil || !got.OK() || !strings.Contains(findings(got), "there is none") {
		t.Errorf("%+v %v", got, err)
	}
}

func findings(d *hydra.Diagnosis) string {
	var out []string
	for _, f := range d.Findings {
		out = append(out, string(f.Verdict)+" "+f.Subject+": "+f.Text)
	}
	return strings.Join(out, "\n")
}

// asked can be probed.
type asked struct {
	*memorydest.Driver
	err error
}

func (d *asked) Probe(context.Context) error { return d.err }

func TestSeveralBatchesAreUnderWayOnlyWhereOrderIsWaived(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		d := &sideways{Driver: memorydest.New(memorydest.Options{Remote: true})}
		cfg := collectorConfig(t.TempDir(), func(c *hydra.Destination) { c.Ordered, c.BufferSize = &ordered, 1000 })
		log, err := hydra.New(cfg, collectorType(d), quiet)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 5000 {
			log.Info(bg, "record", slog.Int("n", n))
		}
		mustFlush(t, log)
		got := numbers(t, d.Items())
		if ordered && !slices.IsSorted(got) || len(got) != 5000 {
			t.Errorf("ordered %v: %d records, in order %v", ordered, len(got), slices.IsSorted(got))
		}
		if most := d.most.Load(); ordered && most != 1 || !ordered && most < 2 {
			t.Errorf("ordered %v: %d batches under way", ordered, most)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		checkBalance(t, log)
	}
}

// sideways knows how many of its deliveries run side by side.
type sideways struct {
	*memorydest.Driver
	under, most atomic.Int32
}

func (d *sideways) Deliver(ctx context.Context, b *destination.Batch) error {
	n := d.under.Add(1)
	defer d.under.Add(-1)
	d.most.Store(max(d.most.Load(), n))
	time.Sleep(time.Millisecond)
	return d.Driver.Deliver(ctx, b)
}
