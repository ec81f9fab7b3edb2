package config

import (
	"strings"
	"testing"
	"time"
)

func layers(l Layer) map[string]Layer { return map[string]Layer{"a": l} }

func null() []Destination { return []Destination{{Type: "null"}} }

func TestWrongValuesAreRefused(t *testing.T) {
	console := func(d Destination) *Config {
		d.Type = orDefault(d.Type, "console")
		return &Config{Layers: layers(Layer{Destinations: []Destination{d}})}
	}
	cases := []struct {
		config *Config
		want   string
	}{
		{&Config{Name: "a/b"}, `name: "a/b" can't be a name`},
		{&Config{Name: ".."}, `can't be a name`},
		{&Config{Name: "a\x1b"}, `can't be a name`},
		{&Config{Name: "  "}, "name: a name can't be empty"},
		{&Config{Name: strings.Repeat("x", 129)}, "longer than 128"},
		{&Config{Layers: map[string]Layer{"": {Destinations: null()}}}, "a name can't be empty"},
		{&Config{Mode: "syn"}, `mode: "syn" is not possible (values are async, sync), did you mean "sync"?`},
		{&Config{CloseTimeout: Duration(25 * time.Hour)}, "close_timeout: 25h0m0s is out of range"},
		{&Config{CloseTimeout: Duration(-time.Second)}, "close_timeout: -1s is out of range"},
		{&Config{Journal: Journal{Quota: 1000}}, "journal.quota: 1000 is too small; it is at least 512KiB"},
		{&Config{Journal: Journal{Quota: -1}}, "journal.quota: 0 is too small"},
		{&Config{Journal: Journal{Reserve: -5}}, "journal.reserve: -5 is too small"},
		{&Config{Journal: Journal{MappedLimit: 1}}, "journal.mapped_limit: 1 is too small"},
		{&Config{Journal: Journal{MaxWait: Duration(time.Nanosecond)}}, "journal.max_wait: 1ns is out of range"},
		{&Config{Journal: Journal{Backend: "disk"}}, "journal.backend"},
		{&Config{Journal: Journal{Enabled: Bool(false), Durability: "process"}}, "process needs the journal, which journal.enabled turns off"},
		{&Config{Mode: "sync", Layers: layers(Layer{Durability: "commit", Destinations: null()})}, "commit needs the journal, and mode sync has none"},
		{&Config{Journal: Journal{Enabled: Bool(false)}, Layers: layers(Layer{Durability: "commit", Destinations: null()})}, "commit needs the journal, which journal.enabled turns off"},
		{&Config{Journal: Journal{Durability: "memory"}, Layers: layers(Layer{Durability: "commit", Destinations: null()})}, "commit needs a journal on disk"},
		{&Config{Layers: layers(Layer{Durability: "interval: 1s", Destinations: null()})}, "interval: 1s is a setting of the whole journal"},
		{&Config{Layers: layers(Layer{})}, "layers.a.destinations: a layer needs at least one destination"},
		{console(Destination{Stream: "x"}), "stream"},
		{console(Destination{Name: "a/b"}), "can't be a name"},
		{console(Destination{OverflowTimeout: 1}), "overflow_timeout is only for overflow: block_with_timeout"},
		{console(Destination{Overflow: "block_with_timeout"}), "needs overflow_timeout above 0"},
		{console(Destination{Type: "file", Path: " "}), "path is missing"},
	}
	for _, c := range cases {
		if _, err := Resolve(c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.config, err, c.want)
		}
	}
}

func TestSettingsWithoutEffectAreWarnings(t *testing.T) {
	cases := []struct {
		config *Config
		want   string
	}{
		{&Config{Mode: "sync", Journal: Journal{Dir: "x"}}, "journal has no effect"},
		{&Config{Mode: "sync", Layers: layers(Layer{Destinations: []Destination{{Type: "null", Overflow: "block"}}})}, "overflow has no effect"},
		{&Config{Layers: layers(Layer{Destinations: []Destination{{Type: "console", Path: "e.csv"}}})}, "path has no effect: type is console"},
		{&Config{Layers: layers(Layer{Destinations: []Destination{{Type: "null", UseColors: Bool(true)}}})}, "use_colors has no effect"},
		{&Config{Layers: layers(Layer{Destinations: []Destination{{Type: "console", Format: "json-lines", UseColors: Bool(true)}}})}, "use_colors has no effect"},
	}
	for _, c := range cases {
		p := mustResolve(t, c.config)
		if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].String(), c.want) {
			t.Errorf("%+v: %v, want %q", c.config, p.Warnings, c.want)
		}
	}
}

func TestConsoleWithoutColoursIsPlainText(t *testing.T) {
	for format, want := range map[string]string{"": FormatPlainText, "colored": FormatPlainText, "json-lines": FormatJSONLines} {
		p := mustResolve(t, &Config{Layers: layers(Layer{Destinations: []Destination{{Type: "console", Format: format, UseColors: Bool(false)}}})})
		if got := p.Destinations[0].Format; got != want {
			t.Errorf("format %q without colours is %q", format, got)
		}
	}
}

func TestModeSyncHasNoJournal(t *testing.T) {
	if p := mustResolve(t, &Config{Mode: "sync"}); p.Journal.Enabled {
		t.Errorf("plan is %+v", p)
	}
}

func TestDeepJSONIsRefused(t *testing.T) {
	for _, n := range []int{50, 101, 100000} {
		text := strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n)
		_, _, err := Parse([]byte(text), Options{FileName: "x.json"})
		if err == nil || strings.Contains(err.Error(), "too deep") != (n > maxDepth) {
			t.Errorf("%d levels: %.200v", n, err)
		}
	}
}

func TestFingerprintIgnoresHowOftenADestinationIsWritten(t *testing.T) {
	one := &Config{Layers: layers(Layer{Destinations: []Destination{{Type: "console"}}})}
	two := &Config{Layers: layers(Layer{Destinations: []Destination{{Type: "console"}, {Type: "console"}}})}
	if one.Fingerprint() != two.Fingerprint() {
		t.Error("it differs")
	}
}
