package processor_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/dedupe"
	"github.com/hydra-logger/hydra/processor/keepback"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/processor/ratelimit"
	"github.com/hydra-logger/hydra/processor/sample"
	"github.com/hydra-logger/hydra/record"
)

func must[P processor.Processor](p P, err error) processor.Processor {
	if err != nil {
		panic(err)
	}
	return p
}

// floodControls are the processors that decide on records which are not taken apart, made twice alike.
func floodControls() map[string]func() processor.Processor {
	by := []string{key.Message}
	return map[string]func() processor.Processor{
		"sample": func() processor.Processor {
			return must(sample.NewHead(sample.Options{First: 2, Thereafter: 3, By: by}))
		},
		"flow":       func() processor.Processor { return must(sample.NewFlow(sample.FlowOptions{Rate: 0.5})) },
		"rate limit": func() processor.Processor { return must(ratelimit.New(ratelimit.Options{Rate: 5, By: by})) },
		"dedupe": func() processor.Processor {
			return must(dedupe.New(dedupe.Options{Window: time.Second, By: by, MaxKeys: 3}))
		},
		"keep-back": func() processor.Processor { return must(keepback.New(keepback.Options{MaxRecords: 5})) },
		"by attribute": func() processor.Processor {
			return must(sample.NewHead(sample.Options{First: 1, Thereafter: 2, By: []string{"attr.n"}}))
		},
	}
}

func TestARecordThatIsNotTakenApartMeetsTheSameFate(t *testing.T) {
	for name, make := range floodControls() {
		synctest.Test(t, func(t *testing.T) {
			whole, apart := processor.NewChain(make()), processor.NewChain(make())
			var enc record.Encoder
			rnd := rand.New(rand.NewPCG(1, 2))
			for i := range 3000 {
				h := &record.Header{Time: time.Now().UnixNano(), Layer: "api", Message: fmt.Sprint(rnd.IntN(5)),
					Level: []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}[min(rnd.IntN(40)/10+rnd.IntN(2), 3)],
					IDs:   &record.IDs{CorrelationID: fmt.Sprint(rnd.IntN(20))}}
				payload := enc.Encode(h, nil, []slog.Attr{slog.Int("n", rnd.IntN(3))})
				got, want := asView(t, whole, payload), asEvent(t, apart, payload)
				if got != want {
					t.Fatalf("%s, record %d: %q as a view, %q as an event", name, i, got, want)
				}
				time.Sleep(time.Duration(rnd.IntN(50)) * time.Millisecond)
			}
		})
	}
}

// asView treats a record as the logger does, and returns what comes out.
func asView(t *testing.T, c *processor.Chain, payload []byte) string {
	t.Helper()
	var v record.View
	var ev record.Event
	if err := v.Decode(append([]byte(nil), payload...)); err != nil {
		t.Fatal(err)
	}
	at, reason := c.Begin(bg, &v, false)
	if err := ev.Set(&v); err != nil {
		t.Fatal(err)
	}
	if reason == "" && at < c.Len() {
		reason = c.Continue(at, bg, &ev)
	}
	return outcome(c, &ev, reason)
}

func asEvent(t *testing.T, c *processor.Chain, payload []byte) string {
	t.Helper()
	var v record.View
	var ev record.Event
	if err := v.Decode(append([]byte(nil), payload...)); err != nil {
		t.Fatal(err)
	}
	if err := ev.Set(&v); err != nil {
		t.Fatal(err)
	}
	return outcome(c, &ev, c.Apply(bg, &ev))
}

func outcome(c *processor.Chain, ev *record.Event, reason string) string {
	out := ev.Message + fmt.Sprint(ev.Attrs) + reason
	if c.Emits() && c.Ready() {
		c.Emit(bg, processor.Asked, func(e *record.Event, _ string) { out += "|" + e.Message + fmt.Sprint(e.Attrs) })
	}
	return out
}

// screened looks at records without taking them apart.
type screened struct {
	touch, panics bool
	seen          int
}

func (s *screened) Screen(context.Context, *record.View) bool {
	if s.panics {
		panic("screen")
	}
	return s.touch
}
func (s *screened) Process(context.Context, *record.Event) bool { s.seen++; return true }

func TestARecordIsTakenApartForTheFirstProcessorThatWantsIt(t *testing.T) {
	for name, c := range map[string]struct {
		second *screened
		want   int
	}{"untouched": {&screened{}, 3}, "touched": {&screened{touch: true}, 1}, "in doubt": {&screened{panics: true}, 1}} {
		first, third := &screened{}, &screened{}
		chain := processor.NewChain(first, c.second, third)
		var v record.View
		var enc record.Encoder
		if err := v.Decode(enc.Encode(&record.Header{Message: "m"}, nil, nil)); err != nil {
			t.Fatal(err)
		}
		at, reason := chain.Begin(bg, &v, false)
		if at != c.want || reason != "" {
			t.Errorf("%s: begins at %d, %q", name, at, reason)
		}
		chain.Continue(at, bg, &record.Event{})
		if first.seen != 0 || c.second.seen+third.seen != 3-c.want {
			t.Errorf("%s: %d, %d, %d calls", name, first.seen, c.second.seen, third.seen)
		}
	}
}
