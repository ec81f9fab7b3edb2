package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPresetsAreThoseOfThePythonOriginal(t *testing.T) {
	inDir(t)
	for name, want := range map[string]string{
		"default":     "16384 500ms; default INFO [console:stdout/plain-text]",
		"development": "0 100ms; debug DEBUG [debug.log/fast-plain 5000000 2]; default DEBUG [console:stdout/plain-text]",
		"production":  "32768 2s protect; default INFO [console:stdout/plain-text]; error ERROR [error.jsonl/json-lines 5000000 3]",
		"enterprise": "32768 1s protect strict warn; default INFO [console:stdout/plain-text enterprise.jsonl/json-lines 10000000 5]; " +
			"error ERROR [error.jsonl/json-lines 5000000 3]; warning WARNING [warning.jsonl/json-lines 5000000 3]",
		"custom": "0 0s; default INFO [console:stdout/]",
	} {
		text, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := ReadText([]byte(text), Options{FileName: name + ".yaml"})
		if err != nil {
			t.Fatal(err)
		}
		if got := inShort(&l.Plan); got != want {
			t.Errorf("%s is\n%s, want\n%s", name, got, want)
		}
		extended := mustReadText(t, "extends: template:"+name, Options{})
		if extended.Plan.Fingerprint() != l.Plan.Fingerprint() {
			t.Errorf("%s is another when it is extended", name)
		}
		for _, w := range l.Warnings {
			if !strings.Contains(w.Message, "async_runtime") && !strings.Contains(w.Message, ".log is written as") {
				t.Errorf("%s: %s", name, w)
			}
		}
	}
	if _, err := Preset("prod"); err == nil || !strings.Contains(err.Error(), "templates are default, development") {
		t.Error(err)
	}
}

func inShort(p *Plan) string {
	var b strings.Builder
	d := p.Destinations[0].Delivery
	b.WriteString(strings.TrimSpace(pair(d.BufferSize, d.FlushInterval)))
	if p.Protect {
		b.WriteString(" protect")
	}
	if p.Strict {
		b.WriteString(" strict " + p.ErrorPolicy)
	}
	for _, l := range p.Layers {
		b.WriteString("; " + l.Name + " " + LevelName(l.Level) + " [")
		for i, r := range l.Routes {
			d := p.Destinations[r.Destination]
			if i > 0 {
				b.WriteString(" ")
			}
			b.WriteString(strings.TrimPrefix(d.Address, "file:"+p.LogDir+"/") + "/" + d.Format)
			if d.Rotation != nil {
				b.WriteString(" " + pair(int(d.Rotation.MaxSize), d.Rotation.Backups))
			}
		}
		b.WriteString("]")
	}
	return b.String()
}

func pair(a, b any) string {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if d, ok := b.(time.Duration); ok {
		return string(x) + " " + d.String()
	}
	return string(x) + " " + string(y)
}

func TestCustomConfigurationHasWhatIsAskedFor(t *testing.T) {
	inDir(t)
	for _, c := range []struct {
		o    CustomOptions
		want string
	}{
		{CustomOptions{}, "0 0s; default INFO [console:stdout/plain-text]"},
		{CustomOptions{NoConsole: true}, "0 0s; default INFO [console:stdout/plain-text]"},
		{CustomOptions{NoConsole: true, File: true, FilePath: "x.log", FileFormat: "csv", Level: "DEBUG"}, "0 0s; default DEBUG [x.csv/csv 10000000 5]"},
		{CustomOptions{InfoLayer: true, Layers: map[string]Layer{"mine": {Destinations: null()}}},
			"0 0s; default INFO [console:stdout/plain-text]; info INFO [info.jsonl/json-lines 10000000 5]; mine INFO [null:/plain-text]"},
		{CustomOptions{ErrorLayer: true, DebugLayer: true, WarningLayer: true, CriticalLayer: true}, "0 0s; critical CRITICAL [critical.jsonl/json-lines 2000000 10 console:stdout/plain-text]; " +
			"debug DEBUG [debug.log/fast-plain 5000000 2]; default INFO [console:stdout/plain-text]; error ERROR [error.jsonl/json-lines 5000000 3]; warning WARNING [warning.jsonl/json-lines 5000000 3]"},
	} {
		cfg := Custom(c.o)
		p := mustResolve(t, &cfg)
		if got := inShort(&p); got != c.want {
			t.Errorf("%+v is\n%s, want\n%s", c.o, got, c.want)
		}
	}
}

type kafkaOptions struct {
	Brokers     []string
	Acks        int           `json:"acks"`
	MaxInFlight *int          // max_in_flight
	Linger      time.Duration `json:"linger"`
	Size        Size
	Rate        float64
	TLS         struct{ On bool }
	Headers     map[string]string
	Any         any
}

func TestOptionsAreDecodedStrictly(t *testing.T) {
	var o kafkaOptions
	err := DecodeOptions(map[string]any{"brokers": []any{"a", "b"}, "acks": "1", "max_in_flight": 5, "linger": "5ms", "size": "1KiB", "rate": 0.5,
		"tls": map[string]any{"on": true}, "headers": map[string]any{"a": "b"}, "any": []any{1, "x"}}, &o)
	five := 5
	want := kafkaOptions{Brokers: []string{"a", "b"}, Acks: 1, MaxInFlight: &five, Linger: 5 * time.Millisecond, Size: 1024, Rate: 0.5,
		TLS: struct{ On bool }{true}, Headers: map[string]string{"a": "b"}, Any: []any{1, "x"}}
	if err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, %v", o, err)
	}
	err = DecodeOptions(map[string]any{"broker": []any{"a"}, "acks": "many", "tls": map[string]any{"no": 1}, "linger": "soon"}, &o)
	for _, want := range []string{`unknown key "broker", did you mean "brokers"?`, "acks must be a whole number", `unknown key "no" in tls`, `linger: "soon" is not a duration`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not contain %q", err, want)
		}
	}
	if err := DecodeOptions(nil, &o); err != nil {
		t.Error(err)
	}
	if err := DecodeOptions(nil, o); err == nil {
		t.Error("a struct that is no pointer is accepted")
	}
}

func TestEffectiveConfigurationIsReadAsTheSame(t *testing.T) {
	inDir(t)
	for _, text := range []string{before, "", "layers: {a: {level: WARN, color: Red, destinations: [{type: async_file, path: x.csv, max_size: 1MB, timeout: null}]}}"} {
		first := mustReadText(t, text, Options{})
		again, err := ReadText(first.Effective(), Options{Lax: true, FileName: "again.json"}) // "resolved" and "derived" are no keys
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Effective())
		}
		if a, b := first.Plan.Layers, again.Plan.Layers; len(a) != len(b) || a[0].Level != b[0].Level || first.Plan.Destinations[0].Address != again.Plan.Destinations[0].Address {
			t.Errorf("%+v\n%+v", a, b)
		}
	}
}

func TestEffectiveConfigurationNamesTheFilesOfEveryLayer(t *testing.T) {
	dir := inDir(t)
	text := string(mustReadText(t, "destinations: {e: {type: file, path: e.log}}\nlayers: {a: {enabled: false, destinations: [{type: file, path: a.csv}]}, b: {destinations: [{type: console}, e]}}", Options{}).Effective())
	for _, want := range []string{`"layers.a.destinations.0": "` + dir + `/logs/a.csv"`, `"layers.b.destinations.1": "` + dir + `/logs/e.log"`, `"destinations.e": "` + dir + `/logs/e.log"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}
