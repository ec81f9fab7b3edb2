package config

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzRead reads a file with two parents and variables: whatever they say, it
// ends, every error has a place in one of the files, what is accepted can be
// resolved, and what is printed is JSON without the content of the secret file.
func FuzzRead(f *testing.F) {
	f.Add("extends: [a.yaml, b.json]\nname: ${X}\n", "layers: {a: {destinations: [{type: console}]}}", `{"version": "1"}`, "v", true)
	f.Add("extends: b.json\nlayers: {a: &l {destinations: [{type: file, path: '${X:-y}', auth_token: '${file:secret}'}]}, b: *l}", "extends: c.yaml", `{"extends": ["a.yaml"]}`, "", false)
	f.Add("extends: template:enterprise\nenforce_log_path_confinement: ${X:?no}", "", "{}", "false", false)
	f.Add("x: &a [*a]\n<<: {extends: a.yaml}", "extends: a.yaml", "[", "${X}", true)
	f.Add(everything, "a: [", `{"layers": null}`, "1e3", true)
	f.Fuzz(func(t *testing.T, first, a, b, variable string, lax bool) {
		dir := t.TempDir()
		for name, text := range map[string]string{"c.yaml": first, "a.yaml": a, "b.json": b, "secret": "hunter2-is-the-secret"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o := Options{Lax: lax, MaxMergedNodes: 500, LookupEnv: func(string) (string, bool) { return variable, true }}
		if strings.Contains(first+a+b, "../") || strings.Contains(first+a+b, "file:/") || strings.Contains(variable, "/") {
			return // not beyond the directory
		}
		l, err := Read(filepath.Join(dir, "c.yaml"), o)
		if err != nil {
			checkPlaces(t, err, dir, map[string]string{"c.yaml": first, "a.yaml": a, "b.json": b})
			return
		}
		if _, err := Resolve(l.Config); err != nil {
			t.Fatalf("read, but can't be resolved: %v", err)
		}
		if text := l.Effective(); !json.Valid(text) || strings.Contains(string(text), "hunter2") {
			t.Fatalf("printed %s", text)
		}
	})
}

func checkPlaces(t *testing.T, err error, dir string, texts map[string]string) {
	t.Helper()
	all := []error{err}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		all = many.Unwrap()
	}
	for _, one := range all {
		var e *Error
		if !errors.As(one, &e) || e.File == "" {
			t.Fatalf("an error without a place: %v", one)
		}
		text, ours := texts[strings.TrimPrefix(e.File, dir+string(filepath.Separator))]
		if ours && e.Line > len(splitLines(text))+1 {
			t.Fatalf("an error in line %d of a shorter file: %v", e.Line, one)
		}
		if strings.Contains(e.Error(), "hunter2") {
			t.Fatalf("the secret is in %v", e)
		}
	}
}
