package keepback_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/keepback"
	"github.com/hydra-logger/hydra/record"
)

var bg = context.Background()

func event(flow string, level slog.Level, msg string) *record.Event {
	return &record.Event{Layer: "api", Level: level, Message: msg, IDs: record.IDs{CorrelationID: flow}}
}

func debug(k *keepback.Keeper, flow, msg string) bool {
	return k.Process(bg, event(flow, slog.LevelDebug, msg))
}

func fail(k *keepback.Keeper, flow string) bool {
	return k.Process(bg, event(flow, slog.LevelError, "failed"))
}

func keeper(t testing.TB, o keepback.Options) *keepback.Keeper {
	t.Helper()
	k, err := keepback.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func emitted(k *keepback.Keeper, when processor.Occasion) string {
	var out []string
	k.Emit(when, func(e *record.Event) {
		out = append(out, strings.Clone(e.Message)+":"+e.Attrs[len(e.Attrs)-1].Value.String())
	})
	return strings.Join(out, " ")
}

func TestAnErrorLetsTheRecordsOfItsFlowOutAndForAWhileThoseThatFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keeper(t, keepback.Options{})
		if debug(k, "a", "1") || debug(k, "b", "2") || debug(k, "a", "3") {
			t.Error("a debug record passed")
		}
		if !fail(k, "a") || !k.Ready() {
			t.Error("nothing is ready")
		}
		if got := emitted(k, processor.Asked); got != "1:released 3:released" || k.Ready() {
			t.Errorf("emitted %q", got)
		}
		if !debug(k, "a", "4") {
			t.Error("a debug record after the error was held back")
		}
		time.Sleep(2 * time.Minute)
		if debug(k, "a", "5") {
			t.Error("a debug record long after the error passed")
		}
	})
}

func TestWhatIsTooOldIsNotLetOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keeper(t, keepback.Options{MaxAge: time.Minute})
		debug(k, "a", "old")
		time.Sleep(59 * time.Second)
		debug(k, "a", "young")
		time.Sleep(2 * time.Second)
		fail(k, "a")
		if got := emitted(k, processor.Asked); got != "young:released" {
			t.Errorf("emitted %q", got)
		}
	})
}

func TestTheOldestMakeRoomByNumberAndByBytes(t *testing.T) {
	k := keeper(t, keepback.Options{MaxRecords: 3})
	for i := range 10 {
		debug(k, "a", fmt.Sprint(i))
	}
	fail(k, "a")
	if got := emitted(k, processor.Asked); got != "7:released 8:released 9:released" {
		t.Errorf("emitted %q", got)
	}
	k = keeper(t, keepback.Options{MaxBytes: 1000})
	for i := range 1000 {
		debug(k, fmt.Sprint(i%7), strings.Repeat("x", i%300))
		if n, bytes := k.Held(); bytes > 1000 || n > 1000 {
			t.Fatalf("%d records with %d bytes are held", n, bytes)
		}
	}
}

func TestAnErrorWithoutHeldRecordsHasNothingReady(t *testing.T) {
	k := keeper(t, keepback.Options{})
	if fail(k, "a"); k.Ready() {
		t.Error("something is ready")
	}
}

func TestRecordsWithoutIDAndOfOtherLevelsAndLayersPass(t *testing.T) {
	k := keeper(t, keepback.Options{Except: []string{"audit"}})
	audit := event("a", slog.LevelDebug, "x")
	audit.Layer = "audit"
	if !debug(k, "", "x") || !k.Process(bg, event("a", slog.LevelInfo, "x")) || !k.Process(bg, audit) {
		t.Error("a record was held back")
	}
	k = keeper(t, keepback.Options{Level: slog.LevelInfo, Trigger: slog.LevelWarn})
	if k.Process(bg, event("a", slog.LevelInfo, "x")) || !k.Process(bg, event("a", slog.LevelWarn, "y")) {
		t.Error("levels that were asked for are not used")
	}
	if got := emitted(k, processor.Asked); got != "x:released" {
		t.Errorf("emitted %q", got)
	}
}

func TestClosingGivesUpWhatIsHeldAndHoldsNothingMore(t *testing.T) {
	k := keeper(t, keepback.Options{})
	debug(k, "a", "1")
	fail(k, "a")
	debug(k, "b", "2")
	if got := emitted(k, processor.Closing); got != "1:released" {
		t.Errorf("emitted %q", got)
	}
	if !debug(k, "b", "3") || !fail(k, "b") || k.Ready() {
		t.Error("it goes on")
	}
}

func TestTheCallThatLetsRecordsOutHasASecondToEmitThemBeforeItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := keeper(t, keepback.Options{})
		debug(k, "a", "1")
		fail(k, "a")
		time.Sleep(300 * time.Millisecond)
		if got := emitted(k, processor.Due); got != "" || !k.Ready() {
			t.Errorf("emitted %q", got)
		}
		next := k.Emit(processor.Due, func(*record.Event) {})
		if time.Until(next) != 700*time.Millisecond {
			t.Errorf("next in %v", time.Until(next))
		}
		time.Sleep(700 * time.Millisecond)
		if got := emitted(k, processor.Due); got != "1:released" || k.Ready() {
			t.Errorf("emitted %q", got)
		}
	})
}

func TestFlushLetsNothingOut(t *testing.T) {
	k := keeper(t, keepback.Options{})
	debug(k, "a", "1")
	if got := emitted(k, processor.Flushed); got != "" {
		t.Errorf("emitted %q", got)
	}
}

// memoryStore is a store that says what was done.
type memoryStore struct {
	calls []string
	place uint64
}

func (s *memoryStore) Keep(payload []byte) uint64 { s.place++; return s.place }
func (s *memoryStore) Release(id string)          { s.calls = append(s.calls, "release "+id) }
func (s *memoryStore) Forget(place uint64)        { s.calls = append(s.calls, fmt.Sprint("forget ", place)) }

func TestTheStoreIsToldWhatIsReleasedAndWhatIsNoLongerHeld(t *testing.T) {
	s := &memoryStore{}
	k := keeper(t, keepback.Options{Store: s, MaxRecords: 2})
	debug(k, "a", "1")
	debug(k, "b", "2")
	fail(k, "a")
	debug(k, "c", "3") // the place of what was released is forgotten as its turn comes
	debug(k, "c", "4")
	fail(k, "x")
	if got := fmt.Sprint(s.calls); got != "[release a forget 1 forget 2]" {
		t.Errorf("%s", got)
	}
}

func TestWhatTheLastRunHeldIsEmittedFirst(t *testing.T) {
	var enc record.Encoder
	k := keeper(t, keepback.Options{})
	k.Recover([][]byte{append([]byte(nil), enc.EncodeEvent(event("a", slog.LevelDebug, "1"))...), []byte("damaged")})
	if !k.Ready() {
		t.Error("nothing is ready")
	}
	if got := emitted(k, processor.Asked); got != "1:recovered" {
		t.Errorf("emitted %q", got)
	}
}

func TestMemoryOfFlowsIsBounded(t *testing.T) {
	k := keeper(t, keepback.Options{MaxRecords: 10})
	for i := range 1000 {
		debug(k, fmt.Sprint("debug", i), "x")
		fail(k, fmt.Sprint("error", i))
	}
	if n := k.Flows(); n > 20 {
		t.Errorf("%d flows are known", n)
	}
}

func TestWrongOptionsAreErrors(t *testing.T) {
	for _, o := range []keepback.Options{{Level: slog.LevelError}, {MaxAge: -1}} {
		if _, err := keepback.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestManyGoroutinesHoldAndRelease(t *testing.T) {
	k := keeper(t, keepback.Options{MaxRecords: 50})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				flow := fmt.Sprint((g + i) % 5)
				debug(k, flow, "x")
				if i%20 == 0 {
					fail(k, flow)
					emitted(k, processor.Asked)
				}
			}
		})
	}
	wg.Wait()
	if n, _ := k.Held(); n > 50 {
		t.Errorf("%d are held", n)
	}
}

func ExampleNew() {
	k, err := keepback.New(keepback.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, flow := range []string{"order-1", "order-2"} {
		fmt.Println(flow, "debug passes:", k.Process(bg, event(flow, slog.LevelDebug, "price is 12.99 in "+flow)))
	}
	k.Process(bg, event("order-2", slog.LevelError, "card declined"))
	k.Emit(processor.Asked, func(e *record.Event) { fmt.Println(e.Message) })
	// Output:
	// order-1 debug passes: false
	// order-2 debug passes: false
	// price is 12.99 in order-2
}
