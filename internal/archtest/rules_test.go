package archtest

import (
	"strings"
	"testing"
)

func parsed(t *testing.T, name, text string) []*file {
	t.Helper()
	f, err := parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	f.module = moduleOf(name, []string{".", "cmd/hydralog", "plugin/kafkadest"})
	return []*file{f}
}

func TestForbiddenImportsAreFound(t *testing.T) {
	cases := []struct {
		file, imported string
		bad            bool
	}{
		{"journal/a.go", module + "/record", true},
		{"journal/a.go", module + "/internal/vfs", false},
		{"journal/a_test.go", module + "/record", false},
		{"record/a.go", module + "/journal", true},
		{"record/a.go", "log/slog", false},
		{"format/a.go", module + "/record", false},
		{"format/a.go", module + "/config", true},
		{"processor/redact/a.go", module + "/processor", false},
		{"processor/redact/a.go", module + "/destination", true},
		{"destination/a.go", module + "/destination/filedest", true},
		{"destination/filedest/a.go", module + "/destination", false},
		{"destination/filedest/a.go", module + "/journal", true},
		{"destination/filedest/a.go", module + "/internal/vfs", true},
		{"config/a.go", "go.yaml.in/yaml/v4", false},
		{"config/a.go", "golang.org/x/sys/unix", true},
		{"logger.go", "go.yaml.in/yaml/v4", true},
		{"logger.go", module + "/destination/filedest", true},
		{"stock.go", module + "/destination/filedest", false},
		{"logger.go", module + "/journal", false},
		{"logger.go", module + "/cmd/hydralog", true},
		{"logger_test.go", module + "/cmd/hydralog", true},
		{"middleware/httplog/a.go", module, false},
		{"middleware/httplog/a.go", module + "/journal", true},
		{"cmd/hydralog/a.go", module + "/internal/vfs", true},
		{"cmd/hydralog/a.go", module + "/cmd/hydralog/internal/demo", false},
		{"journal/a.go", module + "/cmd/hydralog/internal/demo", true},
		{"cmd/hydralog/a.go", module + "/cmd/other", true},
		{"cmd/hydralog/a.go", module + "/journal", false},
		{"cmd/hydralog/a.go", "github.com/alecthomas/kong", false},
		{"plugin/kafkadest/a.go", module + "/internal/leak", true},
		{"unheardof/a.go", module + "/record", true},
		{"journal/a.go", "C", true},
	}
	for _, c := range cases {
		got := checkImports(parsed(t, c.file, "package p\n\nimport _ \""+c.imported+"\"\n"))
		if (len(got) > 0) != c.bad {
			t.Errorf("%s imports %s: %v", c.file, c.imported, got)
		}
		if c.bad && len(got) == 1 && got[0].line != 3 {
			t.Errorf("%v is not in line 3", got[0])
		}
	}
}

func TestForbiddenContentIsFound(t *testing.T) {
	body := strings.Repeat("\tx++\n", maxFunctionLines)
	cases := []struct{ file, text, want string }{
		{"record/a.go", "func init() {}", "record/a.go:2: func init"},
		{"cmd/hydralog/a.go", "func init() {}", ""},
		{"record/a.go", "type t int\n\nfunc (t) init() {}", ""},
		{"record/a.go", "//go:linkname a b", "linkname"},
		{"record/a.go", "// TODO later", "TODO: finish it"},
		{"record/a.go", "// TODOS are fine", ""},
		{"record/a.go", "var Level = 1", "exported variable Level"},
		{"record/a.go", "var (\n\ta = 1\n\tB, C = 1, 2\n)", "exported variable C"},
		{"record/a.go", "var ErrFull = error(nil)", ""},
		{"record/a_test.go", "var Level = 1", ""},
		{"record/a.go", "func f(x int) {\n" + body + "}", "function f has 102 lines"},
		{"record/a.go", strings.Repeat("\n", maxFileLines), "file has 601 lines"},
		{"record/a.go", "func f() {}", ""},
	}
	for _, c := range cases {
		var all []string
		for _, b := range checkHouse(parsed(t, c.file, "package p\n"+c.text)) {
			all = append(all, b.String())
		}
		got := strings.Join(all, "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s with %.30q: %q, want %q", c.file, c.text, got, c.want)
		}
	}
}

func TestForbiddenRequirementsAreFound(t *testing.T) {
	text := `module x

require go.yaml.in/yaml/v4 v4.0.0

require (
	golang.org/x/sys v0.49.0 // fine
	github.com/pkg/errors v0.9.1
)

replace a => b
`
	if got := checkModule("go.mod", text); len(got) != 2 || got[0].line != 7 || got[1].line != 10 {
		t.Errorf("root: %v", got)
	}
	if got := checkModule("plugin/x/go.mod", text); len(got) != 1 || got[0].line != 10 {
		t.Errorf("plugin: %v", got)
	}
	if got := checkModule("go.mod", "replace (\n\ta => b\n)\n"); len(got) != 1 || got[0].line != 2 {
		t.Errorf("block: %v", got)
	}
}
