package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/config/schema"
)

// compatCase is the part of a case of config/testdata/compat that this package needs.
type compatCase struct {
	Name   string
	Files  map[string]string
	Env    map[string]string
	Links  map[string]string // of symbolic links to their targets
	Load   string
	Strict bool
	Loader struct {
		MaxExtendsDepth *int `yaml:"max_extends_depth"`
		MaxMergedNodes  *int `yaml:"max_merged_nodes"`
	}
}

// compatCases are the cases; of the many of more.yaml every fifth, unless HYDRA_FULL is set.
func compatCases(t *testing.T) []compatCase {
	t.Helper()
	var all []compatCase
	for _, file := range []string{"cases.yaml", "own.yaml", "more.yaml"} {
		data, err := os.ReadFile("../../config/testdata/compat/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var some []compatCase
		if err := yaml.Unmarshal(data, &some); err != nil {
			t.Fatal(err)
		}
		for i, c := range some {
			if file != "more.yaml" || i%5 == 0 || os.Getenv("HYDRA_FULL") != "" {
				all = append(all, c)
			}
		}
	}
	if len(all) < 182+50+100 {
		t.Fatalf("%d cases", len(all))
	}
	return all
}

// enter writes the files of a case into an empty directory and makes it the working directory.
func (c *compatCase) enter(t *testing.T) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range c.Files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "{{T}}", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range c.Links {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range c.Env {
		t.Setenv(name, strings.ReplaceAll(value, "{{T}}", dir))
	}
	t.Chdir(dir)
	t.Setenv("HOME", filepath.Join(dir, "home"))
}

// The library passes all cases of the Python original (TestCasesOfThePythonOriginalPass
// of package config); the command gives what the library gives.
func TestValidateSaysOfEveryCaseWhatTheLibrarySays(t *testing.T) {
	for _, c := range compatCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			c.enter(t)
			o := config.Options{Lax: !c.Strict}
			args := []string{"validate", "--print"}
			if c.Strict {
				args = append(args, "--strict")
			}
			if n := c.Loader.MaxExtendsDepth; n != nil {
				args, o.MaxExtendsDepth = append(args, "--max-extends-depth", jsonOf(t, *n)), *n
				if *n == 0 {
					o.MaxExtendsDepth = -1
				}
			}
			if n := c.Loader.MaxMergedNodes; n != nil {
				args, o.MaxMergedNodes = append(args, "--max-merged-nodes", jsonOf(t, *n)), *n
			}
			want, err := config.Read(c.Load, o)
			code, out, errs := outputOf(t, append(args, c.Load))
			if (code == exitOK) != (err == nil) || code != exitOK && code != exitConfig {
				t.Errorf("exit code %d, the library says %v", code, err)
			}
			if !bytes.Equal(out, want.Effective()) {
				t.Errorf("printed %s\nwant %s", out, want.Effective())
			}
			if err != nil && !strings.Contains(errs, err.Error()) {
				t.Errorf("standard error is %s\nwant %v", errs, err)
			}
			for _, w := range want.Warnings {
				if !strings.Contains(errs, w.String()) {
					t.Errorf("standard error has not %s", w)
				}
			}
		})
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// outputOf runs the program and returns its exit code and what it wrote.
func outputOf(t *testing.T, args []string) (code int, out []byte, errs string) {
	t.Helper()
	outFile, errFile := tempFile(t), tempFile(t)
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = outFile, errFile
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	code = run(args)
	text, err := os.ReadFile(errFile.Name())
	if err != nil {
		t.Fatal(err)
	}
	if out, err = os.ReadFile(outFile.Name()); err != nil {
		t.Fatal(err)
	}
	return code, out, string(text)
}

func tempFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func resolvedSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	text, err := schema.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// instance is a YAML or JSON text as a JSON value; nil for an empty one.
func instance(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if v == nil {
		return map[string]any{}
	}
	var plain any
	if err := json.Unmarshal([]byte(jsonOf(t, v)), &plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestSchemaAcceptsWhatTheStrictLoaderAccepts(t *testing.T) {
	s := resolvedSchema(t)
	accepted := 0
	for _, c := range compatCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			c.enter(t)
			o := config.Options{}
			if n := c.Loader.MaxMergedNodes; n != nil {
				o.MaxMergedNodes = *n
			}
			if _, err := config.Read(c.Load, o); err != nil {
				return
			}
			accepted++
			text, err := os.ReadFile(c.Load)
			if err != nil {
				t.Fatal(err)
			}
			var got any // a surrogate pair is no YAML, but it is JSON
			if filepath.Ext(c.Load) != ".json" || json.Unmarshal(text, &got) != nil || got == nil {
				got = instance(t, text)
			}
			if err := s.Validate(got); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
	if accepted < 80 {
		t.Errorf("only %d cases were accepted", accepted)
	}
}

func TestSchemaAcceptsEveryPreset(t *testing.T) {
	s := resolvedSchema(t)
	for _, name := range config.PresetNames() {
		text, err := config.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(instance(t, []byte(text))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatTheLoaderRefuses(t *testing.T) {
	s := resolvedSchema(t)
	for _, text := range []string{
		"layerz: {}", "default_level: loud", "default_level: null", "layers: null", "layers: []", "layers: {a: null}", "mode: asynk", "buffer_size: [1]",
		"layers: {a: {destinations: {type: console}}}", "layers: {a: {destinations: [{type: console, port: 70000}]}}",
		"layers: {a: {destinations: [{type: ''}]}}", "layers: {a: {destinations: [{type: null}]}}", "layers: {a: {destinations: [{probe_method: PATCH}]}}",
		"layers: {a: {destinations: [{type: console, retry_count: 21}]}}", "layers: {a: {colour: red}}", "extends: 5", "add_source: maybe",
		"layers: {a: {destinations: [{tls: {sertificate: x}}]}}", "extensions: {a: null}", "watch: {}", "layers: {a: {destinations: [{credentials: {A: 5}}]}}",
	} {
		if _, err := config.ReadText([]byte(text), config.Options{}); err == nil {
			t.Errorf("the loader accepts %s", text)
		}
		if err := s.Validate(instance(t, []byte(text))); err == nil {
			t.Errorf("the schema accepts %s", text)
		}
	}
}
