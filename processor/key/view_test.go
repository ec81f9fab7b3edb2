package key_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

// decoded returns a record as a view, and as the event that is made of it.
func decoded(t testing.TB, h *record.Header, attrs ...slog.Attr) (*record.View, *record.Event) {
	t.Helper()
	var enc record.Encoder
	var v record.View
	var ev record.Event
	if err := v.Decode(append([]byte(nil), enc.Encode(h, nil, attrs)...)); err != nil {
		t.Fatal(err)
	}
	if err := ev.Set(&v); err != nil {
		t.Fatal(err)
	}
	return &v, &ev
}

func TestARecordHasTheSameSumWhetherItIsTakenApartOrNot(t *testing.T) {
	type inner struct {
		A int
		B []string
	}
	h := &record.Header{Time: 1, Level: slog.LevelInfo, Layer: "api", Logger: "l", Message: "m",
		IDs: &record.IDs{CorrelationID: "c", TraceID: [16]byte{1, 2, 15: 3}}, Source: &record.Source{File: "f.go", Line: 3}}
	far := time.Date(1, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600))
	attrs := []slog.Attr{
		slog.String("s", "x"), slog.String("", ""), slog.Int("i", -1), slog.Uint64("u", 1<<63), slog.Float64("f", 1.5), slog.Bool("b", true),
		slog.Duration("d", time.Second), slog.Time("t", time.Now()), slog.Time("far", far), slog.Any("nil", nil), slog.Any("bytes", []byte("x")),
		slog.Any("n", json.Number("12345678901234567890123")), slog.Any("e", errors.Join(errors.New("a"), errors.New("b"))),
		slog.Group("g", slog.Int("a", 1), slog.Group("h", slog.Any("list", []any{1, "two", inner{3, []string{"x"}}}))), slog.Any("struct", &inner{}),
		slog.Any("map", map[string]any{"k": []int{1, 2}}), slog.Any("chan", make(chan int)),
	}
	k := newKey(t, key.Layer, key.Logger, key.Level, key.Message, key.CorrelationID, key.TraceID, key.Source, key.Attributes)
	for n := range len(attrs) + 1 {
		v, ev := decoded(t, h, attrs[:n]...)
		sum, ok := k.SumView(v)
		if !ok || sum != k.Sum(ev) {
			t.Errorf("with %v the sums differ", attrs[:n])
		}
	}
	v, _ := decoded(t, h, attrs...)
	if n := testing.AllocsPerRun(100, func() { k.SumView(v) }); n > 1 { // the far time's zone
		t.Errorf("%v allocations", n)
	}
	if _, ok := newKey(t, "attr.s").SumView(v); ok {
		t.Error("an attribute's value without taking the record apart")
	}
}

func FuzzSumsOfViewAndEventAgree(f *testing.F) {
	var enc record.Encoder
	h := &record.Header{Message: "m"}
	f.Add(append([]byte(nil), enc.Encode(h, nil, []slog.Attr{slog.Any("x", map[string]any{"a": []any{1, nil}})})...))
	f.Add(append([]byte(nil), enc.Encode(h, nil, []slog.Attr{slog.Group("g", slog.Any("e", errors.New("x")))})...))
	k, err := key.New(key.Message, key.Attributes)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v record.View
		var ev record.Event
		if v.Decode(data) != nil || ev.Set(&v) != nil {
			return
		}
		if sum, _ := k.SumView(&v); sum != k.Sum(&ev) {
			t.Errorf("the sums of %v differ", ev.Attrs)
		}
	})
}
