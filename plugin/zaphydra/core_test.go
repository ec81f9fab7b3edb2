package zaphydra

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type user struct{ name string }

func (u user) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("name", u.name)
	enc.OpenNamespace("more")
	enc.AddInt("n", 1)
	return nil
}

func TestEveryKindOfFieldKeepsItsNameAndValue(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	tree := map[string]any{"name": "ann", "more": map[string]any{"n": int64(1)}}
	for _, c := range []struct {
		f    zap.Field
		path string
		want any
	}{
		{zap.Bool("k", true), "k", true},
		{zap.Int8("k", -8), "k", int64(-8)},
		{zap.Int16("k", -16), "k", int64(-16)},
		{zap.Int32("k", -32), "k", int64(-32)},
		{zap.Int64("k", -64), "k", int64(-64)},
		{zap.Int("k", -1), "k", int64(-1)},
		{zap.Uint8("k", 8), "k", uint64(8)},
		{zap.Uint16("k", 16), "k", uint64(16)},
		{zap.Uint32("k", 32), "k", uint64(32)},
		{zap.Uint64("k", 1<<63), "k", uint64(1 << 63)},
		{zap.Uint("k", 1), "k", uint64(1)},
		{zap.Uintptr("k", 7), "k", uint64(7)},
		{zap.Float64("k", 0.1), "k", 0.1},
		{zap.Float32("k", 0.5), "k", 0.5},
		{zap.Complex128("k", 1+2i), "k", "1+2i"},
		{zap.Complex64("k", 1-2i), "k", "1-2i"},
		{zap.String("k", "v"), "k", "v"},
		{zap.ByteString("k", []byte("v")), "k", "v"},
		{zap.Binary("k", []byte{1, 2}), "k", []byte{1, 2}},
		{zap.Duration("k", time.Second), "k", time.Second},
		{zap.Stringer("k", time.Second), "k", "1s"},
		{zap.Object("k", user{"ann"}), "k", tree},
		{zap.Inline(user{"ann"}), "name", "ann"},
		{zap.Inline(user{"ann"}), "more.n", int64(1)},
		{zap.Dict("k", zap.Int("a", 1)), "k.a", int64(1)},
		{zap.Strings("k", []string{"a", "b"}), "k", []any{"a", "b"}},
		{zap.Strings("k", nil), "k", []any{}},
		{zap.Error(errors.New("bad")), "error", "bad"},
		{zap.NamedError("cause", errors.New("bad")), "cause", "bad"},
	} {
		t.Run(fmt.Sprintf("%d %s", c.f.Type, c.path), func(t *testing.T) {
			log, rec := hydratest.New(t)
			zap.New(NewCore(log)).Info("m", c.f)
			got, ok := rec.Expect(hydratest.HasMessage("m")).Attr(c.path)
			if !ok || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%#v, want %#v", got, c.want)
			}
		})
	}
	log, rec := hydratest.New(t)
	zap.New(NewCore(log)).Info("m", zap.Time("k", when), zap.Skip(), zap.Error(nil))
	r := rec.Expect(hydratest.HasMessage("m"))
	if got, _ := r.Attrs["k"].(time.Time); !got.Equal(when) || len(r.Attrs) != 1 {
		t.Errorf("%v", r.Attrs)
	}
}

func TestNamespacesNestAndTheNameOfTheLoggerStaysOutside(t *testing.T) {
	log, rec := hydratest.New(t)
	base := zap.New(NewCore(log)).Named("api").With(zap.Int("a", 1), zap.Namespace("ns"), zap.Int("b", 2))
	one := base.With(zap.Int("c", 3), zap.Namespace("deep"))
	base.With(zap.Int("c", 99)) // must not reach one
	one.Error("m", zap.Int("d", 4))
	want := map[string]any{"a": int64(1), "ns": map[string]any{"b": int64(2), "c": int64(3), "deep": map[string]any{"d": int64(4)}}}
	if r := rec.Expect(hydratest.HasMessage("m")); r.Logger != "api" || !reflect.DeepEqual(r.Attrs, want) {
		t.Errorf("%s %v, want %v", r.Logger, r.Attrs, want)
	}
}

func TestTheNameOfAZapLoggerStandsInPlaceOfTheConfiguredOne(t *testing.T) {
	log, rec := hydratest.Open(t, hydra.Config{Name: "shop"})
	z := zap.New(NewCore(log)).With(zap.Int("a", 1))
	a, b := z.Named("pay"), z.Named("pay").Named("refunds")
	for _, c := range []struct {
		logger *zap.Logger
		want   string
	}{{z, "shop"}, {a, "pay"}, {b, "pay.refunds"}, {a, "pay"}, {z, "shop"}, {b.With(zap.Int("b", 2)), "pay.refunds"}} {
		rec.Reset()
		c.logger.Info("m", zap.String("layer", "events"))
		if r := rec.Expect(hydratest.HasAttr("a", 1)); r.Logger != c.want || r.Layer != "events" {
			t.Errorf("logger %q in layer %q, want %q in events", r.Logger, r.Layer, c.want)
		}
	}
}

func TestAFieldOfCtxGivesARecordItsIDsAndIsNotWritten(t *testing.T) {
	log, rec := hydratest.New(t)
	one, two := correlation.Ensure(t.Context(), "one"), correlation.Ensure(t.Context(), "two")
	z := zap.New(NewCore(log, Context(one)))
	for _, c := range []struct {
		logger *zap.Logger
		fields []zap.Field
		want   string
	}{
		{z, nil, "one"}, {z, []zap.Field{Ctx(two)}, "two"}, {z.With(Ctx(two)), nil, "two"}, {z.With(Ctx(two)), []zap.Field{Ctx(two), zap.Int("n", 1), Ctx(one)}, "one"},
		{z.With(Ctx(two), zap.Namespace("g")).With(zap.Int("n", 1)), nil, "two"}, {z, []zap.Field{zap.Skip()}, "one"}, {z.WithLazy(Ctx(two)), nil, "two"},
	} {
		rec.Reset()
		c.logger.Info("m", c.fields...)
		r := rec.Expect(hydratest.HasMessage("m"))
		if _, written := r.Attrs["context"]; r.IDs.CorrelationID != c.want || written {
			t.Errorf("%v: %+v %v, want %s", c.fields, r.IDs, r.Attrs, c.want)
		}
	}
	zap.New(NewCore(log)).Sugar().Infow("sugar", Ctx(two), "n", 1)
	rec.Expect(hydratest.HasMessage("sugar"), hydratest.HasCorrelationID("two"), hydratest.HasAttr("n", 1))
}

func TestLevelsMeanTheSameOnBothSides(t *testing.T) {
	log, rec := hydratest.New(t)
	z := zap.New(NewCore(log), zap.AddStacktrace(zap.ErrorLevel))
	z.Debug("d")
	z.Info("i")
	z.Warn("w")
	z.Error("e")
	z.DPanic("c")
	for m, l := range map[string]int{"d": -4, "i": 0, "w": 4, "e": 8, "c": 12} {
		if r := rec.Expect(hydratest.HasMessage(m)); int(r.Level) != l {
			t.Errorf("%s at %d, want %d", m, r.Level, l)
		}
	}
	if s, _ := rec.Expect(hydratest.HasMessage("e")).Attrs[StackKey].(string); !strings.Contains(s, "TestLevelsMean") {
		t.Errorf("stack %q", s)
	}
}

func TestALayersLevelDecidesWhatIsEnabled(t *testing.T) {
	log, rec := hydratest.New(t)
	z := zap.New(NewCore(log))
	if err := log.SetLevel("", hydra.LevelError); err != nil {
		t.Fatal(err)
	}
	if z.Check(zap.WarnLevel, "w") != nil || z.Check(zap.ErrorLevel, "e") == nil {
		t.Error("Check does not follow SetLevel")
	}
	z.Warn("w")
	rec.ExpectCount(0)
}

func TestPanicFindsItsRecordDelivered(t *testing.T) {
	slow := &hydratest.Faulty{Remote: true}
	slow.Fail(nil, 1)
	log, _ := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "slow", Driver: slow}))
	defer func() {
		if recover() == nil || slow.Delivered() != 1 {
			t.Errorf("delivered %d when the panic went on", slow.Delivered())
		}
	}()
	zap.New(NewCore(log)).Panic("p")
}

func TestAHangingDestinationDelaysFatalByTheTimeoutOnly(t *testing.T) {
	bad := &hydratest.Faulty{Remote: true}
	bad.Block()
	log, _ := hydratest.New(t, hydra.WithDestination("", hydra.DestinationOptions{Name: "bad", Driver: bad}))
	defer bad.Heal()
	err := NewCore(log, DeliveryTimeout(20*time.Millisecond)).Write(zapcore.Entry{Level: zap.FatalLevel, Message: "f"}, nil)
	if pending := (*hydra.PendingError)(nil); !errors.As(err, &pending) {
		t.Errorf("%v", err)
	}
}

func TestManyGoroutinesShareACore(t *testing.T) {
	log, rec := hydratest.New(t)
	z := zap.New(NewCore(log)).With(zap.Namespace("ns"), zap.Int("a", 1))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				z.With(zap.Int("g", i)).Info("m", zap.Int("n", n))
			}
		})
	}
	wg.Wait()
	rec.ExpectCount(400, hydratest.HasAttr("ns.a", 1))
}

func TestTheCallerIsTheLineOfTheCall(t *testing.T) {
	log, rec := hydratest.Open(t, hydra.Config{AddSource: true})
	zap.New(NewCore(log), zap.AddCaller()).Info("m")
	_, _, line, _ := runtime.Caller(0)
	s := rec.Expect(hydratest.HasMessage("m")).Source
	if !strings.HasSuffix(s.File, "core_test.go") || int(s.Line) != line-1 {
		t.Errorf("%+v, want line %d", s, line-1)
	}
}
