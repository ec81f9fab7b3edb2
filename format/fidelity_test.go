package format

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/record"
)

// An attribute may have the name of a field that this record does not have, with every option alike.
func TestFieldsThatARecordDoesNotHaveLeaveTheirNamesToAttributes(t *testing.T) {
	attrs := []slog.Attr{slog.String("correlation_id", "mine"), slog.String("logger", "l"), slog.String("id", "order-1")}
	for _, o := range []Options{{}, {Precision: "ms"}, {Schema: SchemaSlog}, {Schema: SchemaGCP}} {
		got := checkJSON(t, formatted(t, JSONLines, o, build(t, record.Header{Message: "m"}, attrs...)))
		if got["correlation_id"] != "mine" || got["logger"] != "l" || got["id"] != "order-1" {
			t.Errorf("%+v: %v", o, got)
		}
		own := build(t, record.Header{Message: "m", IDs: &record.IDs{CorrelationID: "c"}}, attrs...)
		if got := checkJSON(t, formatted(t, JSONLines, o, own)); got["correlation_id"] != "c" || got["attr.correlation_id"] != "mine" {
			t.Errorf("%+v: %v", o, got)
		}
	}
}

func TestFlatFormatsLoseNoAttributeOfManyOrOfAlikeNames(t *testing.T) {
	var attrs []slog.Attr
	for i := range 600 {
		attrs = append(attrs, slog.Int(fmt.Sprintf("key%d", i), i), slog.Int(fmt.Sprintf("é%c", rune(0x4e00+i)), i))
	}
	v := build(t, record.Header{Message: "m"}, attrs...)
	line := formatted(t, GELF, Options{}, v)
	checkGELF(t, line)
	if got := len(checkJSON(t, line)); got != 1200+len([]string{"version", "host", "short_message", "timestamp", "level", "_layer"}) {
		t.Errorf("gelf has %d fields", got)
	}
	if got := strings.Count(formatted(t, Syslog, Options{}, v), `="`); got != 1200 {
		t.Errorf("syslog has %d parameters", got)
	}
}

func TestFlatNamesThatMeetStayApart(t *testing.T) {
	v := build(t, record.Header{Logger: "svc", Message: "m"}, slog.String("logger name", "mine"), slog.String("logger_name", "too"),
		slog.Group("a", slog.Int("b", 1)), slog.Int("a.b", 2), slog.Int("a b", 3), slog.Int("a_b", 4), slog.Group("g", slog.Int("x", 1)), slog.Group("g", slog.Int("y", 2)))
	line := formatted(t, GELF, Options{}, v)
	checkGELF(t, line)
	got := checkJSON(t, line)
	for key, want := range map[string]string{"_logger_name": `"svc"`, "_logger_name_2": `"mine"`, "_attr.logger_name": `"too"`, "_a.b": "1", "_a.b_2": "2", "_a_b": "3", "_a_b_2": "4", "_g.y": "2"} {
		if jsonText(t, got[key]) != want {
			t.Errorf("%s is %v, want %s: %s", key, got[key], want, line)
		}
	}
	if got["_g.x"] != nil {
		t.Errorf("the first of two groups with one key is left out: %s", line)
	}
}

func TestSchemasHaveTheErrorUnderTheirOwnNames(t *testing.T) {
	err := slog.Any("error", fmt.Errorf("load: %w", errors.New("no such file")))
	for schema, want := range map[string][2]string{
		SchemaECS: {"error.message", "error.type"}, SchemaDatadog: {"error.message", "error.kind"}, SchemaAWS: {"exception", "exception_name"},
		SchemaOTel: {"exception.message", "exception.type"},
	} {
		for what, attrs := range map[string][]slog.Attr{
			"alone":        {err},
			"with a clash": {slog.String(want[0], "mine"), err, slog.Int("n", 1), slog.Int("n", 2)},
			"before it":    {err, slog.String(want[1], "mine")},
			"twice":        {slog.Any("error", errors.New("first")), err},
		} {
			got := checkJSON(t, formatted(t, JSONLines, Options{Schema: schema}, build(t, record.Header{Message: "m"}, attrs...)))
			if inner, ok := got["attributes"].(map[string]any); ok {
				got = inner
			}
			if got[want[0]] != "load: no such file" || got[want[1]] != "*fmt.wrapError" || got["error"] != nil || got["error_chain"] == nil {
				t.Errorf("%s, %s: %v", schema, what, got)
			}
		}
		plain := build(t, record.Header{Message: "m"}, slog.String(want[0], "mine"))
		if line := formatted(t, JSONLines, Options{Schema: schema}, plain); !strings.Contains(line, `"`+want[0]+`":"mine"`) {
			t.Errorf("without an error the name is free: %s", line)
		}
	}
}

func TestAZoneOfATimeInSecondsIsRefused(t *testing.T) {
	if _, err := New(JSONLines, Options{Schema: SchemaZap, Zone: "Local"}); err == nil {
		t.Error("it is accepted and does nothing")
	}
}

// FuzzLogfmtIsReadByAStrictReader reads pairs of a key without blank, quote or equals sign, and a bare or quoted value.
func FuzzLogfmtIsReadByAStrictReader(f *testing.F) {
	for _, s := range []string{"", "a b", "x=y", "a\"b", "\\", "\n", "\x1b", "\xff", "é", "\u2028"} {
		f.Add(s, s)
	}
	formatter, err := New(Logfmt, Options{ID: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, s string) {
		v := build(t, record.Header{Layer: s, Logger: s, Message: s, IDs: &record.IDs{CorrelationID: s}, Source: &record.Source{File: s, Function: s}},
			slog.String(key, s), slog.Group(key, slog.String(s, key)), slog.Any("list", []any{s, map[string]any{key: s}}), slog.Any("bytes", []byte(s)))
		pairs := readLogfmt(t, string(formatter.Append(nil, v)))
		for _, name := range []string{"layer", "msg"} {
			if i := slices.IndexFunc(pairs, func(p [2]string) bool { return p[0] == name }); i < 0 || pairs[i][1] != validText(s) {
				t.Fatalf("%s of %q: %q", name, s, pairs)
			}
		}
	})
}

func readLogfmt(t *testing.T, line string) (pairs [][2]string) {
	t.Helper()
	rest, ok := strings.CutSuffix(line, "\n")
	if !ok || !utf8.ValidString(rest) || strings.Contains(rest, "\n") {
		t.Fatalf("not a line: %q", line)
	}
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		if !ok || key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f }) {
			t.Fatalf("the key %q in %q", key, line)
		}
		var value string
		if strings.HasPrefix(after, `"`) {
			quoted, err := strconv.QuotedPrefix(after)
			if err != nil {
				t.Fatalf("%v: %q", err, after)
			}
			value, _ = strconv.Unquote(quoted)
			after = after[len(quoted):]
			if after != "" && after[0] != ' ' {
				t.Fatalf("text behind a quote: %q", after)
			}
			rest = strings.TrimPrefix(after, " ")
		} else {
			value, rest, _ = strings.Cut(after, " ")
			if strings.ContainsAny(value, `"=`) {
				t.Fatalf("the value %q in %q", value, line)
			}
		}
		pairs = append(pairs, [2]string{key, value})
	}
	return pairs
}
