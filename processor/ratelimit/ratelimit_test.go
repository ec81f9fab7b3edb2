package ratelimit_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/processor/ratelimit"
	"github.com/hydra-logger/hydra/record"
)

var bg = context.Background()

func info(msg string) *record.Event {
	return &record.Event{Layer: "api", Level: slog.LevelInfo, Message: msg}
}

func limiter(t testing.TB, o ratelimit.Options) *ratelimit.Limiter {
	t.Helper()
	l, err := ratelimit.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// passed counts how many of n records pass.
func passed(l *ratelimit.Limiter, n int, msg string) (out int) {
	for range n {
		if l.Process(bg, info(msg)) {
			out++
		}
	}
	return out
}

func TestABurstPassesAndThenTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limiter(t, ratelimit.Options{Rate: 10, Burst: 5})
		if n := passed(l, 100, "a"); n != 5 {
			t.Errorf("%d passed at once", n)
		}
		if n := passed(l, 100, "b"); n != 5 {
			t.Errorf("%d of another key passed", n)
		}
		total := 0
		for range 100 { // 10 s in steps of 100 ms
			time.Sleep(100 * time.Millisecond)
			total += passed(l, 10, "a")
		}
		if total != 100 {
			t.Errorf("%d passed in 10 s at a rate of 10", total)
		}
		time.Sleep(time.Hour)
		if n := passed(l, 100, "a"); n != 5 {
			t.Errorf("%d passed at once after a rest", n)
		}
	})
}

func TestTheNextRecordSaysHowManyWereDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limiter(t, ratelimit.Options{Rate: 1})
		passed(l, 43, "a")
		time.Sleep(time.Second)
		e := info("a")
		if !l.Process(bg, e) || len(e.Attrs) != 1 || e.Attrs[0].Key != ratelimit.CountKey || e.Attrs[0].Value.Uint64() != 42 {
			t.Errorf("%+v", e.Attrs)
		}
	})
}

func TestKeysBeyondTheBoundShareOneAllowance(t *testing.T) {
	l := limiter(t, ratelimit.Options{Rate: 0.001, Burst: 1, MaxKeys: 10})
	n := 0
	for i := range 1000 {
		n += passed(l, 1, fmt.Sprint(i))
	}
	if n != 11 {
		t.Errorf("%d of 1000 keys passed", n)
	}
}

func TestWarningsPassUnlessAsked(t *testing.T) {
	e := info("a")
	e.Level = slog.LevelError
	l := limiter(t, ratelimit.Options{Rate: 0.001})
	all := limiter(t, ratelimit.Options{Rate: 0.001, Scope: key.Scope{Below: slog.Level(math.MaxInt32)}})
	n := 0
	for range 10 {
		if !l.Process(bg, e) {
			t.Error("an error was dropped")
		}
		if all.Process(bg, e) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d errors passed", n)
	}
}

func TestWrongOptionsAreErrors(t *testing.T) {
	for i, o := range []ratelimit.Options{
		{}, {Rate: -1}, {Rate: math.NaN()}, {Rate: math.Inf(1)}, {Rate: 2e9}, {Rate: 1, Burst: -1}, {Rate: 1, By: []string{"x"}},
		{Rate: 1e-12}, {Rate: 1, Burst: math.MaxInt},
	} {
		if _, err := ratelimit.New(o); err == nil {
			t.Errorf("%d: %+v is accepted", i, o)
		}
	}
}

func TestALimitAllocatesNothing(t *testing.T) {
	l := limiter(t, ratelimit.Options{Rate: 1e6})
	e := info("a")
	if n := testing.AllocsPerRun(1000, func() { e.Attrs = e.Attrs[:0]; l.Process(bg, e) }); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleNew() {
	l, err := ratelimit.New(ratelimit.Options{Rate: 1, Burst: 3, By: []string{"attr.tenant"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var passed []string
	for _, tenant := range strings.Split("acme acme acme acme globex acme", " ") {
		e := &record.Event{Message: "quota exceeded", Attrs: []slog.Attr{slog.String("tenant", tenant)}}
		if l.Process(bg, e) {
			passed = append(passed, tenant)
		}
	}
	fmt.Println(passed)
	// Output: [acme acme acme globex]
}
