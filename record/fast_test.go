package record

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestLayoutOfSlogValuesIsKnown(t *testing.T) {
	if !rawLayout {
		t.Error("log/slog of this Go release lays its values out in another way: encoding works, but is half as fast; see fast.go")
	}
}

// randomAttrs returns attributes of all kinds, with keys and strings of all lengths.
func randomAttrs(r *rand.Rand, depth int) []slog.Attr {
	attrs := make([]slog.Attr, r.IntN(12))
	text := func(max int) string { return strings.Repeat("k", r.IntN(max)) }
	for i := range attrs {
		a := slog.Attr{Key: "k" + text(40)}
		switch r.IntN(12) {
		case 0:
			a.Value = slog.StringValue(text(300))
		case 1:
			a.Value = slog.Int64Value(int64(r.Uint64()) >> r.IntN(64))
		case 2:
			a.Value = slog.Uint64Value(r.Uint64() >> r.IntN(64))
		case 3:
			a.Value = slog.Float64Value(r.NormFloat64())
		case 4:
			a.Value = slog.BoolValue(r.IntN(2) == 0)
		case 5:
			a.Value = slog.DurationValue(time.Duration(r.Int64()))
		case 6:
			a.Value = slog.TimeValue(time.Unix(r.Int64N(1e10), 5).UTC())
		case 7:
			a.Value = slog.TimeValue(time.Unix(int64(r.Int32())*1000, 5).In(time.FixedZone("", r.IntN(80000)-40000)))
		case 8:
			a.Value = slog.AnyValue(errors.New(text(300)))
		case 9:
			a.Value = slog.AnyValue([]any{1, text(20), nil})
		case 10:
			a = slog.Attr{}
		default:
			if depth < 3 {
				a.Value = slog.GroupValue(randomAttrs(r, depth+1)...)
			}
		}
		attrs[i] = a
	}
	return attrs
}

func TestAttributesAreWrittenTheSameWhenTheLayoutIsNotKnown(t *testing.T) {
	defer func(known bool) { rawLayout = known }(rawLayout)
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		attrs := randomAttrs(r, 0)
		var fast, slow Encoder
		rawLayout = true
		want := fast.Encode(&Header{Message: "m"}, nil, attrs)
		rawLayout = false
		if got := slow.Encode(&Header{Message: "m"}, nil, attrs); !bytes.Equal(got, want) {
			t.Fatalf("%v:\n got %x\nwant %x", attrs, got, want)
		}
	}
}

// Stores are not checked, so this looks at the bytes behind the buffer, for buffers that end anywhere.
func TestNothingIsWrittenBehindTheBuffer(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	memory := bytes.Repeat([]byte{0xA5}, 8<<10)
	for range 5000 {
		size := 100 + r.IntN(4<<10)
		e := Encoder{buf: memory[:size:size]}
		e.SetLimits(&Limits{Attributes: 1 + r.IntN(3000), String: 1 + r.IntN(400)})
		e.Encode(&Header{Layer: "layer", Logger: "logger", Message: "message"}, nil, randomAttrs(r, 0))
		for i, c := range memory[size:] {
			if c != 0xA5 {
				t.Fatalf("byte %d behind a buffer of %d was written", i, size)
			}
		}
		for i := range size {
			memory[i] = 0xA5
		}
	}
}
