package logrhydra_test

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/logrhydra"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type secret struct{ name, key string }

func (s secret) MarshalLog() any { return map[string]any{"name": s.name} }

type broken struct{}

func (broken) MarshalLog() any { panic("boom") }

type point struct{ x, y int }

func (p point) String() string { return fmt.Sprint(p.x, ",", p.y) }

func TestValuesKeepTheirNamesAndTypes(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, c := range []struct {
		in   []any
		path string
		want any
	}{
		{[]any{"k", "v"}, "k", "v"},
		{[]any{"k", 1}, "k", int64(1)},
		{[]any{"k", uint8(1)}, "k", uint64(1)},
		{[]any{"k", 0.5}, "k", 0.5},
		{[]any{"k", true}, "k", true},
		{[]any{"k", nil}, "k", nil},
		{[]any{"k", time.Second}, "k", time.Second},
		{[]any{"k", when}, "k", when},
		{[]any{"k", errors.New("bad")}, "k", "bad"},
		{[]any{"k", []string{"a"}}, "k", []any{"a"}},
		{[]any{"k", map[string]int{"a": 1}}, "k.a", int64(1)},
		{[]any{"k", struct{ A int }{1}}, "k.A", int64(1)},
		{[]any{"k", secret{"n", "s"}}, "k", map[string]any{"name": "n"}},
		{[]any{"k", broken{}}, "k", "<panic: boom>"},
		{[]any{"k", point{1, 2}}, "k", "1,2"},
		{[]any{"k", slog.GroupValue(slog.Int("a", 1))}, "k.a", int64(1)},
		{[]any{"k"}, "k", "<no-value>"},
		{[]any{42, "v"}, "<non-string-key: 42>", "v"},
		{[]any{"a", 1, "k", 2}, "k", int64(2)},
	} {
		for name, write := range map[string]func(l logr.Logger){
			"call":  func(l logr.Logger) { l.Info("m", c.in...) },
			"bound": func(l logr.Logger) { l.WithValues(c.in...).Info("m") },
			"error": func(l logr.Logger) { l.Error(nil, "m", c.in...) },
		} {
			t.Run(fmt.Sprintf("%v %s", c.in, name), func(t *testing.T) {
				log, rec := hydratest.New(t)
				write(logrhydra.New(log))
				got, ok := rec.Expect(hydratest.HasMessage("m")).Attr(c.path)
				if e, isErr := got.(error); isErr {
					got = e.Error()
				}
				if !ok || !reflect.DeepEqual(got, c.want) {
					t.Errorf("%#v, want %#v", got, c.want)
				}
			})
		}
	}
}

// funcr is the reference of logr: what it writes for odd keys is what we write.
func TestOddKeysAreNamedAsInFuncr(t *testing.T) {
	for _, odd := range [][]any{{"k"}, {42, "v"}, {true, "v"}, {1.5, "v"}} {
		reference := ""
		funcr.New(func(_, args string) { reference = args }, funcr.Options{}).Info("m", odd...)
		log, rec := hydratest.New(t)
		logrhydra.New(log).Info("m", odd...)
		for key := range rec.Expect(hydratest.HasMessage("m")).Attrs {
			if !strings.Contains(reference, key) {
				t.Errorf("%v: key %q, funcr has %s", odd, key, reference)
			}
		}
	}
}

func TestVLevelsAreLevelsAndTheLayerDecides(t *testing.T) {
	log, rec := hydratest.New(t)
	l := logrhydra.New(log)
	for v, want := range map[int]slog.Level{0: 0, 1: -1, 4: hydra.LevelDebug, 8: hydra.LevelTrace, 10: hydra.LevelTrace} {
		l.V(v).Info(fmt.Sprint("v", v))
		r := rec.Expect(hydratest.HasMessage(fmt.Sprint("v", v)))
		if got, ok := r.Attrs["v"]; r.Level != want || ok != (v > 0) || ok && got != int64(v) {
			t.Errorf("V(%d): %d %v", v, r.Level, r.Attrs)
		}
	}
	if err := log.SetLevel("", hydra.LevelDebug); err != nil {
		t.Fatal(err)
	}
	if !l.V(4).Enabled() || l.V(5).Enabled() {
		t.Error("at DEBUG, V(4) is the last that is written")
	}
	l.V(1).V(4).Info("too deep")
	rec.ExpectCount(0, hydratest.HasMessage("too deep"))
}

func TestNamesAndErrorsAreWritten(t *testing.T) {
	log, rec := hydratest.New(t)
	l := logrhydra.New(log).WithName("api").WithValues("a", 1)
	one := l.WithName("orders").WithValues("b", 2)
	l.WithValues("b", 99) // must not reach one
	one.Error(errors.New("bad"), "m", "c", 3)
	r := rec.Expect(hydratest.HasMessage("m"), hydratest.Level(hydra.LevelError))
	want := map[string]any{"a": int64(1), "b": int64(2), "c": int64(3), "error": "bad"}
	if r.Logger != "api/orders" {
		t.Errorf("logger %q", r.Logger)
	}
	r.Attrs["error"] = fmt.Sprint(r.Attrs["error"])
	if !reflect.DeepEqual(r.Attrs, want) {
		t.Errorf("%v, want %v", r.Attrs, want)
	}
	l.Error(nil, "no error")
	if r := rec.Expect(hydratest.HasMessage("no error")); r.Attrs["error"] != nil {
		t.Errorf("%v", r.Attrs)
	}
}

func helper(l logr.Logger) { l.WithCallDepth(1).Info("helper") }

func TestTheCallerIsTheLineOfTheCall(t *testing.T) {
	log, rec := hydratest.Open(t, hydra.Config{AddSource: true})
	l := logrhydra.New(log)
	_, _, line, _ := runtime.Caller(0)
	l.Info("info")
	l.Error(nil, "error")
	helper(l)
	l.WithName("n").WithValues("a", 1).V(0).Info("derived")
	slog.New(logr.ToSlogHandler(l)).Info("slog")
	for i, m := range []string{"info", "error", "helper", "derived", "slog"} {
		s := rec.Expect(hydratest.HasMessage(m)).Source
		if !strings.HasSuffix(s.File, "sink_test.go") || int(s.Line) != line+1+i {
			t.Errorf("%s: %+v, want line %d", m, s, line+1+i)
		}
	}
}

func TestRecordsCarryTheIDsOfTheContext(t *testing.T) {
	log, rec := hydratest.New(t)
	ctx := correlation.Ensure(t.Context(), "flow-1")
	logrhydra.New(log, logrhydra.Context(ctx)).Info("m")
	rec.Expect(hydratest.HasMessage("m"), hydratest.HasCorrelationID("flow-1"))
	slog.New(logr.ToSlogHandler(logrhydra.New(log).WithName("n"))).InfoContext(ctx, "s")
	rec.Expect(hydratest.HasMessage("s"), hydratest.HasCorrelationID("flow-1"), hydratest.Where("of logger n", func(r hydratest.Record) bool { return r.Logger == "n" }))
}

// The standard library's own test of handlers, through logr.
func TestTheSlogHandlerOfLogrPassesSlogtest(t *testing.T) {
	var rec *hydratest.Recorder
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		var log *hydra.Logger
		log, rec = hydratest.New(t)
		return logr.ToSlogHandler(logrhydra.New(log))
	}, func(t *testing.T) map[string]any {
		all := rec.Records()
		if len(all) != 1 {
			t.Fatalf("%d records", len(all))
		}
		m := map[string]any{slog.LevelKey: all[0].Level, slog.MessageKey: all[0].Message}
		if !strings.HasPrefix(all[0].Text, " ") && all[0].Time.Year() > 2000 {
			m[slog.TimeKey] = all[0].Time
		}
		for k, v := range all[0].Attrs {
			m[k] = v
		}
		return m
	})
}

func TestTheNameStaysOutsideOfGroups(t *testing.T) {
	log, rec := hydratest.New(t)
	slog.New(logr.ToSlogHandler(logrhydra.New(log).WithName("n"))).WithGroup("g").Info("m", "a", 1)
	want := map[string]any{"g": map[string]any{"a": int64(1)}}
	if r := rec.Expect(hydratest.HasMessage("m")); r.Logger != "n" || !reflect.DeepEqual(r.Attrs, want) {
		t.Errorf("%s %v, want %v", r.Logger, r.Attrs, want)
	}
}

func TestManyGoroutinesShareALogger(t *testing.T) {
	log, rec := hydratest.New(t)
	l := logrhydra.New(log).WithName("n")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				l.WithValues("g", i).Info("m", "n", n)
			}
		})
	}
	wg.Wait()
	rec.ExpectCount(400, hydratest.HasKey("n"))
}

func TestANilLoggerWritesNothing(t *testing.T) {
	l := logrhydra.New(nil)
	l.Info("m")
	l.Error(nil, "m")
	if l.Enabled() {
		t.Error("enabled")
	}
}
