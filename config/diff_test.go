package config

import (
	"fmt"
	"strings"
	"testing"
)

const before = `
name: shop
default_level: INFO
destinations:
  events: {type: file, path: events.jsonl}
layers:
  api: {level: INFO, destinations: [{type: console}, events, {type: file, path: api.log}]}
  old: {destinations: [{type: file, path: old.log}]}
extensions: {a: {type: enrich, enabled: true, x: 1}}
`

// changes is a difference in words.
func changes(t *testing.T, a, b string) string {
	t.Helper()
	x, y := mustReadText(t, a, Options{}).Plan, mustReadText(t, b, Options{}).Plan
	d := Diff(&x, &y)
	if x.Fingerprint() == y.Fingerprint() && !d.Empty() {
		t.Error("the fingerprints are equal, and the difference is not empty")
	}
	var out []string
	out = append(out, d.Top...)
	for i, list := range [][]Change{d.Layers, d.Destinations} {
		for _, c := range list {
			if c.Kind != Unchanged {
				out = append(out, strings.TrimSpace(fmt.Sprint([]string{"layer ", ""}[i], c.Name, " ", c.Kind, " ", strings.Join(c.What, ","))))
			}
		}
	}
	return strings.Join(out, "; ")
}

func TestDifferenceOfPlansIsInWhatTheyDo(t *testing.T) {
	inDir(t)
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(before) }
	for _, c := range []struct{ after, want string }{
		{before, ""},
		{replace("{type: console}, events", "events, {type: console}"), ""},
		{replace("events: {type: file", "events: {format: json-lines, type: file"), ""},
		{replace("level: INFO, dest", "level: DEBUG, dest"), "layer api changed level,destinations"},
		{replace("  old: {", "  Old: {"), "layer Old added; layer old removed"},
		{replace("path: old.log", "path: new.log"), "layer old changed destinations; file-new.log added; file-old.log removed"},
		{replace("path: api.log", "path: api.log, max_size: 1MB, id: true"), "file-api.log changed id,rotation"},
		{replace("path: api.log", "path: api.log, name: api"), "layer api changed destinations; api changed name"},
		{replace("path: events.jsonl", "path: other.jsonl"), "layer api changed destinations; events added; events removed"},
		{replace("x: 1", "x: 2", "default_level: INFO", "default_level: ERROR"), "default_level; extensions"},
		{replace("  old:", "  new: {enabled: false, destinations: [{type: console}]}\n  old:"), "layer new added"},
		{replace("name: shop", "name: shop\nwatch: true\nsync_level: ERROR\njournal: {quota: 1GiB}"), "sync_level; journal; watch"},
	} {
		if got := changes(t, before, c.after); got != c.want {
			t.Errorf("%q, want %q\n%s", got, c.want, c.after)
		}
	}
}

func TestUnchangedDestinationsAreFoundAtAnotherPlace(t *testing.T) {
	inDir(t)
	a := mustReadText(t, before, Options{}).Plan
	b := mustReadText(t, "name: shop\nlayers: {a: {destinations: [{type: file, path: old.log}]}, api: {destinations: [{type: file, path: api.log}]}}", Options{}).Plan
	d := Diff(&a, &b)
	for _, c := range d.Destinations {
		switch {
		case c.New < 0:
			if c.Kind != Removed || a.Destinations[c.Old].Name != c.Name {
				t.Errorf("%+v", c)
			}
		case c.Kind != Unchanged || a.Destinations[c.Old].Address != b.Destinations[c.New].Address:
			t.Errorf("%+v", c)
		}
	}
	if len(d.Destinations) != 4 {
		t.Errorf("%+v", d.Destinations)
	}
}

func TestExplanationSaysWhyOfEveryDestination(t *testing.T) {
	inDir(t)
	p := mustReadText(t, `
default_level: WARNING
destinations: {audit: {type: file, path: audit.log}}
layers:
  api: {level: INFO, destinations: [{type: console}, {type: "null", level: ERROR}]}
  off: {enabled: false, destinations: [{type: console}]}
  audit: {destinations: [audit]}
`, Options{}).Plan
	for _, c := range []struct{ layer, level, note, want string }{
		{"api", "INFO", `layer "api" accepts INFO and above`, "console-stdout yes: INFO is at or above INFO; null no: INFO is below the destination's level ERROR; audit no: layer api does not use it (audit)"},
		{"api", "DEBUG", `layer "api"`, "console-stdout no: DEBUG is below the layer's level INFO"},
		{"off", "CRITICAL", `layer "off" is disabled`, "audit no: the layer is disabled; console-stdout no: the layer is disabled"},
		{"nope", "ERROR", `layer "nope" is not configured, and there is no layer "default": the destinations of layer "api" take its records, default_level WARNING`, "console-stdout yes: ERROR is at or above WARNING; null yes"},
		{"nope", "INFO", "", "console-stdout no: INFO is below the layer's level WARNING"},
	} {
		note, all := p.Explain(c.layer, Level(c.level).Or(0))
		text := ""
		for _, part := range strings.Split(c.want, "; ") {
			text = ""
			for _, r := range all {
				text += fmt.Sprintf("%s %s: %s; ", r.Destination, map[bool]string{true: "yes", false: "no"}[r.Reached], r.Why)
			}
			if !strings.Contains(text, part) {
				t.Errorf("%s %s: %q is not in %q", c.layer, c.level, part, text)
			}
		}
		if !strings.HasPrefix(note, c.note) {
			t.Errorf("%s: %s", c.layer, note)
		}
	}
}
