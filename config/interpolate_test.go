package config

import (
	"strings"
	"testing"
	"time"
)

// env is an environment for tests.
func env(pairs ...string) Options {
	return Options{LookupEnv: func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}}
}

func TestVariablesBecomeValues(t *testing.T) {
	o := env("HOST", "h", "PORT", "9001", "ON", "true", "EMPTY", "", "WAIT", "2s", "TOKEN", "0123", "YAML", "a: [b, c] # \n- x", "NESTED", "${HOST}")
	for text, want := range map[string]string{
		"${HOST}": "h", "x-${HOST}-${PORT}": "x-h-9001", "${NONE:-d}": "d", "${EMPTY:-d}": "d", "${EMPTY}": "", "${NONE:-}": "",
		"$${HOST}": "${HOST}", "a$$${HOST}": "a$${HOST}", "$HOST": "$HOST", "${HOST:?no}": "h", "${NONE:-${HOST}}": "h", "${YAML}": "a: [b, c] # \n- x",
		"${NESTED}": "${HOST}", "${NONE:-a}b}": "ab}", "costs $5": "costs $5",
	} {
		l := &loader{o: o}
		if got, _, err := l.interpolate(text); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	c := mustReadText(t, `
add_source: ${ON}
close_timeout: ${WAIT}
layers:
  a:
    destinations:
      - {type: network_socket, host: "${HOST}", port: "${PORT}", use_tls: "${ON}", auth_token: "${TOKEN}", max_connections: "${NONE:-3}"}
      - type: kafka
        options: {plain: 5, a: "${PORT}", b: '${PORT}', c: ["${ON}"]}
extensions:
  x: {type: enrich, enabled: "${ON}", fields: {host: "${HOST}"}}
`, o).Config
	d := c.Layers["a"].Destinations[0]
	if !c.AddSource || c.CloseTimeout.Std() != 2*time.Second || d.Host != "h" || *d.Port != 9001 || !*d.UseTLS || d.AuthToken != "0123" || *d.MaxConnections != 3 {
		t.Errorf("%+v %+v", c, d)
	}
	if f := c.Extensions[0].Settings["fields"].(map[string]any); !c.Extensions[0].IsEnabled() || f["host"] != "h" {
		t.Errorf("%+v", c.Extensions)
	}
}

func TestUnquotedVariableHasTheTypeThatItsTextWouldHave(t *testing.T) {
	c := mustReadText(t, "layers:\n  a:\n    destinations:\n      - type: kafka\n        options:\n          n: ${N}\n          s: '${N}'\n          b: ${B}\n", env("N", "5", "B", "true")).Config
	o := c.Layers["a"].Destinations[0].Options
	if o["n"] != 5 || o["s"] != "5" || o["b"] != true {
		t.Errorf("%#v", o)
	}
}

func TestWrongVariableIsAnErrorAtItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"${NONE}":             "h.yaml:1:7: the environment variable NONE is not set; write ${NONE:-default} if it may be missing",
		"${NONE:?set it now}": "the environment variable NONE is not set: set it now",
		"${EMPTY:?}":          "the environment variable EMPTY is not set: it must be",
		"${":                  "${ has no } behind it",
		"${a-b}":              "${a-b} is not a variable",
		"${}":                 "is not a variable",
		"${1A}":               "is not a variable",
		"${file:/no/such}":    "no such file",
		"${file:/}":           "is not a file but a directory",
	} {
		o := env("EMPTY", "")
		o.FileName = "h.yaml"
		_, err := ReadText([]byte("name: '"+text+"'\n"), o)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "h.yaml:1:7: ") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestContentOfSecretFilesIsNotShown(t *testing.T) {
	write(t, map[string]string{"token": "hunter2\n", "level": "hunter2", "multi": "hunter2\nhunter3\n", "short": "xyz", "address": "hunter2://h"})
	l := mustReadText(t, `
name: shop
layers:
  a:
    destinations:
      - {type: network_http, url: "https://u:hunter2@h/x", auth_token: "${file:token}", credentials: {X-Key: hunter2}}
      - {type: kafka, connection_string: "hunter2", options: {api_key: hunter2, note: "${file:multi}"}}
`, Options{})
	if len(l.SecretFiles) != 2 || l.SecretFiles[0] != "token" {
		t.Errorf("secret files are %v", l.SecretFiles)
	}
	if d := l.Config.Layers["a"].Destinations; d[0].AuthToken != "hunter2" || d[1].Options["note"] != "hunter2\nhunter3" {
		t.Errorf("%+v", d)
	}
	if text := string(l.Effective()); strings.Contains(text, "hunter") || strings.Count(text, hidden) < 6 || !strings.Contains(text, `"https://***@h/x"`) {
		t.Error(text)
	}
	for _, text := range []string{
		"default_level: ${file:level}", "mode: '${file:level}'", "layers: {a: {destinations: [{type: '${file:multi}'}]}}",
		"layers: {a: {destinations: [{type: console, format: '${file:level}'}]}}", "name: ${file:multi}",
		"mode: ${file:short}", "layers: {a: {destinations: [{type: network_http, url: '${file:address}'}]}}", "layers: {a: {destinations: ['${file:short}']}}",
	} {
		_, err := ReadText([]byte(text), Options{})
		if err == nil || strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "xyz") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
