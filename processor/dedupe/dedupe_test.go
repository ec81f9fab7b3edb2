package dedupe_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/dedupe"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

var bg = context.Background()

func info(msg string, attrs ...slog.Attr) *record.Event {
	return &record.Event{Time: time.Now().UnixNano(), Layer: "api", Level: slog.LevelInfo, Message: msg, Attrs: attrs}
}

func deduper(t testing.TB, o dedupe.Options) *dedupe.Deduper {
	t.Helper()
	d, err := dedupe.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// summary is what the tests look at.
type summary struct {
	text        string
	n           uint64
	first, last time.Time
	attrs       []string
}

// emitted returns the summaries that come at an occasion.
func emitted(d *dedupe.Deduper, when processor.Occasion) (out []summary, next time.Time) {
	next = d.Emit(when, func(e *record.Event) {
		s := summary{text: strings.Clone(e.Message)}
		for _, a := range e.Attrs {
			switch a.Key {
			case dedupe.CountKey:
				s.n = a.Value.Uint64()
			case dedupe.FirstKey:
				s.first = a.Value.Time()
			case dedupe.LastKey:
				s.last = a.Value.Time()
			default:
				s.attrs = append(s.attrs, a.String())
			}
		}
		out = append(out, s)
	})
	return out, next
}

func TestTheFirstIsKeptAndTheSummaryHasCountAndTimesAndTheRecordsAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deduper(t, dedupe.Options{})
		start := time.Now()
		for i := range 84_232 {
			if keep := d.Process(bg, info("connection refused", slog.String("host", "db-1"))); keep != (i == 0) {
				t.Fatalf("record %d: keep %v", i, keep)
			}
			if i%1000 == 0 {
				time.Sleep(500 * time.Millisecond)
			}
		}
		if got, next := emitted(d, processor.Due); got != nil || !next.Equal(start.Add(time.Minute)) || d.Ready() {
			t.Errorf("before the window ends: %+v, next %v", got, next.Sub(start))
		}
		time.Sleep(time.Until(start.Add(time.Minute)))
		got, next := emitted(d, processor.Due)
		if len(got) != 1 || !next.IsZero() {
			t.Fatalf("%+v, next %v", got, next)
		}
		s := got[0]
		if s.text != "connection refused (repeated 84,231 times in 60 s)" || s.n != 84_231 || fmt.Sprint(s.attrs) != "[host=db-1]" ||
			s.first.Sub(start) != 500*time.Millisecond || s.last.Sub(start) != 42500*time.Millisecond {
			t.Errorf("%+v", s)
		}
		if !d.Process(bg, info("connection refused", slog.String("host", "db-1"))) {
			t.Error("the first one of the next window is left out")
		}
		if d.Process(bg, info("connection refused", slog.String("host", "db-1"))) || !d.Process(bg, info("connection refused", slog.String("host", "db-2"))) {
			t.Error("records with other attributes are taken for equal")
		}
	})
}

func TestARecordThatBeginsANewWindowComesBehindTheSummaryOfTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deduper(t, dedupe.Options{Window: time.Second})
		d.Process(bg, info("m"))
		d.Process(bg, info("m"))
		time.Sleep(5 * time.Second)
		if !d.Process(bg, info("m")) || !d.Ready() {
			t.Fatal("the summary is not ready")
		}
		if got, _ := emitted(d, processor.Due); len(got) != 1 || got[0].text != "m (repeated 1 times in 1.0 s)" {
			t.Errorf("%+v", got)
		}
		if d.Ready() {
			t.Error("it is still ready")
		}
	})
}

func TestFlushTellsWhatWasCountedAndTheWindowGoesOn(t *testing.T) {
	d := deduper(t, dedupe.Options{})
	for range 3 {
		d.Process(bg, info("m"))
	}
	if got, next := emitted(d, processor.Flushed); len(got) != 1 || got[0].n != 2 || !next.IsZero() {
		t.Errorf("%+v, next %v", got, next)
	}
	if d.Process(bg, info("m")) {
		t.Error("the window has ended")
	}
	if got, _ := emitted(d, processor.Flushed); len(got) != 1 || got[0].n != 1 {
		t.Errorf("%+v", got)
	}
	if got, _ := emitted(d, processor.Flushed); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestAfterClosingNothingIsLeftOut(t *testing.T) {
	d := deduper(t, dedupe.Options{})
	for range 3 {
		d.Process(bg, info("m"))
	}
	if got, _ := emitted(d, processor.Closing); len(got) != 1 || got[0].n != 2 {
		t.Errorf("%+v", got)
	}
	for range 2 {
		if !d.Process(bg, info("m")) {
			t.Error("a record is left out, and no summary will come")
		}
	}
}

func TestTheOldestKeyMakesRoomWithItsSummary(t *testing.T) {
	d := deduper(t, dedupe.Options{MaxKeys: 2})
	for _, m := range []string{"a", "a", "b", "c"} {
		d.Process(bg, info(m))
	}
	if !d.Ready() {
		t.Error("the summary of a is not ready")
	}
	if got, _ := emitted(d, processor.Due); len(got) != 1 || !strings.HasPrefix(got[0].text, "a (repeated 1 ") {
		t.Errorf("%+v", got)
	}
	if d.Process(bg, info("b")) || !d.Process(bg, info("a")) {
		t.Error("the wrong key was forgotten")
	}
}

func TestMemoryIsBoundedWhateverComes(t *testing.T) {
	d := deduper(t, dedupe.Options{MaxKeys: 1000, MaxBytes: 1 << 20})
	big := strings.Repeat("x", 10_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sum, kept := uint64(0), uint64(0)
	for i := range 20_000 {
		for range 2 {
			if d.Process(bg, info(fmt.Sprint(i), slog.String("text", big))) {
				kept++
			}
		}
		if d.Ready() {
			got, _ := emitted(d, processor.Due)
			for _, s := range got {
				sum += s.n
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	got, _ := emitted(d, processor.Closing)
	for _, s := range got {
		sum += s.n
	}
	if sum+kept != 40_000 {
		t.Errorf("%d kept and %d in summaries are not 40000", kept, sum)
	}
}

func TestManyGoroutinesCountEachRecordOnce(t *testing.T) {
	d := deduper(t, dedupe.Options{Window: 2 * time.Millisecond, MaxKeys: 4})
	var mu sync.Mutex
	var total, kept uint64
	emit := func(when processor.Occasion) {
		got, _ := emitted(d, when)
		mu.Lock()
		defer mu.Unlock()
		for _, s := range got {
			total += s.n
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			n := uint64(0)
			for i := range 2000 {
				if d.Process(bg, info(fmt.Sprint(i%6))) {
					n++
				}
				if i%100 == 0 {
					emit(processor.Occasion(i / 100 % 3))
				}
			}
			mu.Lock()
			kept += n
			mu.Unlock()
		})
	}
	wg.Wait()
	emit(processor.Closing)
	if total+kept != 8*2000 {
		t.Errorf("%d kept and %d in summaries are not %d", kept, total, 8*2000)
	}
}

func TestWarningsAreNotDeduplicatedUnlessAsked(t *testing.T) {
	warn := info("m")
	warn.Level = slog.LevelWarn
	d, all := deduper(t, dedupe.Options{}), deduper(t, dedupe.Options{Scope: key.Scope{Below: slog.LevelError}})
	for i := range 2 {
		if !d.Process(bg, warn) || all.Process(bg, warn) != (i == 0) {
			t.Error("a warning was treated otherwise")
		}
	}
}

func TestWrongOptionsAreErrors(t *testing.T) {
	for _, o := range []dedupe.Options{{Window: -1}, {By: []string{"x"}}} {
		if _, err := dedupe.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestARepetitionAllocatesNothing(t *testing.T) {
	d := deduper(t, dedupe.Options{})
	e := info("m", slog.String("k", "v"))
	d.Process(bg, e)
	d.Process(bg, e)
	if n := testing.AllocsPerRun(1000, func() { d.Process(bg, e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleNew() {
	d, err := dedupe.New(dedupe.Options{By: []string{key.Message}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 1501 {
		d.Process(bg, &record.Event{Message: "connection refused"})
	}
	d.Emit(processor.Closing, func(e *record.Event) { fmt.Println(e.Message) })
	// Output: connection refused (repeated 1,500 times in 0.0 s)
}
