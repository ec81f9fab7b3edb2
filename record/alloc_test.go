package record_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// wrapper is what a logger's method looks like: variadic, in another package than the encoder.
type wrapper struct {
	e     record.Encoder
	bound *record.Bound
}

//go:noinline
func (w *wrapper) info(message string, attrs ...slog.Attr) int {
	h := record.Header{Time: 1, Layer: "events", Message: message}
	return len(w.e.Encode(&h, w.bound, attrs))
}

func TestCallWithTenTypedAttributesAllocatesNothing(t *testing.T) {
	var none *record.Bound
	w := &wrapper{bound: none.With([]slog.Attr{slog.String("service", "x")}).WithGroup("g")}
	at := benchTime.In(time.FixedZone("", 3600))
	n := testing.AllocsPerRun(1000, func() {
		w.info("m",
			slog.String("service", "payment"), slog.String("correlation_id", "0199c2a4"), slog.Int("attempt", 3),
			slog.Int64("bytes", 1234567), slog.Float64("ratio", 0.8712), slog.Bool("cached", true),
			slog.Duration("elapsed", time.Second), slog.Time("at", at), slog.String("url", "https://example.com"),
			slog.Any("error", errBench))
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSlogRecordsAreEncodedWithoutAllocation(t *testing.T) {
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "m", 0)
	r.AddAttrs(ten()...)
	var e record.Encoder
	h := record.Header{Message: "m"}
	if n := testing.AllocsPerRun(1000, func() { e.EncodeSlog(&h, nil, &r, "layer") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDecodingAllocatesNothing(t *testing.T) {
	data := encode(ten()...)
	var v record.View
	var tok record.Token
	n := testing.AllocsPerRun(1000, func() {
		if v.Decode(data) != nil {
			t.Error("refused")
		}
		for it := v.Attrs(); it.Next(&tok); {
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEventsOfTypedAttributesAllocateNothing(t *testing.T) {
	var none *record.Bound
	var first, second record.Encoder
	var v record.View
	var ev record.Event
	h := record.Header{Message: "m", IDs: &record.IDs{CorrelationID: "c"}}
	bound := none.With([]slog.Attr{slog.Int("b", 1)}).WithGroup("g")
	attrs := ten()
	n := testing.AllocsPerRun(1000, func() {
		if v.Decode(first.Encode(&h, bound, attrs)) != nil || ev.Set(&v) != nil {
			t.Error("refused")
		}
		second.EncodeEvent(&ev)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
