package count

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCountingKnowsNothingOfTheLogger(t *testing.T) {
	files, _ := filepath.Glob("*.go")
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			if strings.Contains(imp.Path.Value, "hydra") || strings.Contains(imp.Path.Value, ".") {
				t.Errorf("%s imports %s", name, imp.Path.Value)
			}
		}
	}
}

func TestLostDoubledAndInventedLinesAreCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	text := `{"message":"x","g":1,"n":1}
{"message":"x","g":1,"n":1}
| t | INFO | layer | text g=1 n=2
| t | \x1b[33mWARNING\x1b[0m | layer | text \x1b[2mg=\x1b[0m1 \x1b[2mn=\x1b[0m3
a line of somebody else
{"message":"x","g":9,"n":9}
{"message":"x","g":1,"n":5}
{"message":"cut","g":1,"n":4`
	text = strings.ReplaceAll(text, `\x1b`, "\x1b")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Compare(path, map[ID]bool{{1, 1}: true, {1, 2}: true, {1, 3}: true, {1, 4}: true, {1, 5}: false, {1, 6}: false})
	want := Result{Accepted: 4, Delivered: 3, Lost: 1, CutOff: 1, Doubled: 1, Invented: 1}
	if err != nil || got != want {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
}
