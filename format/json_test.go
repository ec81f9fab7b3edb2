package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/record"
)

// checkJSON fails unless line is one JSON object with a LF behind it in which no object has a key twice, and returns it.
func checkJSON(t testing.TB, line string) map[string]any {
	t.Helper()
	if !strings.HasSuffix(line, "\n") || strings.Count(line, "\n") != 1 {
		t.Fatalf("not one line: %q", line)
	}
	if !json.Valid([]byte(line)) {
		t.Fatalf("not JSON: %q", line)
	}
	if strings.ToValidUTF8(line, "") != line {
		t.Fatalf("not UTF-8: %q", line)
	}
	checkKeys(t, line)
	checkHarmless(t, line)
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%v: %q", err, line)
	}
	return m
}

// checkKeys walks the tokens of a JSON text and fails if an object has a key twice.
func checkKeys(t testing.TB, line string) {
	t.Helper()
	type object struct {
		keys map[string]bool // nil: an array
		key  bool            // the next token is a key
	}
	var open []*object
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		if delim, ok := tok.(json.Delim); ok && (delim == '}' || delim == ']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			o := open[len(open)-1]
			if o.keys != nil && o.key {
				key := tok.(string)
				if o.keys[key] {
					t.Fatalf("key %q twice in %q", key, line)
				}
				o.keys[key], o.key = true, false
				continue
			}
			o.key = true
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, &object{keys: map[string]bool{}, key: true})
		case json.Delim('['):
			open = append(open, &object{})
		}
	}
}

// checkHarmless fails if a terminal or a reader could take part of the line for more than text. Colours may be in it.
func checkHarmless(t testing.TB, line string) {
	t.Helper()
	for _, r := range strings.TrimSuffix(line, "\n") {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			t.Fatalf("%U in %q", r, line)
		}
	}
}

func attrsOf(t testing.TB, attrs ...slog.Attr) map[string]any {
	t.Helper()
	v := build(t, record.Header{Layer: "l", Message: "m"}, attrs...)
	m := checkJSON(t, formatted(t, JSONLines, Options{}, v))
	for _, key := range []string{keyTimestamp, keyLevel, keyLayer, keyMessage} {
		if _, ok := m[key]; !ok {
			t.Fatalf("no %s", key)
		}
		delete(m, key)
	}
	return m
}

func expect(t testing.TB, got any, want string) {
	t.Helper()
	b := new(bytes.Buffer)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(got); err != nil {
		t.Fatal(err)
	}
	if s := strings.TrimSpace(b.String()); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestLastOfSeveralAttributesWithOneKeyWins(t *testing.T) {
	expect(t, attrsOf(t, slog.Int("a", 1), slog.Int("b", 2), slog.Int("a", 3)), `{"a":3,"b":2}`)
	expect(t, attrsOf(t, slog.Group("g", slog.Int("a", 1), slog.Int("a", 2)), slog.Int("a", 3)), `{"a":3,"g":{"a":2}}`)
	expect(t, attrsOf(t, slog.Group("g", slog.Int("a", 1)), slog.Group("g", slog.Int("b", 2))), `{"g":{"b":2}}`)
	expect(t, attrsOf(t, slog.Int("g", 1), slog.Group("g", slog.Any("l", []any{[]int{1}})), slog.Int("g", 2)), `{"g":2}`)
	expect(t, attrsOf(t, slog.Any("l", []int{1, 2}), slog.Any("l", []int{3})), `{"l":[3]}`)
	expect(t, attrsOf(t, slog.Int("a\xff", 1), slog.Int("a\xfe", 2)), `{"a�":2}`)
}

func TestOneKeyInDifferentObjectsIsNoClash(t *testing.T) {
	got := attrsOf(t, slog.Int("a", 1), slog.Group("g", slog.Int("a", 2), slog.Group("a", slog.Int("a", 3))),
		slog.Any("list", []map[string]int{{"a": 4}, {"a": 5}}))
	expect(t, got, `{"a":1,"g":{"a":{"a":3}},"list":[{"a":4},{"a":5}]}`)
}

func TestKeysThatDoNotClashNeedNoPlan(t *testing.T) {
	v := build(t, record.Header{}, slog.Int("a", 1), slog.Group("g", slog.Int("a", 2), slog.Group("h", slog.Int("a", 3))),
		slog.Any("list", []map[string]int{{"a": 4}, {"a": 5}}))
	j, p := newJSON(Options{}), newText(Options{}, PlainText)
	for range 100 {
		j.Append(nil, v)
		p.Append(nil, v)
	}
	if len(j.plan.acts)+len(p.plan.acts) != 0 {
		t.Error("made a plan")
	}
}

func TestEachKeyOfTheRecordIsProtectedByItself(t *testing.T) {
	h := record.Header{
		Logger: "l", Source: &record.Source{File: "f"},
		IDs: &record.IDs{CorrelationID: "a", CausationID: "b", MessageID: "c", TraceID: [16]byte{1}, SpanID: [8]byte{1}},
	}
	for _, key := range []string{keyTimestamp, keyLevel, keyLayer, keyMessage, keyLogger, keyCorrelation, keyCausation, keyMessageID, keyTrace, keySpan, keySource, keyRecovered, keyID} {
		v := build(t, h, slog.String(key, "mine"))
		v.Recovered, v.Journal = true, [16]byte{1}
		if m := checkJSON(t, formatted(t, JSONLines, Options{ID: true}, v)); m["attr."+key] != "mine" || m[key] == "mine" || m[key] == nil {
			t.Errorf("%s: %v", key, m)
		}
		want := " attr." + key + "=mine "
		if isHead(key) {
			want = " " + key + "=mine "
		}
		if line := formatted(t, PlainText, Options{ID: true}, v); !strings.Contains(line, want) {
			t.Errorf("%s: %s", key, line)
		}
	}
}

func TestEmptyGroupIsLeftOutAndPushesNothingOut(t *testing.T) {
	expect(t, attrsOf(t, slog.Group("g"), slog.Int("a", 1)), `{"a":1}`)
	expect(t, attrsOf(t, slog.Group("g", slog.Group("h", slog.Group("i")))), `{}`)
	expect(t, attrsOf(t, slog.Any("m", map[string]any{}), slog.Int("a", 1)), `{"a":1}`)
	expect(t, attrsOf(t, slog.Int("g", 1), slog.Any("g", map[string]any{}), slog.Int("a", 1), slog.Int("a", 2)), `{"a":2,"g":1}`)
}

func TestProtectedKeysAreRenamedOnlyWhenTheRecordHasThem(t *testing.T) {
	expect(t, attrsOf(t, slog.String("level", "x"), slog.String("attr.level", "y"), slog.Group("message", slog.Int("level", 1))),
		`{"attr.level":"y","attr.message":{"level":1}}`)
	expect(t, attrsOf(t, slog.String("trace_id", "x"), slog.String("id", "y"), slog.String("source", "z"), slog.String("logger", "l")),
		`{"id":"y","logger":"l","source":"z","trace_id":"x"}`)

	v := build(t, record.Header{IDs: &record.IDs{CorrelationID: "c"}}, slog.String("correlation_id", "mine"), slog.String("causation_id", "own"))
	m := checkJSON(t, formatted(t, JSONLines, Options{}, v))
	if m["correlation_id"] != "c" || m["attr.correlation_id"] != "mine" || m["causation_id"] != "own" {
		t.Errorf("%v", m)
	}
	v.Journal[0], v.Recovered = 1, true
	m = checkJSON(t, formatted(t, JSONLines, Options{ID: true}, v))
	if m["id"] != RecordID(v.Journal, 0) || m["recovered"] != true {
		t.Errorf("%v", m)
	}
}

func TestErrorShowsWhatItWrapsUnderItsOwnKey(t *testing.T) {
	inner := errors.New("inner")
	expect(t, attrsOf(t, slog.Any("err", inner)), `{"err":"inner"}`)
	expect(t, attrsOf(t, slog.Any("err", fmt.Errorf("outer: %w", inner))),
		`{"err":"outer: inner","err_chain":[{"message":"inner","type":"*errors.errorString"}]}`)
	// A key that is taken, before or after, is left to the attribute.
	expect(t, attrsOf(t, slog.Any("err", fmt.Errorf("outer: %w", inner)), slog.Int("err_chain", 1)), `{"err":"outer: inner","err_chain":1}`)
	expect(t, attrsOf(t, slog.Int("err_chain", 1), slog.Any("err", fmt.Errorf("outer: %w", inner))), `{"err":"outer: inner","err_chain":1}`)
	expect(t, attrsOf(t, slog.Any("message", fmt.Errorf("outer: %w", inner))),
		`{"attr.message":"outer: inner","attr.message_chain":[{"message":"inner","type":"*errors.errorString"}]}`)
	expect(t, attrsOf(t, slog.Any("list", []error{fmt.Errorf("outer: %w", inner)})), `{"list":["outer: inner"]}`)
}

func TestManyKeysAreAllWritten(t *testing.T) {
	for _, n := range []int{150, 161, 3000} {
		var attrs []slog.Attr
		for i := range n {
			attrs = append(attrs, slog.Int(fmt.Sprint("key", i), i))
		}
		attrs = append(attrs, slog.Int("key7", -7))
		m := attrsOf(t, attrs...)
		if len(m) != n || fmt.Sprint(m["key7"]) != "-7" {
			t.Errorf("%d of %d keys, key7 = %v", len(m), n, m["key7"])
		}
	}
}

func TestKeysOfEveryLengthAreTheirOwn(t *testing.T) {
	f := newJSON(Options{})
	for n := range 70 { // one formatter for all, so that keys of earlier records would show
		var attrs []slog.Attr
		for i := range n {
			key := bytes.Repeat([]byte{'x'}, n)
			key[i] = 'y'
			attrs = append(attrs, slog.Int(string(key), i))
		}
		m := checkJSON(t, string(f.Append(nil, build(t, record.Header{}, attrs...))))
		if len(m) != n+4 {
			t.Errorf("length %d: %d keys of %d", n, len(m)-4, n)
		}
	}
}

func TestKeysOfOneRecordAreForgottenByTheNext(t *testing.T) {
	f := newJSON(Options{})
	v := build(t, record.Header{}, slog.Int("a", 1), slog.Int("level", 2))
	want := string(f.Append(nil, v))
	f.keys.record = keyAlways - 3
	for range 6 { // the number of the record starts again in between
		if got := string(f.Append(nil, v)); got != want {
			t.Fatalf("got %s want %s", got, want)
		}
		if f.keys.record != keyAlways-1 && f.keys.record != keyAlways-2 && f.keys.record > 9 {
			t.Fatal(f.keys.record)
		}
	}
}

func TestDeepestNestingIsWritten(t *testing.T) {
	deep := slog.Int("n", 1)
	for range 30 {
		deep = slog.Group("g", deep)
	}
	m := attrsOf(t, deep)
	for range 30 {
		m = m["g"].(map[string]any)
	}
	expect(t, m, `{"n":1}`)
}

func TestClonesAreIndependent(t *testing.T) {
	for _, name := range Names() {
		f, err := New(name, Options{ID: true})
		if err != nil {
			t.Fatal(err)
		}
		v := rich(t)
		want := string(f.Append(nil, v))
		done := make(chan string)
		for range 4 {
			go func() {
				c := f.(Cloner).Clone()
				var out []byte
				for range 100 {
					out = c.Append(out[:0], v)
				}
				done <- string(out)
			}()
		}
		for range 4 {
			if got := <-done; got != want {
				t.Errorf("got %s want %s", got, want)
			}
		}
	}
}

func TestAppendLeavesWhatIsThereAlone(t *testing.T) {
	for _, name := range Names() {
		f, _ := New(name, Options{})
		v := rich(t)
		alone := f.Append(nil, v)
		two := f.Append(f.Append([]byte("before,{["), v), v)
		if string(two) != "before,{["+string(alone)+string(alone) {
			t.Errorf("%s: %q", name, two)
		}
	}
}
