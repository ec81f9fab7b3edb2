//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// redactCase is an entry of the compatibility cases of package redact.
type redactCase struct {
	Name             string
	Patterns         []string
	Engine           string
	Input, Expect    any
	Options          map[string]any
	Alt              *redactConditions `yaml:"accept_alt"`
	redactConditions `yaml:",inline"`
	Debatable        bool
	Stage            string
}

type redactConditions struct {
	Unchanged bool
	Not       []string `yaml:"must_not_contain"`
	Must      []string `yaml:"must_contain"`
}

func (c *redactConditions) hold(in, out string) bool {
	text := out
	_ = json.Unmarshal([]byte(out), &text)
	has := func(s string) bool { return strings.Contains(text, s) }
	return (!c.Unchanged || in == out) && !slices.ContainsFunc(c.Not, has) &&
		!slices.ContainsFunc(c.Must, func(s string) bool { return !has(s) })
}

// flags turns the options of a case into flags.
func (c *redactCase) flags() []string {
	args := []string{"redact", "--json", "--patterns", strings.Join(c.Patterns, ",")}
	if c.Engine != "" {
		args = append(args, "--engine", c.Engine)
	}
	for key, v := range c.Options {
		flag := strings.ReplaceAll(key, "_", "-")
		switch v := v.(type) {
		case bool:
			if v {
				args = append(args, "--"+flag)
			} else {
				args = append(args, "--no-"+flag)
			}
		case int:
			args = append(args, "--"+flag, strconv.Itoa(v))
		}
	}
	return args
}

func compactJSON(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func TestTheCommandRedactsAsTheLibrary(t *testing.T) {
	data, err := os.ReadFile("../../processor/redact/testdata/compat/redaction_cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Cases, Beyond []redactCase }
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	checkCopy(t, data)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	hydralog := filepath.Join(t.TempDir(), "hydralog")
	if err := os.Symlink(exe, hydralog); err != nil {
		t.Fatal(err)
	}
	for _, c := range append(doc.Cases, doc.Beyond...) {
		if c.Stage != "" {
			continue
		}
		in := compactJSON(t, c.Input)
		cmd := exec.Command(hydralog, c.flags()...)
		cmd.Stdin = strings.NewReader(in + "\n")
		raw, err := cmd.Output()
		out := strings.TrimSuffix(string(raw), "\n")
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		exact := c.Expect != nil && compactJSON(t, c.Expect) == out
		alt := c.Alt != nil && c.Alt.hold(in, out) || c.Expect == nil && c.hold(in, out)
		if !exact && !alt && !c.Debatable {
			t.Errorf("%s: in %s\n out %s", c.Name, in, out)
		}
	}
}

// checkCopy compares the cases with their copy in JSON, which the library's tests read.
func checkCopy(t *testing.T, data []byte) {
	t.Helper()
	text, err := os.ReadFile("../../processor/redact/testdata/compat/redaction_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var fromYAML, fromJSON any
	if err := errors.Join(yaml.Unmarshal(data, &fromYAML), json.Unmarshal(text, &fromJSON)); err != nil {
		t.Fatal(err)
	}
	if compactJSON(t, fromYAML) != compactJSON(t, fromJSON) {
		t.Error("redaction_cases.json is no longer redaction_cases.yaml")
	}
}
