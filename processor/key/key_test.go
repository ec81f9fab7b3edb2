package key_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

func event(msg string, attrs ...slog.Attr) *record.Event {
	return &record.Event{Layer: "api", Level: slog.LevelInfo, Message: msg, Attrs: attrs}
}

func newKey(t *testing.T, parts ...string) *key.Key {
	t.Helper()
	k, err := key.New(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAnUnknownPartIsAnErrorThatNamesThePartsThereAre(t *testing.T) {
	for _, part := range []string{"mesage", "", "attr.", "Layer"} {
		if _, err := key.New(key.Layer, part); err == nil || !strings.Contains(err.Error(), key.Message) {
			t.Errorf("%q: %v", part, err)
		}
	}
}

func TestRecordsThatDifferInAPartHaveDifferentSumsAndOthersHaveNot(t *testing.T) {
	base := event("m", slog.String("user", "ann"))
	base.IDs.CorrelationID, base.IDs.TraceID = "c", [16]byte{1}
	base.Logger, base.Source = "l", record.Source{File: "a.go", Line: 7}
	changes := map[string]func(*record.Event){
		key.Layer:         func(e *record.Event) { e.Layer = "x" },
		key.Logger:        func(e *record.Event) { e.Logger = "x" },
		key.Level:         func(e *record.Event) { e.Level = slog.LevelDebug },
		key.Message:       func(e *record.Event) { e.Message = "x" },
		key.CorrelationID: func(e *record.Event) { e.IDs.CorrelationID = "x" },
		key.TraceID:       func(e *record.Event) { e.IDs.TraceID[9] = 1 },
		key.Source:        func(e *record.Event) { e.Source.Line = 8 },
		key.Attributes:    func(e *record.Event) { e.Attrs = []slog.Attr{slog.String("user", "bob")} },
		"time":            func(e *record.Event) { e.Time = 1 },
	}
	for part := range changes {
		if part == "time" {
			continue
		}
		k := newKey(t, part)
		for changed, change := range changes {
			other := *base
			change(&other)
			if same := k.Sum(base) == k.Sum(&other); same == (part == changed) {
				t.Errorf("by %s: a change of %s, same sum: %v", part, changed, same)
			}
		}
	}
}

func TestEveryValueOfAttributesCounts(t *testing.T) {
	values := []slog.Value{
		slog.StringValue("1"), slog.StringValue("2"), slog.IntValue(1), slog.IntValue(2), slog.Uint64Value(1), slog.Float64Value(1),
		slog.BoolValue(true), slog.BoolValue(false), slog.DurationValue(1), slog.TimeValue(time.Unix(1, 0)), slog.TimeValue(time.Unix(1, 1)),
		slog.AnyValue(nil), slog.AnyValue([]byte("1")), slog.AnyValue([]byte("2")), slog.AnyValue(json.Number("1")), slog.AnyValue(record.Mark("1")),
		slog.AnyValue(record.NewError("1", "t")), slog.AnyValue(record.NewError("2", "t")), slog.AnyValue(record.NewError("1", "u")),
		slog.AnyValue(&record.List{Values: []slog.Value{slog.IntValue(1)}}), slog.AnyValue(&record.List{}), slog.AnyValue(struct{ A int }{1}),
		slog.GroupValue(slog.Int("a", 1)), slog.GroupValue(slog.Int("b", 1)), slog.GroupValue(),
	}
	k := newKey(t, key.Attributes)
	seen := map[uint64]int{}
	for i, v := range values {
		sum := k.Sum(event("m", slog.Attr{Key: "k", Value: v}))
		if other, ok := seen[sum]; ok {
			t.Errorf("%v and %v have the same sum", v, values[other])
		}
		seen[sum] = i
		if again := k.Sum(event("m", slog.Attr{Key: "k", Value: v})); again != sum {
			t.Errorf("%v has two sums", v)
		}
	}
}

func TestAnAttributeIsFoundInItsGroupAndTheLastOfAKeyCounts(t *testing.T) {
	k := newKey(t, "attr.user.id")
	a := k.Sum(event("m", slog.Group("user", slog.Int("id", 1)), slog.Int("other", 1)))
	if a != k.Sum(event("x", slog.Int("user", 9), slog.Group("user", slog.Int("id", 2)), slog.Group("user", slog.Int("id", 1)))) {
		t.Error("the same user has two sums")
	}
	if a == k.Sum(event("m", slog.Group("user", slog.Int("id", 2)))) || a == k.Sum(event("m")) || a == k.Sum(event("m", slog.Int("user", 1))) {
		t.Error("another user has the same sum")
	}
}

func TestSumsDifferFromKeyToKeySoThatNobodyCanMakeThemCollide(t *testing.T) {
	a, b := newKey(t, key.Message), newKey(t, key.Message)
	if a.Sum(event("m")) == b.Sum(event("m")) {
		t.Error("two keys have the same seed")
	}
}

func TestASumAllocatesNothing(t *testing.T) {
	k := newKey(t, key.Layer, key.Level, key.Message, key.CorrelationID, key.TraceID, key.Attributes)
	e := event("m", slog.String("a", "b"), slog.Group("g", slog.Int("n", 1)), slog.Any("err", record.NewError("x", "t")))
	if n := testing.AllocsPerRun(100, func() { k.Sum(e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestATableIsBoundedAndKeysBeyondShareAValue(t *testing.T) {
	table := key.NewTable(10, func(v *int, now time.Duration) bool { return *v == 0 })
	for i := range uint64(100) {
		v, mu := table.Lock(i, 0)
		*v++
		mu.Unlock()
	}
	if table.Len() != 10 {
		t.Errorf("%d keys have a value", table.Len())
	}
	v, mu := table.Lock(1000, 0)
	if *v != 90 {
		t.Errorf("the others count %d", *v)
	}
	mu.Unlock()
	for i := range uint64(5) {
		v, mu := table.Lock(i, 0)
		*v = 0
		mu.Unlock()
	}
	v, mu = table.Lock(2000, time.Second) // idle ones make room
	*v++
	mu.Unlock()
	if table.Len() != 6 {
		t.Errorf("%d keys have a value after idle ones were forgotten", table.Len())
	}
}

func TestScopeLeavesWarningsAndExemptedLayersAlone(t *testing.T) {
	for _, c := range []struct {
		scope key.Scope
		layer string
		level slog.Level
		want  bool
	}{
		{key.Scope{}, "api", slog.LevelInfo, true},
		{key.Scope{}, "api", slog.LevelWarn, false},
		{key.Scope{Below: slog.LevelError}, "api", slog.LevelWarn, true},
		{key.Scope{Below: slog.LevelDebug}, "api", slog.LevelInfo, false},
		{key.Scope{Layers: []string{"x"}}, "api", slog.LevelInfo, false},
		{key.Scope{Layers: []string{"x", "api"}}, "api", slog.LevelInfo, true},
		{key.Scope{Except: []string{"api"}}, "api", slog.LevelInfo, false},
	} {
		if got := c.scope.Has(&record.Event{Layer: c.layer, Level: c.level}); got != c.want {
			t.Errorf("%+v, %s %v: %v", c.scope, c.layer, c.level, got)
		}
	}
}
