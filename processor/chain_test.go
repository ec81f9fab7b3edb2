package processor_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

var bg = context.Background()

func say(s string) processor.Processor {
	return processor.Func(func(_ context.Context, e *record.Event) bool { e.Message += s; return true })
}

// reasoned drops records with the message "noise", for a reason of its own.
type reasoned struct{}

func (reasoned) Reason() string { return "noise" }
func (reasoned) Process(_ context.Context, e *record.Event) bool {
	return !strings.HasPrefix(e.Message, "noise")
}

func TestNoProcessorsMakeNoChain(t *testing.T) {
	var c *processor.Chain = processor.NewChain()
	if c != nil || c.Emits() || c.Reasons() != nil {
		t.Error("a chain of nothing")
	}
	c.Each(func(string, processor.Processor, uint64) { t.Error("called") })
}

func TestProcessorsRunInOrderUntilOneDropsForItsReason(t *testing.T) {
	c := processor.NewChain(say("1"), reasoned{}, processor.Func(func(_ context.Context, e *record.Event) bool { return e.Message != "x1" }), say("2"))
	for msg, want := range map[string]string{"m": "m12 ", "noise": "noise1 noise", "x": "x1 processor"} {
		e := &record.Event{Message: msg}
		reason := c.Apply(bg, e)
		if got := e.Message + " " + reason; got != want {
			t.Errorf("%s: %q, want %q", msg, got, want)
		}
		if again := (&record.Event{Message: msg}); c.Process(bg, again) != (reason == "") {
			t.Errorf("%s: Process and Apply differ", msg)
		}
	}
	if got := fmt.Sprint(c.Reasons()); got != "[processor noise processor processor]" {
		t.Error(got)
	}
}

func TestAProcessorThatPanicsWithholdsTheRecordAndIsCountedByName(t *testing.T) {
	bad := processor.Named("rules", processor.Func(func(context.Context, *record.Event) bool { panic("hunter2") }))
	c := processor.NewChain(say("1"), bad, say("2"))
	e := &record.Event{Message: "hunter2", Attrs: []slog.Attr{slog.String("password", "hunter2")}}
	if reason := c.Apply(bg, e); reason != "" {
		t.Errorf("dropped: %s", reason)
	}
	if got := fmt.Sprint(e.Message, e.Attrs); got != processor.Withheld+"[processor_failed=rules panicked]" {
		t.Error(got)
	}
	if c.Failed() != 1 || c.FailedNames() != "rules" {
		t.Errorf("%d failures of %q", c.Failed(), c.FailedNames())
	}
}

// failing counts failures itself.
type failing struct{ processor.Processor }

func (failing) Failed() uint64 { return 3 }

func TestFailuresThatAProcessorCountsItselfAreSeen(t *testing.T) {
	c := processor.NewChain(processor.Named("redact", failing{say("")}), say(""))
	if c.Failed() != 3 || c.FailedNames() != "redact" {
		t.Errorf("%d failures of %q", c.Failed(), c.FailedNames())
	}
	var got []string
	c.Each(func(name string, p processor.Processor, failed uint64) {
		if _, wrapped := p.(failing); name == "redact" && !wrapped {
			t.Error("the name hides the processor")
		}
		got = append(got, fmt.Sprint(name, failed))
	})
	if fmt.Sprint(got) != "[redact3 processor.Func0]" {
		t.Error(got)
	}
}

// emitter emits one record for each call of Process.
type emitter struct {
	mu    sync.Mutex
	n     int
	panic bool
}

func (m *emitter) Process(context.Context, *record.Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	return true
}

func (m *emitter) Ready() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n > 1
}

func (m *emitter) Emit(when processor.Occasion, out func(*record.Event)) time.Time {
	m.mu.Lock()
	n := m.n
	m.n = 0
	m.mu.Unlock()
	for i := range n {
		if m.panic {
			panic("emit")
		}
		out(&record.Event{Message: fmt.Sprint(when, i), Level: slog.LevelWarn, Layer: "api"})
	}
	return time.Unix(int64(n), 0)
}

func TestEmittedRecordsPassTheProcessorsBehindThatCantMoveThemToAnotherLayer(t *testing.T) {
	first, second := &emitter{}, &emitter{}
	move := processor.Func(func(_ context.Context, e *record.Event) bool {
		e.Layer, e.Level = "x", slog.LevelDebug
		return e.Message != "0 1|"
	})
	c := processor.NewChain(say("never|"), first, say("|"), move, second)
	for range 2 {
		c.Apply(bg, &record.Event{})
	}
	if !c.Emits() || !c.Ready() {
		t.Error("nothing is ready")
	}
	var got []string
	next := c.Emit(bg, processor.Due, func(e *record.Event, reason string) {
		got = append(got, strings.Join(strings.Fields(e.Message+" "+reason+" "+e.Layer+" "+e.Level.String()), " "))
	})
	if strings.Join(got, ", ") != "0 0| api WARN, 0 1| processor api WARN, 0 0 api WARN, 0 1 api WARN, 0 2 api WARN" {
		t.Errorf("%q", got)
	}
	if !next.Equal(time.Unix(2, 0)) || c.Ready() {
		t.Errorf("next %v", next)
	}
}

func TestAnEmitterThatPanicsIsCountedAndTheOthersEmit(t *testing.T) {
	bad, good := &emitter{panic: true}, &emitter{}
	c := processor.NewChain(processor.Named("bad", bad), good)
	c.Apply(bg, &record.Event{})
	n := 0
	c.Emit(bg, processor.Flushed, func(*record.Event, string) { n++ })
	if n != 1 || c.FailedNames() != "bad" {
		t.Errorf("%d emitted, failures of %q", n, c.FailedNames())
	}
}

func TestAChainAllocatesNothing(t *testing.T) {
	c := processor.NewChain(processor.Func(func(context.Context, *record.Event) bool { return true }), reasoned{})
	e := &record.Event{Message: "m"}
	if n := testing.AllocsPerRun(100, func() { c.Apply(bg, e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleNewChain() {
	c := processor.NewChain(
		processor.Func(func(_ context.Context, e *record.Event) bool {
			e.Attrs = append(e.Attrs, slog.String("region", "eu-1"))
			return true
		}),
		processor.Func(func(_ context.Context, e *record.Event) bool { return e.Message != "health check" }),
	)
	for _, msg := range []string{"order placed", "health check"} {
		e := &record.Event{Message: msg}
		fmt.Println(c.Process(bg, e), e.Message, e.Attrs)
	}
	// Output:
	// true order placed [region=eu-1]
	// false health check [region=eu-1]
}
