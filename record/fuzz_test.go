package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/record"
)

// FuzzDecode: whatever the bytes are, decoding neither panics nor runs on, what it yields is balanced,
// and an event made of it encodes to a record that can be read.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "v1", "*.bin"))
	if err != nil || len(files) == 0 {
		f.Fatal("no golden files", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v record.View
		if v.Decode(data) != nil {
			return
		}
		checkBalanced(t, &v, len(data))
		var ev record.Event
		var e record.Encoder
		if err := ev.Set(&v); err != nil {
			t.Fatal(err)
		}
		again := e.EncodeEvent(&ev)
		if err := v.Decode(again); err != nil {
			t.Fatal(err)
		}
		checkBalanced(t, &v, len(again))
	})
}

func checkBalanced(t *testing.T, v *record.View, size int) {
	t.Helper()
	var tok record.Token
	var link record.Link
	depth, tokens := 0, 0
	for it := v.Attrs(); it.Next(&tok); {
		if tokens++; tokens > size+record.MaxDepth+1 {
			t.Fatal("more tokens than bytes")
		}
		switch tok.Kind {
		case record.KindGroup, record.KindList:
			depth++
		case record.KindEnd:
			depth--
		case record.KindTime:
			_ = tok.Time()
		case record.KindNumber:
			if !json.Valid([]byte(tok.Str)) {
				t.Fatalf("%q is no JSON number", tok.Str)
			}
		}
		for c := tok.Chain(); c.Next(&link); {
			tokens++
		}
		if depth < 0 || depth > record.MaxDepth {
			t.Fatalf("depth %d", depth)
		}
	}
	if depth != 0 {
		t.Fatalf("%d groups left open", depth)
	}
}

func TestDamagedRecordsNeitherPanicNorRunOn(t *testing.T) {
	for name, data := range goldenRecords() {
		for cut := range data {
			var v record.View
			if v.Decode(data[:cut]) == nil {
				checkBalanced(t, &v, cut)
			}
		}
		for i := range data {
			for bit := range 8 {
				damaged := bytes.Clone(data)
				damaged[i] ^= 1 << bit
				var v record.View
				if v.Decode(damaged) == nil {
					checkBalanced(t, &v, len(data))
				}
			}
		}
		_ = name
	}
}

func TestDamageInAttributesIsMarked(t *testing.T) {
	data := encode(slog.Int("a", 1), slog.Group("g", slog.String("s", "text")))
	got := dump(t, data[:len(data)-3])
	if got != `a=i1 g=group( !DAMAGED=mark"!DAMAGED: the rest of the attributes cannot be read" )` {
		t.Errorf("got %s", got)
	}
}

// FuzzRoundTrip: what is encoded comes back as it was, in a buffer that begins with any size.
func FuzzRoundTrip(f *testing.F) {
	f.Add("key", "text", int64(-1), uint64(1<<40), 2.5, true, 3600, 3)
	f.Add("", "\xff\x00", int64(math.MinInt64), uint64(math.MaxUint64), math.Inf(1), false, -5*3600-1800, 40)
	f.Add("a key of more than fourteen bytes", "", int64(0), uint64(247), math.NaN(), true, 0, 0)
	f.Fuzz(func(t *testing.T, key, text string, i int64, u uint64, fl float64, yes bool, offset, repeat int) {
		if key == "" {
			key = "k"
		}
		at := time.Unix(i%1e12, int64(u%1e9)).In(time.FixedZone("", offset%86400))
		group := []slog.Attr{
			slog.String(key, text), slog.Int64(key, i), slog.Uint64(key, u), slog.Float64(key, fl), slog.Bool(key, yes),
			slog.Duration(key, time.Duration(i)), slog.Time(key, at), slog.Any(key, []byte(text)), slog.Any(key, fmt.Errorf("%s", text)),
		}
		var attrs []slog.Attr
		for range 1 + uint(repeat)%50 {
			attrs = append(attrs, group...)
		}
		attrs = append(attrs, slog.Attr{Key: key, Value: slog.GroupValue(group...)})
		var e record.Encoder
		h := record.Header{Time: i, Level: slog.Level(int(int16(u))), Layer: key, Logger: text, Message: text}
		data := e.Encode(&h, nil, attrs)
		var v record.View
		if err := v.Decode(data); err != nil {
			t.Fatal(err)
		}
		if v.Time != h.Time || v.Level != h.Level || v.Layer != key || v.Logger != text || v.Message != text {
			t.Fatalf("got %+v, want %+v", v, h)
		}
		it := v.Attrs()
		for _, a := range attrs {
			compare(t, &it, a)
		}
	})
}

// compare reads one attribute from it, and compares it with a.
func compare(t *testing.T, it *record.Attrs, a slog.Attr) {
	t.Helper()
	var tok record.Token
	if !it.Next(&tok) || tok.Key != a.Key {
		t.Fatalf("got key %q, want %q", tok.Key, a.Key)
	}
	ok := false
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		ok = tok.Kind == record.KindString && tok.Str == v.String()
	case slog.KindInt64:
		ok = tok.Kind == record.KindInt && tok.Int() == v.Int64()
	case slog.KindUint64:
		ok = tok.Kind == record.KindUint && tok.Num == v.Uint64()
	case slog.KindFloat64:
		ok = tok.Kind == record.KindFloat && math.Float64bits(tok.Float()) == math.Float64bits(v.Float64())
	case slog.KindBool:
		ok = tok.Kind == record.KindBool && tok.Bool() == v.Bool()
	case slog.KindDuration:
		ok = tok.Kind == record.KindDuration && tok.Duration() == v.Duration()
	case slog.KindTime:
		_, offset := v.Time().Zone()
		ok = tok.Kind == record.KindTime && tok.Time().Equal(v.Time()) && int(tok.Zone) == offset
	case slog.KindGroup:
		ok = tok.Kind == record.KindGroup
		for _, inner := range v.Group() {
			compare(t, it, inner)
		}
		if it.Next(&tok); tok.Kind != record.KindEnd {
			t.Fatal("group does not end")
		}
	default:
		if err, is := v.Any().(error); is {
			ok = tok.Kind == record.KindError && tok.Str == err.Error()
		} else {
			ok = tok.Kind == record.KindBytes && tok.Str == string(v.Any().([]byte))
		}
	}
	if !ok {
		t.Fatalf("got %s, want %v", dumpToken(&tok), a)
	}
}

// FuzzJSON: text is taken exactly when it is JSON, and says the same.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2.5,"x\u00e9\ud83d\ude00",null,true,false,{}],"b":-0.0e-5}`, `[`, `"\ud800"`, `01`, `1e999`, ` 1 `, `{"a":1,}`, "\"\x01\"",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want any
		valid := json.Unmarshal(raw, &want) == nil
		data := encode(slog.Any("k", json.RawMessage(raw)))
		var v record.View
		if err := v.Decode(data); err != nil {
			t.Fatal(err)
		}
		checkBalanced(t, &v, len(data))
		if raw == nil || !bytes.HasPrefix(bytes.TrimLeft(raw, " \n\r\t"), []byte("{")) || !valid {
			var tok record.Token
			it := v.Attrs()
			it.Next(&tok)
			failed := tok.Kind == record.KindMark
			if raw != nil && failed == json.Valid(raw) && !bytes.Contains([]byte(tok.Str), []byte("!CUT")) {
				t.Fatalf("%q: valid JSON is %v, got %s", raw, json.Valid(raw), dumpToken(&tok))
			}
			return
		}
		if !utf8.Valid(raw) {
			return // encoding/json replaces such bytes, a record keeps them
		}
		got := tree(t, data)["k"]
		if !bytes.Contains(data, []byte("!CUT")) && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %v, want %v", raw, got, want)
		}
	})
}
