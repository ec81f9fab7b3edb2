package archtest

import (
	"path"
	"strings"
)

// rule says what the packages below a folder may import. Patterns are folders
// of the repository ("journal"), a folder and all below ("internal/..."), or
// paths of other modules ("golang.org/x/sys/..."). The standard library is always free.
type rule struct {
	folder string
	may    []string
}

// leaves are the packages that everything above them may use.
var leaves = []string{"record", "format", "health", "correlation", "config"}

// rules holds one rule for every folder of the root module that has Go files;
// the one with the longest folder counts.
var rules = []rule{
	{".", append([]string{"journal", "deadletter", "processor/...", "destination/...", "internal/...", "golang.org/x/sys/..."}, leaves...)},
	{"record", nil},
	{"health", nil},
	{"health/healthhttp", []string{"health", "."}},
	{"correlation", []string{"record"}},
	{"config", []string{"go.yaml.in/yaml/v4"}},
	{"config/schema", []string{"config"}},
	{"format", []string{"record"}},
	{"processor", []string{"record", "processor/..."}},
	{"journal", []string{"internal/...", "golang.org/x/sys/..."}},
	{"destination", []string{"record", "format", "health"}},
	{"deadletter", []string{"destination", "internal/vfs"}},
	// The kit that tests drivers, and the drivers.
	{"destination/destinationtest", []string{"destination", "record", "internal/leak"}},
	{"destination/filedest/rotate", []string{"golang.org/x/sys/...", "github.com/klauspost/compress/..."}},
	{"destination/", []string{"destination/...", "record", "format", "health", "golang.org/x/sys/..."}},
	{"destination/httpdest", []string{"destination/...", "record", "format", "github.com/klauspost/compress/..."}},
	{"destination/wsdest", []string{"destination/...", "github.com/coder/websocket"}},
	{"middleware", append([]string{".", "middleware/..."}, leaves...)},
	{"hydratest", append([]string{".", "destination/...", "processor/..."}, leaves...)},
	{"viewer", append([]string{".", "viewer/...", "github.com/klauspost/compress/..."}, leaves...)},
	{"viewer/lines", nil},
	{"internal", append([]string{"internal/...", "journal", "destination/...", "golang.org/x/sys/...", "github.com/klauspost/compress/..."}, leaves...)},
}

// checkImports finds what is imported against the rules.
func checkImports(files []*file) []breach {
	var all []breach
	for _, f := range files {
		for _, imp := range f.imports {
			if text := importBreach(f, imp.path); text != "" {
				all = append(all, f.breach(imp.line, "%s", text))
			}
		}
	}
	return all
}

// importBreach says what is wrong with an import, "" when it is allowed.
func importBreach(f *file, imported string) string {
	target, ours := strings.CutPrefix(imported, module)
	target = path.Clean("." + target)
	switch {
	case imported == "C":
		return "cgo is not used here"
	case ours && strings.HasPrefix(target, "cmd/") && !strings.HasPrefix(target, f.module+"/internal/"):
		return "nothing may import " + imported
	case ours && f.module != "." && f.module != "internal/tests" && target != "internal/tests" && strings.HasPrefix(target, "internal/"):
		return "another module may not import " + imported
	case f.module != "." || isStandard(imported):
		return ""
	case ours && f.isTest():
		return ""
	case ours && f.folder() == "." && strings.HasPrefix(target, "destination/") && !strings.HasPrefix(f.path, "stock"):
		return "the root package names its destinations in stock*.go alone, not here: " + imported
	}
	r, known := ruleOf(f.folder())
	if !known {
		return "folder " + f.folder() + " has no rule in internal/archtest/imports.go"
	}
	if !ours {
		target = imported
	}
	if target == f.folder() || matches(r.may, target) {
		return ""
	}
	return f.folder() + " may not import " + imported
}

// ruleOf finds the rule with the longest folder. "destination/" is for what is below, not for the folder itself.
func ruleOf(folder string) (rule, bool) {
	best, found := rule{}, false
	for _, r := range rules {
		name := strings.TrimSuffix(r.folder, "/")
		fits := folder == r.folder || name != "." && strings.HasPrefix(folder, name+"/")
		if fits && (!found || len(r.folder) > len(best.folder)) {
			best, found = r, true
		}
	}
	return best, found
}

func matches(patterns []string, target string) bool {
	for _, p := range patterns {
		base, deep := strings.CutSuffix(p, "/...")
		if target == base || deep && strings.HasPrefix(target, base+"/") {
			return true
		}
	}
	return false
}

func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}
