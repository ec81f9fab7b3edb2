package killtest

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
			if strings.Contains(imp.Path.Value, ".") {
				t.Errorf("%s imports %s", name, imp.Path.Value)
			}
		}
	}
}

func TestLostDoubledAndInventedOrdersAreCounted(t *testing.T) {
	o := NewOrders()
	for _, id := range []string{"a", "b", "c", "d"} {
		o.Send(id)
	}
	for _, id := range []string{"a", "b", "c"} {
		o.Accept(id)
	}
	path := filepath.Join(t.TempDir(), "f")
	text := `{"order_id":"a"}
{"order_id":"a","x":1}
{"order_id":"d"}
{"order_id":"z"}
{"order_id":"b"`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := o.Count(path)
	want := Result{Accepted: 3, Delivered: 1, Lost: 2, Doubled: 1, Invented: 1}
	if err != nil || got != want {
		t.Errorf("%v %v, want %v", got, err, want)
	}
}
