package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra/record"
)

// fullest has all that a record can say of itself.
func fullest(t *testing.T) *record.View {
	v := build(t, record.Header{
		Time: vectorTime, Level: slog.LevelError, Layer: "api", Logger: "svc", Message: "m",
		IDs:    &record.IDs{CorrelationID: "c-1", CausationID: "c-0", MessageID: "m-1", TraceID: [16]byte{1}, SpanID: [8]byte{2}, TraceFlags: 1},
		Source: &record.Source{Function: "f", File: "a.go", Line: 3},
	}, slog.Int("n", 2), slog.Any("error", errors.New("no funds")))
	v.Journal, v.Position, v.Recovered = [16]byte{1}, 7, true
	return v
}

// flatten puts the members of nested objects beside the others, under their paths.
func flatten(m map[string]any, at string, out map[string]string) map[string]string {
	for key, value := range m {
		if inner, ok := value.(map[string]any); ok {
			out[at+key+" {"] = "" // the object itself
			flatten(inner, at+key+" ", out)
			continue
		}
		text, _ := json.Marshal(value)
		out[at+key] = string(text)
	}
	return out
}

func TestEveryKeyOfEverySchemaCanBeRenamedAndNothingElseChanges(t *testing.T) {
	v := fullest(t)
	for _, schema := range Schemas() {
		for _, name := range []string{JSON, JSONLines} {
			o := Options{Schema: schema, ID: true, Service: "shop", Environment: "prod", Project: "p"}
			before := flatten(checkJSON(t, formatted(t, name, o, v)), "", map[string]string{})
			s, err := shapeOf(&o)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range s.slots() {
				o.Keys = map[string]string{*at.key: "renamed_key"}
				got := flatten(checkJSON(t, formatted(t, name, o, v)), "", map[string]string{})
				if diff := renamedIn(before, got, *at.key); diff != "" {
					t.Errorf("%s, schema %s, %s: %s", name, schema, *at.key, diff)
				}
			}
		}
	}
}

// renamedIn says what else than the key differs, or that nothing does.
func renamedIn(before, after map[string]string, key string) string {
	want, changed := map[string]string{}, false
	for path, value := range before {
		parts := strings.Split(path, " ")
		for i, part := range parts {
			if part == key && (i == 0 || i == 1 && (parts[0] == "attributes" || parts[0] == "extra")) {
				parts[i], changed = "renamed_key", true
				break
			}
		}
		want[strings.Join(parts, " ")] = value
	}
	switch {
	case !changed:
		return "the record does not show it"
	case !maps.Equal(want, after):
		return fmt.Sprintf("\ngot  %v\nwant %v", after, want)
	}
	return ""
}

func TestTheNamesOfReservedKeysAreTheSameInEverySchema(t *testing.T) {
	v := fullest(t)
	for _, schema := range Schemas() {
		for _, name := range []string{"time", "level", "message", "layer", "logger", "correlation_id", "causation_id", "message_id", "trace_id", "span_id", "recovered", "id"} {
			o := Options{Schema: schema, ID: true, Keys: map[string]string{name: "renamed_key"}}
			f, err := New(JSONLines, o)
			if err != nil {
				t.Errorf("schema %s: %v", schema, err)
				continue
			}
			if line := string(f.Append(nil, v)); !strings.Contains(line, `"renamed_key":`) {
				t.Errorf("schema %s: %s is not renamed: %s", schema, name, line)
			}
		}
	}
}

func TestTwoFieldsCanChangeTheirKeys(t *testing.T) {
	for range 20 { // whatever order a map has
		got := checkJSON(t, formatted(t, JSONLines, Options{Keys: map[string]string{"level": "message", "message": "level"}}, vectorA(t)))
		if got["message"] != "ERROR" || got["level"] != `disk "full", retry` {
			t.Fatalf("%v", got)
		}
	}
}

func TestKeysThatCantBeMeantAreRefused(t *testing.T) {
	for _, c := range []struct {
		schema string
		keys   map[string]string
		about  string
	}{
		{"", map[string]string{"tiem": "x"}, `did you mean "time"?`},
		{"", map[string]string{"time": "message"}, `two fields would have the key "message"`},
		{"", map[string]string{"time": ""}, "is empty"},
		{"", map[string]string{"time": "a", "timestamp": "b"}, "twice"},
		{SchemaHydra, map[string]string{"time": "extra"}, `the key "extra"`},
		{SchemaECS, map[string]string{"time": "error.message"}, `the key "error.message"`},
		{SchemaOTel, map[string]string{"layer": "causation_id"}, `the key "causation_id"`},
	} {
		if _, err := New(JSON, Options{Schema: c.schema, Keys: c.keys}); err == nil || !strings.Contains(err.Error(), c.about) {
			t.Errorf("%s %v: %v", c.schema, c.keys, err)
		}
	}
}

func TestAnAttributeGivesWayToARenamedKey(t *testing.T) {
	v := build(t, record.Header{Time: vectorTime, Message: "m"}, slog.String("text", "mine"), slog.Any("err", errors.New("e")), slog.String("why", "mine too"))
	got := checkJSON(t, formatted(t, JSON, Options{Schema: SchemaECS, Keys: map[string]string{"message": "text", "error": "why"}}, v))
	if got["text"] != "m" || got["attr.text"] != "mine" || got["why"] != "e" || got["attr.why"] != "mine too" {
		t.Errorf("%v", got)
	}
}

func TestEveryFormatHasThePrecisionAndZoneThatItSays(t *testing.T) {
	v := vectorA(t)
	const seconds = "2024-01-02T15:04:05"
	for _, name := range Names() {
		for precision, digits := range map[string]string{"s": "", "ms": ".678", "us": ".678901", "ns": ".678901000"} {
			for zone, want := range map[string]string{"": seconds + digits + "Z", "UTC": seconds + digits + "Z", "America/New_York": "2024-01-02T10:04:05" + digits + "-05:00"} {
				f, err := New(name, Options{Precision: precision, Zone: zone})
				switch {
				case name == BinaryCompact || name == Binary || name == GELF && zone != "" || name == Syslog && precision == "ns": // RFC 5424 has six digits
					if err == nil {
						t.Errorf("%s takes precision %s and zone %q, which it can't show", name, precision, zone)
					}
					continue
				case err != nil:
					t.Errorf("%s: %v", name, err)
					continue
				case name == GELF:
					want = "\"timestamp\":1704207845" + digits + ","
				}
				if got := string(f.Append(nil, v)); !strings.Contains(got, want) {
					t.Errorf("%s, precision %s, zone %q: %q has no %s", name, precision, zone, got, want)
				}
			}
		}
	}
	for _, schema := range Schemas() {
		for precision, digits := range map[string]string{"s": "", "ms": ".678", "us": ".678901", "ns": ".678901000"} {
			want := seconds + digits + "Z"
			if schema == SchemaZap {
				want = "1704207845" + digits + ","
			}
			if got := formatted(t, JSON, Options{Schema: schema, Precision: precision}, v); !strings.Contains(got, want) {
				t.Errorf("schema %s, precision %s: %s", schema, precision, got)
			}
		}
	}
}
