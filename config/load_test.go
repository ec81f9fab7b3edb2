package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// Every file in testdata/errors is wrong; the text of the error beside it is
// what a user reads.
func TestErrorsSayWhereAndWhatToDo(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, _, err := Load(file, Options{FileName: filepath.Base(file)})
			if err == nil {
				t.Fatal("accepted")
			}
			var first *Error
			if !errors.As(err, &first) || first.Line < 1 || first.Col < 1 {
				t.Errorf("the first error has no place: %#v", first)
			}
			golden(t, file+".golden", err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func mustParse(t *testing.T, text string) *Config {
	t.Helper()
	c, warnings, err := Parse([]byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	return c
}

const everything = `
name: shop
default_level: warning
base_log_dir: /var/log/shop
mode: async
sync_level: none
close_timeout: 0
add_source: yes
journal:
  enabled: true
  dir: /var/lib/shop
  durability: {interval: 250ms}
  quota: 1.5 GiB
  reserve: 0
  mapped_limit: 32MiB
  max_wait: 0.005
  backend: write
destinations:
  events:
    type: file
    path: events.jsonl
    level: error
    id: on
    overflow: "shed_below: WARNING"
layers:
  api: &api
    level: debug
    destinations:
      - events
      - {ref: events, level: critical}
      - type: console
        stream: stderr
        use_colors: off
        format: colored
  web:
    <<: *api
    enabled: false
    level: notset
  audit:
    level: info
    durability: process
    destinations:
      - type: "null"
        name: nowhere
        overflow: block_with_timeout
        overflow_timeout: 2
`

func TestEveryKeyReachesItsField(t *testing.T) {
	c := mustParse(t, everything)
	if c.Name != "shop" || c.DefaultLevel != "warning" || c.BaseLogDir != "/var/log/shop" || c.Mode != ModeAsync ||
		c.SyncLevel != "none" || c.CloseTimeout != NoTimeout || !c.AddSource {
		t.Errorf("top: %+v", c)
	}
	j := c.Journal
	if !*j.Enabled || j.Dir != "/var/lib/shop" || j.Durability != "interval: 250ms" || j.Quota != 3<<29 || j.Reserve != NoReserve ||
		j.MappedLimit != 32<<20 || j.MaxWait.Std() != 5*time.Millisecond || j.Backend != BackendWrite {
		t.Errorf("journal: %+v", j)
	}
	if d := c.Destinations["events"]; d.Type != "file" || d.Path != "events.jsonl" || d.Level != "error" || !d.ID || d.Overflow != "shed_below: WARNING" {
		t.Errorf("events: %+v", d)
	}
	api := c.Layers["api"]
	if api.Level != "debug" || len(api.Destinations) != 3 || api.Destinations[0].Ref != "events" || api.Destinations[1].Level != "critical" ||
		api.Destinations[2].Stream != "stderr" || *api.Destinations[2].UseColors || api.Destinations[2].Format != "colored" {
		t.Errorf("api: %+v", api)
	}
	if web := c.Layers["web"]; web.IsEnabled() || web.Level != "notset" || len(web.Destinations) != 3 {
		t.Errorf("web: %+v", web)
	}
	audit := c.Layers["audit"]
	if audit.Durability != "process" || audit.Destinations[0].Name != "nowhere" || audit.Destinations[0].OverflowTimeout.Std() != 2*time.Second {
		t.Errorf("audit: %+v", audit)
	}
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "null\n", "{}", "layers: {}"} {
		c := mustParse(t, text)
		if c.Fingerprint() != new(Config).Fingerprint() {
			t.Errorf("%q is %+v", text, c)
		}
	}
	if _, _, err := Parse(nil, Options{FileName: "x.json"}); err != nil {
		t.Errorf("an empty JSON file: %v", err)
	}
}

func TestJSONMeansTheSameAsYAML(t *testing.T) {
	yaml := mustParse(t, "name: \"a\U0001F600\"\nlayers: {app: {level: debug, destinations: [{type: console, use_colors: true}]}}\n")
	json := `{
	"name": "a\ud83d\ude00",
	"layers": {"app": {"level": "debug", "destinations": [{"type": "console", "use_colors": true}]}}
}`
	for _, file := range []string{"", "c.json"} {
		c, _, err := Parse([]byte(json), Options{FileName: file})
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != yaml.Name || c.Fingerprint() != yaml.Fingerprint() {
			t.Errorf("file %q: %+v is not %+v", file, c, yaml)
		}
	}
}

func TestLaxTurnsUnknownKeysIntoWarnings(t *testing.T) {
	text := "unknown_top: 1\nlayers:\n  app:\n    colour: red\n    lvel: DEBUG\n    destinations: [{type: console, maxx_size: 5MB}]\n"
	c, warnings, err := Parse([]byte(text), Options{Lax: true, FileName: "h.yaml"})
	if err != nil || c.Layers["app"].Destinations[0].Type != "console" {
		t.Fatal(c, err)
	}
	var all []string
	for _, w := range warnings {
		all = append(all, w.String())
	}
	golden(t, "testdata/lax.golden", strings.Join(all, "\n")+"\n")
}

func TestSecretsAreNotPrinted(t *testing.T) {
	for _, text := range []string{
		"auth_tokn: hunter2", "{auth_tokn: hunter2, a: hunter2}", "layers: {x: {password: hunter2, destinations: [{type: hunter, auth_token: hunter2}]}}",
		"layers:\n  x: {api_key: hunter2, destinations: [{type: http, url: 'https://u:hunter2@h'}]}", "token: hunter2: x", "password: [hunter2",
		"layers: {a: {destinations: [{type: console, level: https://u:hunter2@h}]}}",
	} {
		if _, _, err := Parse([]byte(text), Options{}); err == nil || strings.Contains(strings.ReplaceAll(err.Error(), `"https://u:hunter2@h"`, ""), "hunter2") {
			t.Errorf("%s:\n%v", text, err)
		}
	}
}

func TestErrorCannotForgeTerminalCodes(t *testing.T) {
	_, _, err := Parse([]byte("mode: \"\\e[31mx\"\nx\u202e: \u009b1\n"), Options{FileName: "h.yaml"})
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\u009b\u202e") {
		t.Errorf("%q", err)
	}
}

func TestRegisteredTypeIsAcceptedWithItsOptions(t *testing.T) {
	text := "layers: {a: {destinations: [{type: kafka, format: whatever, options: {brokers: [a, b], acks: 1, tls: {on: true}}}]}}"
	c, _, err := Parse([]byte(text), Options{Types: []string{"kafka"}})
	if err != nil {
		t.Fatal(err)
	}
	o := c.Layers["a"].Destinations[0].Options
	if b, ok := o["brokers"].([]any); !ok || len(b) != 2 || o["acks"] != 1 {
		t.Errorf("options are %#v", o)
	}
	if _, err := Resolve(c, "kafka"); err != nil {
		t.Error(err)
	}
	c.Layers["a"].Destinations[0].Type = "kafkaesque"
	if _, err := Resolve(c); err == nil {
		t.Error("accepted without the type")
	}
}

func TestEveryLineBreakCountsAsALine(t *testing.T) {
	for _, br := range []string{"\n", "\r\n", "\r"} {
		_, _, err := Parse([]byte("name: a"+br+br+"mode: x"+br), Options{FileName: "h.yaml"})
		if err == nil || !strings.Contains(err.Error(), "h.yaml:3:7: ") || !strings.Contains(err.Error(), "3 | mode: x\n") {
			t.Errorf("%q: %v", br, err)
		}
	}
}

func TestNameThatIsNoTextForYAMLIsRefused(t *testing.T) {
	for _, text := range []string{"layers: {404: {destinations: [{type: console}]}}", "extensions: {true: {type: enrich}}", "layer_colors: {1.5: red}",
		"layers: {a: {destinations: [{type: kafka, credentials: {1: a}}]}}"} {
		if _, _, err := Parse([]byte(text), Options{}); err == nil || !strings.Contains(err.Error(), "a name must be text, not") {
			t.Errorf("%s: %v", text, err)
		}
	}
	mustParse(t, `layers: {"404": {destinations: [{type: console}]}, off: {destinations: [{type: console}]}}`)
}

func TestMissingFileIsNamed(t *testing.T) {
	_, _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), Options{})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none.yaml") {
		t.Error(err)
	}
}

func TestHugeFileIsRefused(t *testing.T) {
	if _, _, err := Parse(make([]byte, maxFile+1), Options{}); err == nil || !strings.Contains(err.Error(), "8 MiB") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/errors/*")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".golden") {
			f.Add(data, strings.HasSuffix(file, ".json"), false)
		}
	}
	f.Add([]byte(everything), false, true)
	f.Fuzz(func(t *testing.T, data []byte, isJSON, lax bool) {
		o := Options{FileName: "f.yaml", Lax: lax}
		if isJSON {
			o.FileName = "f.json"
		}
		c, _, err := Parse(data, o)
		if err == nil {
			if _, err := Resolve(c); err != nil {
				t.Fatalf("parsed, but can't be resolved: %v", err)
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), o.FileName+":") {
			t.Fatalf("error without a place: %v", err)
		}
		if e.Line > len(splitLines(string(data)))+1 {
			t.Fatalf("error in line %d of a shorter file", e.Line)
		}
	})
}
