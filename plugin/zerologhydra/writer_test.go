package zerologhydra_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/zerologhydra"
	"github.com/hydra-logger/hydra/record"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type user struct{ name string }

func (u user) MarshalZerologObject(e *zerolog.Event) { e.Str("name", u.name).Int("n", 1) }

type users []user

func (u users) MarshalZerologArray(a *zerolog.Array) {
	for _, x := range u {
		a.Object(x)
	}
}

// fields is one use of each method of an event.
func fields() map[string]func(e *zerolog.Event) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	bad, ip := errors.New("bad"), net.IPv4(10, 0, 0, 1)
	_, ipNet, _ := net.ParseCIDR("10.0.0.0/8")
	return map[string]func(e *zerolog.Event){
		"Str":          func(e *zerolog.Event) { e.Str("k", "v \"q\" \n ü \x1b") },
		"Strs":         func(e *zerolog.Event) { e.Strs("k", []string{"a", "b"}) },
		"Strs nil":     func(e *zerolog.Event) { e.Strs("k", nil) },
		"Stringer":     func(e *zerolog.Event) { e.Stringer("k", time.Second) },
		"Stringer nil": func(e *zerolog.Event) { e.Stringer("k", nil) },
		"Bytes":        func(e *zerolog.Event) { e.Bytes("k", []byte("raw\xff")) },
		"Hex":          func(e *zerolog.Event) { e.Hex("k", []byte{1, 255}) },
		"RawJSON":      func(e *zerolog.Event) { e.RawJSON("k", []byte(`{"a":[1,{"b":null}],"c":{"d":[]}}`)) },
		"AnErr":        func(e *zerolog.Event) { e.AnErr("k", bad) },
		"Errs":         func(e *zerolog.Event) { e.Errs("k", []error{bad, nil}) },
		"Err":          func(e *zerolog.Event) { e.Err(bad) },
		"Err nil":      func(e *zerolog.Event) { e.Err(nil) },
		"Bool":         func(e *zerolog.Event) { e.Bool("k", true) },
		"Bools":        func(e *zerolog.Event) { e.Bools("k", []bool{true, false}) },
		"Int":          func(e *zerolog.Event) { e.Int("k", -1) },
		"Ints":         func(e *zerolog.Event) { e.Ints("k", []int{1, -2}) },
		"Int8":         func(e *zerolog.Event) { e.Int8("k", -8) },
		"Int16":        func(e *zerolog.Event) { e.Int16("k", -16) },
		"Int32":        func(e *zerolog.Event) { e.Int32("k", -32) },
		"Int64":        func(e *zerolog.Event) { e.Int64("k", -1<<63) },
		"Uint":         func(e *zerolog.Event) { e.Uint("k", 1) },
		"Uint8":        func(e *zerolog.Event) { e.Uint8("k", 8) },
		"Uint64":       func(e *zerolog.Event) { e.Uint64("k", 1<<64-1) },
		"Uints64":      func(e *zerolog.Event) { e.Uints64("k", []uint64{1, 1<<64 - 1}) },
		"Float32":      func(e *zerolog.Event) { e.Float32("k", 0.1) },
		"Float64":      func(e *zerolog.Event) { e.Float64("k", 1e300) },
		"Floats64":     func(e *zerolog.Event) { e.Floats64("k", []float64{0.1, 2}) },
		"Time":         func(e *zerolog.Event) { e.Time("k", when) },
		"Times":        func(e *zerolog.Event) { e.Times("k", []time.Time{when}) },
		"Dur":          func(e *zerolog.Event) { e.Dur("k", 1500*time.Microsecond) },
		"TimeDiff":     func(e *zerolog.Event) { e.TimeDiff("k", when.Add(time.Second), when) },
		"Any":          func(e *zerolog.Event) { e.Any("k", struct{ A []int }{[]int{1}}) },
		"Interface":    func(e *zerolog.Event) { e.Interface("k", nil) },
		"Type":         func(e *zerolog.Event) { e.Type("k", when) },
		"IPAddr":       func(e *zerolog.Event) { e.IPAddr("k", ip) },
		"IPPrefix":     func(e *zerolog.Event) { e.IPPrefix("k", *ipNet) },
		"MACAddr":      func(e *zerolog.Event) { e.MACAddr("k", net.HardwareAddr{1, 2, 3, 4, 5, 6}) },
		"Dict": func(e *zerolog.Event) {
			e.Dict("k", zerolog.Dict().Int("a", 1).Dict("b", zerolog.Dict().Str("c", "d")))
		},
		"Dict empty":   func(e *zerolog.Event) { e.Dict("k", zerolog.Dict()) },
		"Object":       func(e *zerolog.Event) { e.Object("k", user{"ann"}) },
		"EmbedObject":  func(e *zerolog.Event) { e.EmbedObject(user{"ann"}) },
		"Array":        func(e *zerolog.Event) { e.Array("k", users{{"ann"}, {"bob"}}) },
		"Fields":       func(e *zerolog.Event) { e.Fields(map[string]any{"a": 1, "b": bad}) },
		"Fields slice": func(e *zerolog.Event) { e.Fields([]any{"a", 1, "b", true}) },
		"Caller":       func(e *zerolog.Event) { e.Caller() },
		"a level":      func(e *zerolog.Event) { e.Str("k", "warn") },
	}
}

// plain makes JSON values comparable: numbers by their value.
func plain(t *testing.T, data []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return normal(m).(map[string]any)
}

func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case json.Number:
		if f, err := strconv.ParseFloat(v.String(), 64); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return f
		}
	}
	return v
}

func TestEveryKindOfFieldIsWhatZerologWrites(t *testing.T) {
	for name, add := range fields() {
		t.Run(name, func(t *testing.T) {
			log, rec := hydratest.New(t)
			var direct bytes.Buffer
			for _, w := range []io.Writer{&direct, zerologhydra.NewWriter(log)} {
				logger := zerolog.New(w).With().Timestamp().Str("bound", "b").Logger()
				e := logger.Warn()
				add(e)
				e.Msg("m")
			}
			want := plain(t, direct.Bytes())
			for _, k := range []string{"level", "time", "message"} {
				delete(want, k)
			}
			r := rec.Expect(hydratest.HasMessage("m"), hydratest.Level(hydra.LevelWarning))
			data, err := json.Marshal(r.Attrs)
			if err != nil {
				t.Fatal(err)
			}
			if got := plain(t, data); !reflect.DeepEqual(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func TestLevelsMeanTheSameOnBothSides(t *testing.T) {
	log, rec := hydratest.New(t)
	w := zerologhydra.NewWriter(log)
	direct, plain := zerolog.New(w), zerolog.New(io.MultiWriter(w)) // a MultiWriter hides the levels
	for level, want := range map[zerolog.Level]int{zerolog.TraceLevel: -8, zerolog.DebugLevel: -4, zerolog.InfoLevel: 0, zerolog.WarnLevel: 4,
		zerolog.ErrorLevel: 8, zerolog.NoLevel: 0} {
		direct.WithLevel(level).Msg("direct " + level.String())
		plain.WithLevel(level).Msg("plain " + level.String())
		for _, m := range []string{"direct ", "plain "} {
			if r := rec.Expect(hydratest.HasMessage(m + level.String())); int(r.Level) != want || len(r.Attrs) != 0 {
				t.Errorf("%s%s: level %d, attributes %v, want %d", m, level, r.Level, r.Attrs, want)
			}
		}
	}
}

func TestTheTimeIsTheEventsInEveryUnit(t *testing.T) {
	old := zerolog.TimeFieldFormat
	defer func() { zerolog.TimeFieldFormat = old }()
	when := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	for format, unit := range map[string]time.Duration{time.RFC3339: time.Second, time.RFC3339Nano: 1, time.RFC1123Z: time.Second, zerolog.TimeFormatUnix: time.Second,
		zerolog.TimeFormatUnixMs: time.Millisecond, zerolog.TimeFormatUnixMicro: time.Microsecond, zerolog.TimeFormatUnixNano: 1} {
		zerolog.TimeFieldFormat = format
		log, rec := hydratest.New(t)
		logger := zerolog.New(zerologhydra.NewWriter(log))
		logger.Info().Time(zerolog.TimestampFieldName, when).Msg("m")
		if r := rec.Expect(hydratest.HasMessage("m")); !r.Time.Equal(when.Truncate(unit)) || len(r.Attrs) != 0 {
			t.Errorf("%q: %v %v", format, r.Time, r.Attrs)
		}
	}
}

func TestNamesThatTheProgramChoseAreRead(t *testing.T) {
	oldLevel, oldMessage, oldTime := zerolog.LevelFieldName, zerolog.MessageFieldName, zerolog.TimestampFieldName
	zerolog.LevelFieldName, zerolog.MessageFieldName, zerolog.TimestampFieldName = "severity", "text", "@t"
	defer func() {
		zerolog.LevelFieldName, zerolog.MessageFieldName, zerolog.TimestampFieldName = oldLevel, oldMessage, oldTime
	}()
	log, rec := hydratest.New(t)
	logger := zerolog.New(io.MultiWriter(zerologhydra.NewWriter(log)))
	logger.Error().Timestamp().Str("level", "mine").Str("message", "own").Msg("m")
	r := rec.Expect(hydratest.HasMessage("m"), hydratest.Level(hydra.LevelError))
	if want := map[string]any{"level": "mine", "message": "own"}; !reflect.DeepEqual(r.Attrs, want) {
		t.Errorf("%v", r.Attrs)
	}
}

func TestIDsOfTheContextBecomeTheRecords(t *testing.T) {
	ids := record.IDs{CorrelationID: "flow-1", CausationID: "c-1", MessageID: "m-1", TraceID: [16]byte{1}, SpanID: [8]byte{2}, TraceFlags: 1}
	log, rec := hydratest.New(t)
	logger := zerolog.New(zerologhydra.NewWriter(log)).Hook(zerologhydra.IDs{})
	ctx := correlation.With(t.Context(), ids)
	logger.Info().Ctx(ctx).Msg("of the event")
	of := logger.With().Ctx(ctx).Logger()
	of.Info().Msg("of the logger")
	logger.Info().Msg("without")
	logger.Info().Str("correlation_id", "bad id").Str("trace_id", "77").Msg("not valid")
	for _, m := range []string{"of the event", "of the logger"} {
		if r := rec.Expect(hydratest.HasMessage(m)); r.IDs != ids || len(r.Attrs) != 0 {
			t.Errorf("%s: %+v %v", m, r.IDs, r.Attrs)
		}
	}
	if r := rec.Expect(hydratest.HasMessage("without")); (r.IDs != record.IDs{}) {
		t.Errorf("%+v", r.IDs)
	}
	if r := rec.Expect(hydratest.HasMessage("not valid")); (r.IDs != record.IDs{}) || r.Attrs["correlation_id"] != "bad id" || r.Attrs["trace_id"] != "77" {
		t.Errorf("%+v %v", r.IDs, r.Attrs)
	}
}

func TestALineThatIsNoObjectIsTheMessage(t *testing.T) {
	log, rec := hydratest.New(t)
	w := zerologhydra.NewWriter(log)
	for _, line := range []string{"plain text", `{"a":`, `{"a":1} {"b":2}`, `[1]`, `{"a":bad}`, ""} {
		if n, err := w.WriteLevel(zerolog.ErrorLevel, []byte(line+"\n")); n != len(line)+1 || err != nil {
			t.Errorf("%q: %d %v", line, n, err)
		}
		rec.Expect(hydratest.HasMessage(line), hydratest.Level(hydra.LevelError), hydratest.HasKey(zerologhydra.ParseErrorKey))
	}
}

func TestALineThatIsNestedWithoutEndIsTheMessage(t *testing.T) {
	log, rec := hydratest.New(t)
	line := append([]byte(`{"body":`), bytes.Repeat([]byte("["), 5_000_000)...) // of a request, with RawJSON
	if n, err := zerologhydra.NewWriter(log).WriteLevel(zerolog.InfoLevel, line); n != len(line) || err != nil {
		t.Error(n, err)
	}
	rec.Expect(hydratest.HasKey(zerologhydra.ParseErrorKey))
}

func TestAFieldNamedLayerPicksTheLayer(t *testing.T) {
	log, rec := hydratest.New(t)
	logger := zerolog.New(zerologhydra.NewWriter(log))
	logger.Info().Str("layer", "events").Msg("m")
	if r := rec.Expect(hydratest.HasMessage("m"), hydratest.Layer("events")); len(r.Attrs) != 0 {
		t.Errorf("%v", r.Attrs)
	}
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
	logger := zerolog.New(zerologhydra.NewWriter(log))
	logger.Panic().Msg("p")
}

func TestALayersLevelDecidesWhatIsWritten(t *testing.T) {
	log, rec := hydratest.New(t)
	if err := log.SetLevel("", hydra.LevelError); err != nil {
		t.Fatal(err)
	}
	logger := zerolog.New(zerologhydra.NewWriter(log))
	logger.Warn().Msg("w")
	logger.Error().Msg("e")
	rec.ExpectCount(1)
	if n, err := zerologhydra.NewWriter(nil).Write([]byte("{}\n")); n != 3 || err != nil {
		t.Error(n, err)
	}
}

func TestManyGoroutinesShareAWriter(t *testing.T) {
	log, rec := hydratest.New(t)
	logger := zerolog.New(zerologhydra.NewWriter(log))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				logger.Info().Int("g", i).Int("n", n).Msg("m")
			}
		})
	}
	wg.Wait()
	rec.ExpectCount(400, hydratest.HasKey("n"))
}

// What is a JSON object for the standard library is taken apart, all else is kept as text; nothing fails.
func FuzzALineIsKept(f *testing.F) {
	for _, s := range []string{`{"level":"info","time":"2026-01-02T03:04:05Z","message":"m","a":{"b":[1,2.5,null,{"c":true}]}}`, `{"time":1,"k":18446744073709551615}`,
		`{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","layer":"x"}`, `{}`, `{"a":1e999}`, "text", `{"":{}}`} {
		f.Add([]byte(s))
	}
	log := hydra.Must(hydra.New(hydra.Config{Name: "fuzz", Mode: "sync", Layers: map[string]hydra.Layer{"default": {Level: "trace", Destinations: []hydra.Destination{{Type: "null"}}}}}))
	f.Cleanup(func() { _ = log.Close() })
	w := zerologhydra.NewWriter(log)
	f.Fuzz(func(t *testing.T, line []byte) {
		if n, err := w.Write(line); n != len(line) || err != nil {
			t.Errorf("%d of %d, %v", n, len(line), err)
		}
	})
}
