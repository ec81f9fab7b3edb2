package redact_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/destination/memorydest"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/internal/invariants"
	"github.com/hydra-logger/hydra/processor/redact"
)

// place puts a text somewhere into a record.
type place struct {
	name string
	log  func(l *hydra.Logger, s string)
}

type deepStruct struct {
	Plain  string            `json:"plain"`
	Inner  *deepStruct       `json:"inner,omitempty"`
	List   []string          `json:"list"`
	Map    map[string]any    `json:"map"`
	Header map[string]string `json:"header"`
}

type stringer struct{ s string }

func (s stringer) String() string { return s.s }

type valuer struct{ s string }

func (v valuer) LogValue() slog.Value { return slog.GroupValue(slog.String("inner", v.s)) }

type marshaler struct{ s string }

func (m marshaler) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]string{"m": m.s}) }

type panicking struct{ s string }

type textual struct{ s string }

func (m textual) MarshalText() ([]byte, error) { return []byte(m.s), nil }

// failure is an error with fields and with another one in it.
type failure struct {
	Reason string
	err    error
}

func (f *failure) Error() string { return "failure" }
func (f *failure) Unwrap() error { return f.err }

type embedded struct {
	deepStruct
	Ptr   *string
	Bytes []byte
	Any   any
	Err   error
	URL   url.URL
}

func (p panicking) LogValue() slog.Value { panic(p.s) }

func places() []place {
	bg := context.Background()
	attr := func(name string, make func(s string) slog.Attr) place {
		return place{name, func(l *hydra.Logger, s string) { l.Info(bg, "event", slog.Int("n", 1), make(s), slog.Bool("z", true)) }}
	}
	value := func(name string, make func(s string) any) place {
		return attr(name, func(s string) slog.Attr { return slog.Any("k", make(s)) })
	}
	return []place{
		{"message", func(l *hydra.Logger, s string) { l.Info(bg, "got "+s+" today") }},
		{"bound attribute", func(l *hydra.Logger, s string) {
			l.With(slog.String("k", s)).WithGroup("g").Info(bg, "m", slog.Int("n", 1))
		}},
		{"correlation id", func(l *hydra.Logger, s string) { l.Info(correlation.Ensure(bg, s), "m") }},
		{"log/slog", func(l *hydra.Logger, s string) { l.Slog().With("a", s).WithGroup("g").Warn(s, "k", s) }},
		{"batch", func(l *hydra.Logger, s string) {
			l.LogBatch(bg, []hydra.Record{{Message: s}, {Message: "m", Attrs: []slog.Attr{slog.String("k", s)}}})
		}},
		attr("value", func(s string) slog.Attr { return slog.String("k", "v "+s) }),
		attr("key", func(s string) slog.Attr { return slog.String(s, "v") }),
		attr("nested groups", func(s string) slog.Attr {
			return slog.Group("a", slog.Group("b", slog.String("c", s), slog.Group(s, slog.Int("d", 1))))
		}),
		value("struct", func(s string) any { return deepStruct{Plain: s, Inner: &deepStruct{List: []string{"x", s}}} }),
		value("map value", func(s string) any { return map[string]any{"a": map[string]any{"b": []any{1, s}}} }),
		value("map key", func(s string) any { return map[string]int{s: 1} }),
		value("map of strings", func(s string) any { return deepStruct{Header: map[string]string{"h": s}} }),
		value("slice", func(s string) any { return []any{s, []string{s}, 1} }),
		value("error", func(s string) any { return errors.New("failed: " + s) }),
		value("wrapped error", func(s string) any { return fmt.Errorf("outer: %w", fmt.Errorf("middle: %w", errors.New(s))) }),
		value("joined errors", func(s string) any { return errors.Join(errors.New("a"), errors.New(s)) }),
		value("Stringer", func(s string) any { return stringer{s} }),
		value("LogValuer", func(s string) any { return valuer{s} }),
		value("Marshaler", func(s string) any { return marshaler{s} }),
		value("panic", func(s string) any { return panicking{s} }),
		value("JSON in a string", func(s string) any {
			data, _ := json.Marshal(map[string]any{"body": s, "list": []string{s}})
			return string(data)
		}),
		value("JSON in JSON in a string", func(s string) any {
			inner, _ := json.Marshal(map[string]string{"x": s})
			data, _ := json.Marshal(map[string]string{"body": string(inner)})
			return string(data)
		}),
		value("raw JSON", func(s string) any {
			data, _ := json.Marshal(map[string]string{"x": s})
			return json.RawMessage(data)
		}),
		value("bytes", func(s string) any { return []byte(s) }),
		{"context attribute", func(l *hydra.Logger, s string) {
			l.Info(hydra.WithAttrs(bg, slog.String("k", s), slog.Any("m", map[string]string{s: s})), "m")
		}},
		{"panic that Guard logs", func(l *hydra.Logger, s string) {
			defer func() { _ = recover() }()
			logged := l.With(slog.Int("n", 1)) // its Close closes nothing
			defer logged.Guard()
			panic(s)
		}},
		{"name of a group", func(l *hydra.Logger, s string) { l.WithGroup(s).Info(bg, "m", slog.Int("n", 1)) }},
		value("http.Header", func(s string) any { return http.Header{"X-Note": {"a", s}} }),
		value("URL", func(s string) any {
			return &url.URL{Scheme: "https", Host: "example.com", RawQuery: url.Values{"note": {s}}.Encode()}
		}),
		value("URL by value", func(s string) any { return url.URL{Host: "example.com", Path: s} }),
		value("pointer", func(s string) any { return &s }),
		value("struct with everything", func(s string) any {
			return &embedded{deepStruct{Plain: s}, &s, []byte(s), map[any]any{s: s}, errors.New(s), url.URL{Path: s}}
		}),
		value("TextMarshaler", func(s string) any { return textual{s} }),
		value("error with fields", func(s string) any { return &failure{s, errors.New(s)} }),
		value("error in a map", func(s string) any { return map[string]any{"e": fmt.Errorf("x: %w", errors.New(s))} }),
		value("array of pointers", func(s string) any { return [2]*string{&s, nil} }),
		value("channel of names", func(s string) any { return map[string]any{"f": func() {}, "c": make(chan int), "s": s} }),
		value("long text", func(s string) any { return strings.Repeat("lorem ipsum ", 200) + s + strings.Repeat(" dolor", 100) }),
	}
}

// outputs are all destinations of a logger that is to leak nothing.
type outputs struct {
	dir    string
	log    *hydra.Logger
	memory map[string]*memorydest.Driver
}

// openOutputs opens a logger with a file and a memory destination for each format.
func openOutputs(t *testing.T, mode hydra.Config, opts ...hydra.Option) *outputs {
	t.Helper()
	o := &outputs{dir: t.TempDir(), memory: map[string]*memorydest.Driver{}}
	cfg := mode
	cfg.BaseLogDir = o.dir
	if cfg.Mode != "sync" {
		cfg.Journal.Dir = filepath.Join(o.dir, "state")
	}
	var dests []hydra.Destination
	for _, name := range format.Names() {
		dests = append(dests, hydra.Destination{Type: "file", Path: name + ".out", Format: name})
		d := memorydest.New(memorydest.Options{})
		o.memory[name] = d
		opts = append(opts, hydra.WithDestination("", hydra.DestinationOptions{Name: "memory-" + name, Driver: d, Format: name}))
	}
	cfg.Layers = map[string]hydra.Layer{"default": {Level: "TRACE", Destinations: dests}}
	log, err := hydra.New(cfg, append(opts, hydra.WithoutCrashOutput())...)
	if err != nil {
		t.Fatal(err)
	}
	o.log = log
	t.Cleanup(func() { _ = log.Close() })
	return o
}

// texts returns all that was written, by its place.
func (o *outputs) texts(t *testing.T) map[string]string {
	t.Helper()
	if err := o.log.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for name, d := range o.memory {
		all["memory "+name] = string(d.Bytes())
	}
	err := filepath.WalkDir(o.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// shown is what everybody may read: it proves that the outputs and segments hold the records.
const shown = "nothing-secret-about-this"

func TestNoSecretIsReadableInAnyOutput(t *testing.T) {
	for _, mode := range []config.Mode{"async", "sync"} {
		t.Run(string(mode), func(t *testing.T) {
			o := openOutputs(t, hydra.Config{Name: "leak-" + string(mode), Mode: mode}, hydra.WithProcessor(mustNew(t, redact.Options{})))
			g := newGen(3)
			needles := map[string]string{}
			for i, p := range places() {
				for j, k := range allKinds() {
					if invariants.Enabled && (i+j)%6 != 0 {
						continue // slow under the race detector
					}
					secret, needle := k.make(g)
					needles[needle] = k.name + " in " + p.name
					p.log(o.log, secret)
				}
			}
			o.log.Info(context.Background(), shown)
			texts := o.texts(t)
			segments := 0
			for where, text := range texts {
				if strings.Contains(text, shown) {
					segments += strings.Count(filepath.Ext(where), ".seg")
				} else if strings.HasPrefix(where, "memory") || strings.HasSuffix(where, ".out") {
					t.Errorf("%s has not the record that all may read", where)
				}
				reportReadable(t, where, text, needles)
			}
			if mode == "async" && segments == 0 {
				t.Error("no segment of the journal was looked at")
			}
		})
	}
}

// reportReadable reports the needles that are in a text. All are looked for at once, by their first eight bytes.
func reportReadable(t *testing.T, where, text string, needles map[string]string) {
	t.Helper()
	const head = 8
	heads := map[string][]string{}
	var begins [1 << 16]bool // the first two bytes of some needle
	for needle := range needles {
		heads[needle[:head]] = append(heads[needle[:head]], needle)
		begins[int(needle[0])<<8|int(needle[1])] = true
	}
	bad := 0
	for i := 0; i+head <= len(text); i++ {
		if !begins[int(text[i])<<8|int(text[i+1])] {
			continue
		}
		for _, needle := range heads[text[i:i+head]] {
			if !strings.HasPrefix(text[i:], needle) {
				continue
			}
			if bad++; bad > 5 {
				t.Fatalf("%s: and more", where)
			}
			t.Errorf("%s: %s: %q is readable in %q", where, needles[needle], needle, text[max(i-60, 0):min(i+len(needle)+20, len(text))])
		}
	}
}
