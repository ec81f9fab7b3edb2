package sample_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/processor/sample"
	"github.com/hydra-logger/hydra/record"
)

var bg = context.Background()

func info(msg string) *record.Event {
	return &record.Event{Layer: "api", Level: slog.LevelInfo, Message: msg}
}

func head(t *testing.T, o sample.Options) *sample.Head {
	t.Helper()
	h, err := sample.NewHead(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// kept returns which of n records are kept, from 1.
func kept(h *sample.Head, n int, msg string) []int {
	var out []int
	for i := range n {
		if h.Process(bg, info(msg)) {
			out = append(out, i+1)
		}
	}
	return out
}

func TestTheFirstOnesOfAKeyAreKeptAndThenEverySoManyth(t *testing.T) {
	h := head(t, sample.Options{First: 2, Thereafter: 3, Interval: time.Hour})
	if got := fmt.Sprint(kept(h, 12, "a")); got != "[1 2 5 8 11]" {
		t.Errorf("kept %s", got)
	}
	if got := fmt.Sprint(kept(h, 3, "b")); got != "[1 2]" {
		t.Errorf("another key: kept %s", got)
	}
}

func TestNegativeNumbersKeepNone(t *testing.T) {
	if got := kept(head(t, sample.Options{First: -1, Thereafter: -1}), 300, "a"); got != nil {
		t.Errorf("kept %v", got)
	}
	if got := len(kept(head(t, sample.Options{}), 300, "a")); got != 102 {
		t.Errorf("the defaults kept %d of 300", got)
	}
}

func TestCountingBeginsAnewWithEachInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := head(t, sample.Options{First: 1, Thereafter: -1, Interval: time.Minute})
		for range 3 {
			if got := fmt.Sprint(kept(h, 5, "a")); got != "[1]" {
				t.Errorf("kept %s", got)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestAKeptRecordSaysHowManyWereLeftOutBeforeIt(t *testing.T) {
	h := head(t, sample.Options{First: 1, Thereafter: 4, Interval: time.Hour})
	total := uint64(0)
	for range 9 {
		e := info("a")
		if h.Process(bg, e) {
			total++
			for _, a := range e.Attrs {
				if a.Key == sample.CountKey {
					total += a.Value.Uint64()
				}
			}
		}
	}
	if total != 9 {
		t.Errorf("kept records stand for %d of 9", total)
	}
}

func TestWarningsAreNeverSampledUnlessAsked(t *testing.T) {
	h := head(t, sample.Options{First: -1, Thereafter: -1})
	f, _ := sample.NewFlow(sample.FlowOptions{Rate: 1e-18})
	e := info("a")
	e.Level, e.IDs.CorrelationID = slog.LevelWarn, "x"
	if !h.Process(bg, e) || !f.Process(bg, e) {
		t.Error("a warning was left out")
	}
	h = head(t, sample.Options{First: -1, Thereafter: -1, Scope: key.Scope{Below: slog.LevelError}})
	if h.Process(bg, e) {
		t.Error("a warning was kept although asked not to")
	}
}

func TestWrongOptionsAreErrors(t *testing.T) {
	for name, o := range map[string]sample.Options{"interval": {Interval: -1}, "by": {By: []string{"x"}}} {
		if _, err := sample.NewHead(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, rate := range []float64{0, -1, 1.1, math.NaN(), math.Inf(1)} {
		if _, err := sample.NewFlow(sample.FlowOptions{Rate: rate}); err == nil {
			t.Errorf("rate %v is accepted", rate)
		}
	}
}

func TestManyGoroutinesKeepExactlyWhatOneWould(t *testing.T) {
	h := head(t, sample.Options{First: 10, Thereafter: 10, Interval: time.Hour})
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { n.Add(int64(len(kept(h, 1000, "a")))) })
	}
	wg.Wait()
	if n.Load() != 10+799 {
		t.Errorf("kept %d", n.Load())
	}
}

// The numbers are fixed for ever: services in other languages decide by them.
func TestTheHashOfAFlowNeverChanges(t *testing.T) {
	for id, want := range map[string]uint64{
		"":                                     0xefd01f60ba992926,
		"a":                                    0x82a2a958a9bece5b,
		"0193c5b2-7c4a-7d3e-9f21-3b5a1c9d2e4f": 0xf7aedbc5eaaa708b,
	} {
		if got := sample.Hash(id); got != want {
			t.Errorf("Hash(%q) = %#x, want %#x", id, got, want)
		}
	}
}

func TestAFlowIsKeptOrDroppedWholeByEveryServiceAndMoreByAHigherRate(t *testing.T) {
	low, _ := sample.NewFlow(sample.FlowOptions{Rate: 0.1})
	same, _ := sample.NewFlow(sample.FlowOptions{Rate: 0.1})
	high, _ := sample.NewFlow(sample.FlowOptions{Rate: 0.5})
	n := 0
	for i := range 10_000 {
		e := info("a")
		e.IDs.CorrelationID = fmt.Sprintf("0193c5b2-7c4a-7d3e-9f21-%012x", i)
		a := low.Process(bg, e)
		e.Message = "b"
		if low.Process(bg, e) != a || same.Process(bg, e) != a || a && !high.Process(bg, e) {
			t.Fatalf("%s is decided in two ways", e.IDs.CorrelationID)
		}
		if a {
			n++
		}
	}
	if n < 900 || n > 1100 {
		t.Errorf("a rate of 0.1 kept %d of 10000", n)
	}
}

func TestARecordWithoutCorrelationIDIsDecidedByItsTraceID(t *testing.T) {
	f, _ := sample.NewFlow(sample.FlowOptions{Rate: 0.5})
	both := map[bool]bool{}
	for i := range byte(64) {
		trace := info("a")
		trace.IDs.TraceID = [16]byte{1, 0xab, i}
		text := info("a")
		text.IDs.CorrelationID = hex.EncodeToString(trace.IDs.TraceID[:])
		got := f.Process(bg, trace)
		if got != f.Process(bg, text) {
			t.Errorf("trace %s is decided otherwise than its text", text.IDs.CorrelationID)
		}
		both[got] = true
	}
	if len(both) != 2 {
		t.Error("all are decided alike")
	}
	if !f.Process(bg, info("a")) {
		t.Error("a record without ids is dropped")
	}
}

func TestSamplingAllocatesNothing(t *testing.T) {
	h := head(t, sample.Options{})
	f, _ := sample.NewFlow(sample.FlowOptions{Rate: 0.5})
	e := info("a")
	e.IDs.CorrelationID = "c"
	if n := testing.AllocsPerRun(1000, func() { e.Attrs = e.Attrs[:0]; h.Process(bg, e); f.Process(bg, e) }); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleNewHead() {
	h, err := sample.NewHead(sample.Options{First: 2, Thereafter: 10, By: []string{key.Message}})
	if err != nil {
		fmt.Println(err)
		return
	}
	kept := 0
	for range 32 {
		if h.Process(bg, info("cache miss")) {
			kept++
		}
	}
	fmt.Println("kept", kept, "of 32")
	// Output: kept 5 of 32
}

func ExampleHash() {
	const rate = 0.25
	id := "0193c5b2-7c4a-7d3e-9f21-3b5a1c9d2e4f"
	fmt.Println("kept:", sample.Hash(id) < uint64(math.Ldexp(rate, 64)))
	// Output: kept: false
}
