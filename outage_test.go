package hydra_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/health"
)

var errDown = errors.New("connection refused")

// bare is a driver that offers nothing but what every driver does.
type bare struct{ destination.Driver }

// distant is a driver that takes as long as a request over a network.
type distant struct{ destination.Driver }

func (d distant) Deliver(ctx context.Context, b *destination.Batch) error {
	time.Sleep(20 * time.Millisecond)
	return d.Driver.Deliver(ctx, b)
}

func alwaysDown(int) error { return errDown }

// outageLog is a logger with a state directory and a destination elsewhere.
func outageLog(t *testing.T, dir string, change func(c *hydra.Config), opts ...hydra.Option) *hydra.Logger {
	t.Helper()
	cfg := hydra.Config{Name: "outage", Journal: hydra.Journal{Dir: dir},
		Layers: map[string]hydra.Layer{"default": {Level: "INFO", Destinations: []hydra.Destination{{Type: "null"}}}}}
	if change != nil {
		change(&cfg)
	}
	opts = append(opts, hydra.WithEvents(func(hydra.Event) {}), hydra.WithoutCrashOutput())
	log, err := hydra.New(cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// numbers are the values of attribute n, in the order of arrival.
func numbers(t *testing.T, items []memorydest.Item) []int {
	t.Helper()
	out := make([]int, len(items))
	for i, it := range items {
		at := strings.Index(string(it.Data), `"n":`)
		if at < 0 {
			t.Fatalf("no number: %s", it.Data)
		}
		if _, err := fmt.Sscanf(string(it.Data[at+4:]), "%d", &out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func wantAllInOrder(t *testing.T, got []int, n int) {
	t.Helper()
	if len(got) != n {
		t.Errorf("%d records arrived, want %d", len(got), n)
		return
	}
	for i, v := range got {
		if v != i {
			t.Fatalf("record %d is %d", i, v)
		}
	}
}

func TestTenMinutesOfOutageLoseNothingAndAreDrainedTenTimesAsFastAsTheyCame(t *testing.T) {
	rate := size(200, 2000) // records a second
	synctest.Test(t, func(t *testing.T) {
		d := memorydest.New(memorydest.Options{Remote: true})
		d.FailWith(alwaysDown)
		log := outageLog(t, t.TempDir(), nil, hydra.WithDestination("", hydra.DestinationOptions{Name: "collector", Driver: bare{distant{d}}}))
		n := 0
		emit := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
				for range rate / 10 {
					log.Info(bg, "record", slog.Int("n", n))
					n++
				}
			}
		}
		emit(10 * time.Minute)
		calls := d.Calls()
		if calls > 100 { // 30 s at most between two, half of it on average
			t.Errorf("%d deliveries were tried in ten minutes", calls)
		}
		r := destOf(t, log, "collector")
		if r.Breaker != destination.BreakerOpen || r.NextTry == nil || r.Ledger.Pending != uint64(n) || r.State != health.StateRetrying {
			t.Errorf("%+v", r)
		}
		d.FailWith(nil)
		for back := time.Now(); d.Len() == 0; { // the next try is at most 30 s away
			if emit(time.Second); time.Since(back) > 31*time.Second {
				t.Fatal("it was not tried again")
			}
		}
		start := time.Now().Add(-time.Second) // the first arrived within the last second
		for d.Len() < n {
			emit(time.Second)
		}
		took := time.Since(start)
		drained := float64(n) / took.Seconds()
		t.Logf("%d records; drained in %v after %d tries", n, took, calls)
		if left := n - d.Len(); drained < 10*float64(rate) || left > 0 {
			t.Errorf("drained %.0f records a second, %d left", drained, left)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		wantAllInOrder(t, numbers(t, d.Items()), n)
		checkBalance(t, log)
	})
}

func TestThreeDaysOfOutageKeepOrderAndTheFirstHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := memorydest.New(memorydest.Options{Remote: true})
		d.FailWith(alwaysDown)
		log := outageLog(t, t.TempDir(), nil, hydra.WithDestination("", hydra.DestinationOptions{Name: "collector", Driver: bare{d}}))
		n := 0
		for range 3 * 24 * 60 {
			log.Info(bg, "record", slog.Int("n", n))
			n++
			time.Sleep(time.Minute)
		}
		if calls := d.Calls(); calls > 3*24*60*60/10 {
			t.Errorf("%d deliveries were tried in three days", calls)
		}
		d.FailWith(nil)
		mustFlush(t, log)
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		wantAllInOrder(t, numbers(t, d.Items()), n)
		checkBalance(t, log)
	})
}

func TestCloseDuringAnOutageReportsInTimeAndTheNextStartDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		open := func(d *memorydest.Driver) *hydra.Logger {
			return outageLog(t, dir, func(c *hydra.Config) { c.CloseTimeout = hydra.Duration(5 * time.Second) },
				hydra.WithDestination("", hydra.DestinationOptions{Name: "collector", Driver: d}))
		}
		dead := memorydest.New(memorydest.Options{Remote: true})
		dead.FailWith(alwaysDown)
		log := open(dead)
		for n := range 1000 {
			log.Info(bg, "record", slog.Int("n", n))
		}
		time.Sleep(time.Hour)
		start := time.Now()
		err := log.Close()
		if took := time.Since(start); took > 5*time.Second+500*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		if p := pendingErr(err); p == nil || p.Pending["collector"] != 1000 || p.Kept != dir {
			t.Errorf("Close returned %v", err)
		}
		checkBalance(t, log)

		alive := memorydest.New(memorydest.Options{Remote: true})
		log = open(alive)
		time.Sleep(time.Minute)
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		var got []memorydest.Item
		for _, it := range alive.Items() {
			if strings.Contains(string(it.Data), `"n":`) { // without the one that says how the last run ended
				got = append(got, it)
			}
		}
		wantAllInOrder(t, numbers(t, got), 1000)
		checkBalance(t, log)
	})
}

func TestAConnectionThatDiesAfterTheAcknowledgementRepeatsOneBatchWithTheSameIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &lateFailure{Driver: memorydest.New(memorydest.Options{Remote: true})}
		log := outageLog(t, t.TempDir(), nil, hydra.WithDestination("", hydra.DestinationOptions{Name: "collector", Driver: d}))
		for n := range 1000 {
			log.Info(bg, "record", slog.Int("n", n))
		}
		mustFlush(t, log)
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		seen := map[string]int{}
		for _, it := range d.Items() {
			seen[destination.IdempotencyKey(&it.Item)]++
		}
		if len(seen) != 1000 || d.Len() > 2000 {
			t.Errorf("%d ids, %d records", len(seen), d.Len())
		}
		if len(d.keys) < 2 || d.keys[0] != d.keys[1] {
			t.Errorf("the batch came again with another key: %v", d.keys)
		}
		checkBalance(t, log)
	})
}

// lateFailure takes its first batch and fails all the same.
type lateFailure struct {
	*memorydest.Driver
	keys []string
}

func (d *lateFailure) Deliver(ctx context.Context, b *destination.Batch) error {
	d.keys = append(d.keys, destination.BatchKey(b))
	err := d.Driver.Deliver(ctx, b)
	if len(d.keys) == 1 {
		return errors.New("connection reset by peer")
	}
	return err
}

func TestThePoisonRecordIsKeptAsADeadLetterAndTheOthersArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &picky{Driver: memorydest.New(memorydest.Options{Remote: true})}
		log := outageLog(t, t.TempDir(), nil, hydra.WithDestination("", hydra.DestinationOptions{Name: "collector", Driver: d}))
		for n := range 1000 {
			message := "record"
			if n == 500 {
				message = "poison"
			}
			log.Info(bg, message, slog.Int("n", n))
		}
		mustFlush(t, log)
		got := numbers(t, d.Items())
		if len(got) != 999 || !slices.IsSorted(got) || slices.Contains(got, 500) {
			t.Errorf("%d records arrived", len(got))
		}
		r := destOf(t, log, "collector")
		if r.Ledger.DeadLettered != 1 || r.Ledger.Delivered != 999 || r.DeadLetters == nil || r.DeadLetters.Records != 1 || r.DeadLetters.Bytes == 0 {
			t.Errorf("%+v", r)
		}
		report := log.Health()
		if reason, ok := hasReason(report, health.CodeDeadLetters); !ok || report.Status != health.Degraded {
			t.Errorf("%v %v", report.Status, reason)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		checkBalance(t, log)
	})
}

// picky rejects every batch that holds poison.
type picky struct{ *memorydest.Driver }

func (d *picky) Deliver(ctx context.Context, b *destination.Batch) error {
	if strings.Contains(string(b.Data), `"poison"`) {
		return destination.Reject(errors.New("400: mapper_parsing_exception"))
	}
	return d.Driver.Deliver(ctx, b)
}

func TestWithOneDestinationDeadAndOneSlowTheHealthyOneIsAsQuickAsAlone(t *testing.T) {
	alone := deliveryDelay(t)
	dead := memorydest.New(memorydest.Options{Remote: true})
	dead.FailWith(alwaysDown)
	slow := &crawling{Driver: memorydest.New(memorydest.Options{Remote: true})}
	beside := deliveryDelay(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "dead", Driver: dead}),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "slow", Driver: slow}))
	t.Logf("p99 of the delay: alone %v, beside a dead and a slow one %v", alone, beside)
	if beside > 2*alone+time.Millisecond {
		t.Errorf("p99 of the delay: alone %v, beside a dead and a slow one %v", alone, beside)
	}
}

type crawling struct{ *memorydest.Driver }

func (d *crawling) Deliver(ctx context.Context, b *destination.Batch) error {
	select {
	case <-time.After(20 * time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	return d.Driver.Deliver(ctx, b)
}

// timed notes how long each record took to arrive.
type timed struct {
	*memorydest.Driver
	mu     sync.Mutex
	delays []time.Duration
}

func (d *timed) Deliver(ctx context.Context, b *destination.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range b.Items {
		d.delays = append(d.delays, time.Since(time.Unix(0, b.Items[i].Time)))
	}
	return d.Driver.Deliver(ctx, b)
}

// deliveryDelay is the 99th percentile of the time from call to delivery, on a bubble's clock.
func deliveryDelay(t *testing.T, others ...hydra.Option) time.Duration {
	var p99 time.Duration
	synctest.Test(t, func(t *testing.T) {
		d := &timed{Driver: memorydest.New(memorydest.Options{Remote: true})}
		log := outageLog(t, t.TempDir(), func(c *hydra.Config) { c.CloseTimeout = hydra.Duration(time.Second) },
			append(others, hydra.WithDestination("", hydra.DestinationOptions{Name: "healthy", Driver: d}))...)
		for n := range 20000 {
			log.Info(bg, "record", slog.Int("n", n))
			time.Sleep(time.Millisecond)
		}
		_ = log.Close() // the dead one keeps its records
		if len(d.delays) != 20000 {
			t.Errorf("%d records arrived", len(d.delays))
		}
		checkBalance(t, log)
		p99 = quantile(d.delays, 0.99)
	})
	return p99
}
