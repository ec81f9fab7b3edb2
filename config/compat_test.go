package config

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// outcome is what a case of testdata/compat expects.
type outcome struct {
	Expect       string
	ErrorAbout   []string `yaml:"error_about"`
	Effective    map[string]any
	Derived      map[string]any
	Resolved     map[string]string
	ResolveError map[string][]string `yaml:"resolve_error"`
	Warns        []string
}

type compatCase struct {
	outcome `yaml:",inline"`
	Name    string
	Tags    []string
	Files   map[string]string
	Env     map[string]string
	Links   map[string]string // of symbolic links to their targets
	Load    string
	Strict  bool
	Loader  struct {
		MaxExtendsDepth *int `yaml:"max_extends_depth"`
		MaxMergedNodes  int  `yaml:"max_merged_nodes"`
	}
	AcceptAlt *outcome `yaml:"accept_alt"`
}

// over is the outcome with the keys of the alternative in place of its own.
func (o outcome) over(alt *outcome) outcome {
	o.Expect, o.Effective = orDefault(alt.Expect, o.Expect), alt.Effective
	if alt.ErrorAbout != nil {
		o.ErrorAbout = alt.ErrorAbout
	}
	if alt.Derived != nil {
		o.Derived = alt.Derived
	}
	if alt.Resolved != nil {
		o.Resolved = alt.Resolved
	}
	if o.Expect == "error" {
		o.Derived, o.Resolved, o.ResolveError, o.Warns = nil, nil, nil, nil
	}
	return o
}

func compatCases(t *testing.T) []compatCase {
	t.Helper()
	var all []compatCase
	for file, least := range map[string]int{"cases.yaml": 182, "more.yaml": 500, "own.yaml": 50} {
		data, err := os.ReadFile("testdata/compat/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var some []compatCase
		if err := yaml.Unmarshal(data, &some); err != nil {
			t.Fatal(err)
		}
		if len(some) < least {
			t.Fatalf("%s has %d cases", file, len(some))
		}
		all = append(all, some...)
	}
	return all
}

// Every case of the Python original passes, by its own outcome or by the
// alternative that it allows. testdata/compat/README.md lists which.
func TestCasesOfThePythonOriginalPass(t *testing.T) {
	for _, c := range compatCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			dir := inDir(t)
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
			o := Options{Lax: !c.Strict, MaxMergedNodes: c.Loader.MaxMergedNodes}
			if d := c.Loader.MaxExtendsDepth; d != nil {
				o.MaxExtendsDepth = orDefault(*d, -1)
			}
			l, err := Read(filepath.Join(dir, c.Load), o)
			wrong := c.check(dir, l, err)
			if len(wrong) > 0 && c.AcceptAlt != nil {
				alt := c
				alt.outcome = c.over(c.AcceptAlt)
				if other := alt.check(dir, l, err); len(other) == 0 {
					t.Log("by the alternative")
					return
				}
			}
			for _, w := range wrong {
				t.Error(w)
			}
		})
	}
}

// check returns what is not as the outcome says.
func (c *compatCase) check(dir string, l *Loaded, err error) (wrong []string) {
	failf := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	text := ""
	if err != nil {
		text = strings.ToLower(err.Error())
	}
	about := func(words []string) bool {
		for _, w := range words {
			if strings.Contains(text, strings.ToLower(w)) {
				return true
			}
		}
		return false
	}
	if c.Expect == "error" {
		if err == nil || !about(c.ErrorAbout) {
			failf("the error is %v, want one about %v", err, c.ErrorAbout)
		}
		return wrong
	}
	for _, words := range c.ResolveError {
		if err == nil || !about(words) {
			failf("the error is %v, want one about %v", err, words)
		}
	}
	if err != nil && c.ResolveError == nil {
		failf("error: %v", err)
		return wrong
	}
	var effective map[string]any
	if err := json.Unmarshal(l.Effective(), &effective); err != nil {
		failf("the effective configuration: %v", err)
	}
	for path, want := range c.Effective {
		if got := lookup(effective, path); !same(got, want) {
			failf("%s is %#v, want %#v", path, got, want)
		}
	}
	for path, want := range c.Resolved {
		if got, want := effective["resolved"].(map[string]any)[path], strings.ReplaceAll(want, "{{T}}", dir); got != want {
			failf("%s is resolved as %v, want %s", path, got, want)
		}
	}
	for key, want := range c.Derived {
		if got := derivedOf(effective, key); !same(got, want) {
			failf("%s is %#v, want %#v", key, got, want)
		}
	}
	for _, word := range c.Warns {
		if !strings.Contains(strings.ToLower(fmt.Sprint(l.Warnings)), word) {
			failf("the warnings are %v, want %q in them", l.Warnings, word)
		}
	}
	return wrong
}

// derivedOf is a derived value; of a layer or a destination that there is not, what stands for it.
func derivedOf(effective map[string]any, key string) any {
	derived := effective["derived"].(map[string]any)
	if v, ok := derived[key]; ok {
		return v
	}
	parts := strings.Split(key, ".")
	if parts[0] == "threshold" || parts[0] == "dest_level" {
		if v, ok := derived["threshold."+parts[1]]; ok {
			return v
		}
		return pythonLevel(Level(effective["default_level"].(string)).Or(LevelInfo))
	}
	return nil
}

// lookup finds a dotted path; numbers index lists, # is a list's length.
func lookup(v any, path string) any {
	for path != "" {
		key, rest, _ := strings.Cut(path, ".")
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			if key == "#" {
				return float64(len(x))
			}
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
		path = rest
	}
	return v
}

func same(got, want any) bool {
	data, err := json.Marshal(want)
	if err != nil {
		return false
	}
	var plain any
	if err := json.Unmarshal(data, &plain); err != nil {
		return false
	}
	a, ok1 := got.(float64)
	b, ok2 := plain.(float64)
	if i, ok := got.(int); ok {
		a, ok1 = float64(i), true
	}
	if ok1 && ok2 {
		return math.Abs(a-b) < 1e-9
	}
	return reflect.DeepEqual(got, plain)
}
