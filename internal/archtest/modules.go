package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// rootRequires is all that the root module may require. None of them brings
// requirements of its own.
var rootRequires = []string{
	"go.yaml.in/yaml/v4", "golang.org/x/sys", "github.com/klauspost/compress", "github.com/coder/websocket",
}

// checkModules finds what is wrong in the go.mod files below root.
func checkModules(root string) ([]breach, error) {
	var all []breach
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && skipped(d.Name()) {
			return filepath.SkipDir
		}
		if d.Name() != "go.mod" {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		all = append(all, checkModule(filepath.ToSlash(rel), string(data))...)
		return err
	})
	return all, err
}

// checkModule checks one go.mod file.
func checkModule(name, text string) []breach {
	var all []breach
	block := ""
	for i, line := range strings.Split(text, "\n") {
		code, _, _ := strings.Cut(line, "//")
		words := strings.Fields(code)
		if len(words) == 0 {
			continue
		}
		verb, rest := block, words
		switch {
		case words[0] == ")":
			block = ""
			continue
		case block == "":
			verb, rest = words[0], words[1:]
			if len(rest) > 0 && rest[0] == "(" {
				block = verb
				continue
			}
		}
		if text := moduleLine(name, verb, rest); text != "" {
			all = append(all, breach{name, i + 1, text})
		}
	}
	return all
}

func moduleLine(name, verb string, rest []string) string {
	switch {
	case verb == "replace":
		return "replace is not seen by who requires this module; go.work binds them for development"
	case verb == "require" && name == "go.mod" && len(rest) > 0 && !slices.Contains(rootRequires, rest[0]):
		return "the root module may not require " + rest[0]
	}
	return ""
}
