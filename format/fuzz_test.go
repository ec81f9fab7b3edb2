package format

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/record"
)

func seeds(f *testing.F) {
	for _, h := range []record.Header{
		{Time: vectorTime, Level: 4, Layer: "api", Message: "hello"},
		{Time: -5, Layer: "\x00", Logger: "l", Message: "a\nb", IDs: &record.IDs{CorrelationID: "c", MessageID: "m", TraceID: [16]byte{1}}, Source: &record.Source{File: "f.go", Line: 1}},
	} {
		for _, attrs := range [][]slog.Attr{
			nil,
			{slog.Int("a", 1), slog.Int("a", 2), slog.String("level", "x")},
			{slog.Group("g", slog.Group("h", slog.Float64("f", 1.5)), slog.Any("e", fmt.Errorf("o: %w", fmt.Errorf("i")))), slog.Any("l", []any{1, "x", map[string]int{"k": 1}})},
			{slog.Time("t", time.Unix(1, 5)), slog.Duration("d", 5), slog.Any("b", []byte("x")), slog.Any("n", json.Number("1e5")), slog.Bool("y", true)},
		} {
			f.Add(encode(h, attrs...), true)
		}
	}
	f.Add([]byte{}, false)
}

// FuzzAnyRecordIsOneLine feeds the formatters whatever the decoder accepts.
func FuzzAnyRecordIsOneLine(f *testing.F) {
	seeds(f)
	o := Options{ID: true}
	jsonLines, plain := newJSON(o), newText(o, PlainText)
	f.Fuzz(func(t *testing.T, raw []byte, delivered bool) {
		var v record.View
		if v.Decode(raw) != nil {
			return
		}
		if delivered {
			v.Journal, v.Position, v.Recovered = [16]byte{1}, 2, true
		}
		got := checkJSON(t, string(jsonLines.Append(nil, &v)))
		want := reference(&v, o)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		line := string(plain.Append(nil, &v))
		if !strings.HasSuffix(line, "\n") || strings.Count(line, "\n") != 1 || strings.ToValidUTF8(line, "") != line {
			t.Fatalf("not one line of text: %q", line)
		}
		checkHarmless(t, line)
	})
}

// FuzzAnyTextIsOneLine puts text everywhere that text can be.
func FuzzAnyTextIsOneLine(f *testing.F) {
	for _, s := range []string{"", "a b", "x\ny\r\n", "\x1b[2J", "\u202e", "\xff\xfe", `"\`, "k=v", strings.Repeat("é", 40), "| forged | ERROR |"} {
		f.Add(s, s)
	}
	var formatters []Formatter
	names := slices.DeleteFunc(Names(), func(name string) bool { return strings.HasPrefix(name, "binary") })
	for _, name := range names {
		formatter, err := New(name, Options{})
		if err != nil {
			f.Fatal(err)
		}
		formatters = append(formatters, formatter)
	}
	f.Fuzz(func(t *testing.T, s, key string) {
		v := build(t, record.Header{
			Layer: s, Logger: s, Message: s, IDs: &record.IDs{CorrelationID: s, CausationID: s, MessageID: s}, Source: &record.Source{Function: s, File: s},
		}, slog.String(key, s), slog.Group(key, slog.String(key, s)), slog.Any("l", []any{s, map[string]any{key: s}}), slog.Any(s, fmt.Errorf("%s: %w", s, fmt.Errorf("%s", s))))
		for i, formatter := range formatters {
			line := string(formatter.Append(nil, v))
			if names[i] == Colored {
				for _, code := range []string{levelColor(v.Level), layerColor(v.Layer), colorEnd, colorEnd} {
					line = strings.Replace(line, code, "", 1)
				}
			}
			if !strings.HasSuffix(line, "\n") || strings.Count(line, "\n") != 1 || strings.ToValidUTF8(line, "") != line {
				t.Fatalf("not one line of text: %q", line)
			}
			checkHarmless(t, line)
			if i == 0 {
				m := checkJSON(t, line)
				if m["message"] != string([]rune(s)) || m["layer"] != string([]rune(s)) {
					t.Fatalf("%q: %s", s, line)
				}
			}
		}
	})
}

// reference says in a slow and plain way which fields json-lines has.
func reference(v *record.View, o Options) map[string]any {
	attrs := v.Attrs()
	own := map[string]any{
		keyTimestamp: time.Unix(0, v.Time).UTC().Format("2006-01-02T15:04:05.000000000Z07:00"),
		keyLevel:     string(AppendLevel(nil, v.Level)), keyLayer: validText(v.Layer), keyMessage: validText(v.Message),
	}
	if v.Time == record.NoTime {
		delete(own, keyTimestamp)
	}
	for key, s := range map[string]string{keyLogger: v.Logger, keyCorrelation: v.IDs.CorrelationID, keyCausation: v.IDs.CausationID, keyMessageID: v.IDs.MessageID} {
		if s != "" {
			own[key] = validText(s)
		}
	}
	if v.IDs.TraceID != [16]byte{} {
		own[keyTrace] = fmt.Sprintf("%x", v.IDs.TraceID)
	}
	if v.IDs.SpanID != [8]byte{} {
		own[keySpan] = fmt.Sprintf("%x", v.IDs.SpanID)
	}
	if s := v.Source; s != (record.Source{}) {
		m := map[string]any{"file": validText(s.File), "line": json.Number(fmt.Sprint(s.Line))}
		if s.Function != "" {
			m["function"] = validText(s.Function)
		}
		own[keySource] = m
	}
	if v.Recovered {
		own[keyRecovered] = true
	}
	if o.ID && v.Journal != [16]byte{} {
		own[keyID] = RecordID(v.Journal, v.Position)
	}
	fields := referenceObject(&attrs, own)
	for key, value := range own {
		fields[key] = value
	}
	return fields
}

func referenceObject(attrs *record.Attrs, own map[string]any) map[string]any {
	m, chains := map[string]any{}, map[string]any{}
	var t record.Token
	for attrs.Next(&t) && t.Kind != record.KindEnd {
		key := validText(t.Key)
		if _, taken := own[key]; taken {
			key = "attr." + key
		}
		var chain []any
		c := t.Chain()
		for l := (record.Link{}); c.Next(&l); {
			chain = append(chain, map[string]any{"type": validText(l.Type), "message": validText(l.Message)})
		}
		kind := t.Kind
		value := referenceValue(attrs, &t)
		if g, ok := value.(map[string]any); ok && len(g) == 0 {
			continue
		}
		m[key] = value
		delete(chains, key+"_chain")
		if kind == record.KindError && chain != nil {
			chains[key+"_chain"] = chain
		}
	}
	for key, chain := range chains {
		_, taken := m[key]
		if _, protected := own[key]; !taken && !protected {
			m[key] = chain
		}
	}
	return m
}

func referenceValue(attrs *record.Attrs, t *record.Token) any {
	switch t.Kind {
	case record.KindGroup:
		return referenceObject(attrs, nil)
	case record.KindList:
		list := []any{}
		for attrs.Next(t) && t.Kind != record.KindEnd {
			list = append(list, referenceValue(attrs, t))
		}
		return list
	case record.KindString, record.KindMark, record.KindError:
		return validText(t.Str)
	case record.KindInt, record.KindDuration:
		return json.Number(fmt.Sprint(t.Int()))
	case record.KindUint:
		return json.Number(fmt.Sprint(t.Num))
	case record.KindFloat:
		b, err := json.Marshal(t.Float())
		switch {
		case err == nil:
			return json.Number(b)
		case math.IsNaN(t.Float()):
			return "NaN"
		}
		return fmt.Sprintf("%+f", t.Float())
	case record.KindBool:
		return t.Bool()
	case record.KindTime:
		return t.Time().Format(time.RFC3339Nano)
	case record.KindBytes:
		return base64.StdEncoding.EncodeToString([]byte(t.Str))
	case record.KindNumber:
		return json.Number(t.Str)
	}
	return nil
}
