package redact_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/processor/redact"
	"github.com/hydra-logger/hydra/record"
)

// ways are those in which a text gets through an encoder with a sieve.
func ways(s string) map[string]func(e *record.Encoder) {
	head := func(h record.Header) func(*record.Encoder) {
		return func(e *record.Encoder) { e.Encode(&h, nil, []slog.Attr{slog.Int("n", 1)}) }
	}
	attr := func(a ...slog.Attr) func(*record.Encoder) {
		return func(e *record.Encoder) { e.Encode(&record.Header{Message: "m"}, nil, a) }
	}
	bound := record.NewBound(nil).With([]slog.Attr{slog.String("b", s)})
	return map[string]func(*record.Encoder){
		"message": head(record.Header{Message: s}), "correlation id": head(record.Header{IDs: &record.IDs{CorrelationID: s}}),
		"causation id": head(record.Header{IDs: &record.IDs{CausationID: s}}), "message id": head(record.Header{IDs: &record.IDs{MessageID: s}}),
		"context": head(record.Header{Context: bound.Bytes()}),
		"bound":   func(e *record.Encoder) { e.Encode(&record.Header{}, bound, nil) },
		"value":   attr(slog.Int("n", 1), slog.String("k", s)), "key": attr(slog.Int(s, 1)), "error": attr(slog.Any("e", errors.New(s))),
		"wrapped": attr(slog.Any("e", fmt.Errorf("x: %w", errors.New(s)))), "group": attr(slog.Group("g", slog.String("k", s))),
		"list": attr(slog.Any("l", []string{s}), slog.Int("n", 1)), "map": attr(slog.Any("l", map[string]any{"x": s})), "bytes": attr(slog.Any("l", []byte(s))),
		"seventeenth": attr(append(make([]slog.Attr, 16), slog.String("k", s))...),
		"log/slog": func(e *record.Encoder) {
			r := slog.NewRecord(time.Time{}, 0, "m", 0)
			for i := range 20 {
				r.Add("a", i)
			}
			r.Add("k", s)
			e.EncodeSlog(&record.Header{}, nil, &r, "")
		},
	}
}

func TestARecordThatPassesTheSieveWouldNotHaveChanged(t *testing.T) {
	r := mustNew(t, redact.Options{})
	g := newGen(6)
	var lines []string
	for _, k := range allKinds() {
		secret, _ := k.make(g)
		lines = append(lines, secret)
	}
	lines = append(lines, cleanLines(t)[:1000]...)
	var enc record.Encoder
	enc.SetSieve(r.Sieve())
	doubts := 0
	for _, line := range lines {
		changed := r.RedactString(line) != line
		for name, encode := range ways(line) {
			for range 3 { // what is remembered changes nothing
				encode(&enc)
				if enc.Passed() && changed {
					t.Fatalf("%q passed as %s", line, name)
				}
			}
			if !enc.Passed() && !changed {
				doubts++
			}
		}
	}
	if doubts > len(lines) {
		t.Errorf("%d needless doubts", doubts)
	}
}

func TestKeysOfSecretsNeverPassTheSieve(t *testing.T) {
	r := mustNew(t, redact.Options{})
	var enc record.Encoder
	enc.SetSieve(r.Sieve())
	for range 3 {
		for _, key := range []string{"pwd", "token", "password", "access_token", "X-Api-Key", "a_very_long_name_of_a_client_secret"} {
			for _, near := range []string{"id", "taken", "passwort_", "passwore", "access_taken", "X-Api-Kex"} { // remembered at the same place
				enc.Encode(&record.Header{}, nil, []slog.Attr{slog.Int(near, 1), slog.String(near, "x")})
				enc.Encode(&record.Header{}, nil, []slog.Attr{slog.Int("n", 1), slog.String(key, "x")})
				if enc.Passed() {
					t.Fatalf("%s passed", key)
				}
				enc.Encode(&record.Header{}, record.NewBound(nil).WithGroup(key), []slog.Attr{slog.Int("n", 1)})
				if enc.Passed() {
					t.Fatalf("a value in group %s passed", key)
				}
			}
		}
	}
}

func TestOptionsThatNeedMoreHaveNoSieve(t *testing.T) {
	for _, o := range []redact.Options{
		{ExemptLayers: []string{"audit"}}, {Keys: []string{"a.b"}}, {MaxDepth: 3}, {Rules: []redact.Rule{{Regex: "x"}}},
		{GoRules: []redact.GoRule{{Name: "x", Find: func(string) (int, int) { return -1, 0 }}}},
	} {
		if mustNew(t, o).Sieve() != nil {
			t.Errorf("%+v has a sieve", o)
		}
	}
}
