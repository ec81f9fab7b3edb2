package record_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// textsOf lists what Texts says, and what Attrs says of the same.
func textsOf(data []byte) (texts, attrs []string, damaged bool, err error) {
	var v record.View
	if err := v.Decode(data); err != nil {
		return nil, nil, false, err
	}
	it := v.Texts()
	for {
		kind, key, text, ok := it.Next()
		if !ok {
			break
		}
		texts = append(texts, fmt.Sprintf("%d %q %q", kind, key, text))
		var l record.Link
		for c := it.Chain(); kind == record.KindError && c.Next(&l); {
			texts = append(texts, l.Message)
		}
	}
	walk := v.Attrs()
	var t record.Token
	for walk.Next(&t) {
		text := ""
		switch t.Kind {
		case record.KindString, record.KindBytes, record.KindMark, record.KindError:
			text = t.Str
		}
		attrs = append(attrs, fmt.Sprintf("%d %q %q", t.Kind, t.Key, text))
		var l record.Link
		for c := t.Chain(); c.Next(&l); {
			attrs = append(attrs, l.Message)
		}
	}
	return texts, attrs, it.Damaged(), nil
}

func TestTextsSeesTheTokensThatAttrsSees(t *testing.T) {
	var enc record.Encoder
	data := enc.Encode(&record.Header{Message: "m"}, nil, []slog.Attr{
		slog.String("s", "text"), slog.String(strings.Repeat("k", 300), strings.Repeat("v", 300)), slog.Int("i", -5), slog.Int64("big", math.MinInt64),
		slog.Uint64("u", math.MaxUint64), slog.Float64("f", 1.5), slog.Bool("b", true), slog.Duration("d", time.Hour), slog.Any("nil", nil),
		slog.Time("t", time.Unix(1, 2).UTC()), slog.Time("zone", time.Unix(1, 2).In(time.FixedZone("", 3600))), slog.Time("far", time.Time{}),
		slog.Any("bytes", []byte("raw")), slog.Any("e", fmt.Errorf("a: %w", errors.New("b"))), slog.Any("m", map[string]any{"x": []any{1, "y"}}),
		slog.Any("mark", record.Mark("!CUT")),
	})
	texts, attrs, damaged, err := textsOf(data)
	if err != nil || damaged || len(texts) < 20 || strings.Join(texts, "\n") != strings.Join(attrs, "\n") {
		t.Errorf("%v %v\n%s\n\n%s", err, damaged, strings.Join(texts, "\n"), strings.Join(attrs, "\n"))
	}
	for n := range data {
		if _, _, _, err := textsOf(data[:n]); err == nil {
			continue // it must not panic, that is all
		}
	}
}

func FuzzTexts(f *testing.F) {
	var enc record.Encoder
	f.Add(enc.Encode(&record.Header{Message: "m"}, nil, []slog.Attr{slog.String("s", "text"), slog.Any("e", errors.New("b"))}))
	f.Fuzz(func(t *testing.T, data []byte) {
		texts, attrs, damaged, err := textsOf(data)
		if err == nil && !damaged && len(texts) < len(attrs)-record.MaxDepth {
			t.Errorf("%d texts, %d attributes", len(texts), len(attrs))
		}
	})
}
