// Package archtest holds the house rules as code: who may import whom, and
// what no file may contain. Its test reads the files of the whole repository
// and prints every place that breaks a rule.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// module is the path of the root module.
const module = "github.com/hydra-logger/hydra"

// file is one Go file of the repository.
type file struct {
	path    string // from the root of the repository, with slashes
	module  string // folder of its go.mod, "." for the root module
	lines   int
	syntax  *ast.File
	fset    *token.FileSet
	imports []importSpec
}

type importSpec struct {
	path string
	line int
}

func (f *file) folder() string { return path.Dir(f.path) }
func (f *file) isTest() bool   { return strings.HasSuffix(f.path, "_test.go") }
func (f *file) line(p token.Pos) int {
	return f.fset.Position(p).Line
}

// breach is one place that breaks a rule.
type breach struct {
	path string
	line int
	text string
}

func (b breach) String() string { return fmt.Sprintf("%s:%d: %s", b.path, b.line, b.text) }

func (f *file) breach(line int, format string, args ...any) breach {
	return breach{f.path, line, fmt.Sprintf(format, args...)}
}

// load reads all Go files below root, but for testdata and hidden folders.
func load(root string) ([]*file, error) {
	var all []*file
	modules := []string{"."}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && rel != "." && skipped(d.Name()):
			return filepath.SkipDir
		case d.IsDir() && rel != "." && isModule(name):
			modules = append(modules, rel)
		case !d.IsDir() && strings.HasSuffix(rel, ".go"):
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			f, err := parse(rel, data)
			if err != nil {
				return err
			}
			f.module = moduleOf(rel, modules)
			all = append(all, f)
		}
		return nil
	})
	return all, err
}

func skipped(folder string) bool {
	return folder == "testdata" || folder == "vendor" || strings.HasPrefix(folder, ".")
}

func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// moduleOf is the innermost module that holds the file.
func moduleOf(name string, modules []string) string {
	best := "."
	for _, m := range modules {
		if m != "." && strings.HasPrefix(name, m+"/") && len(m) > len(best) {
			best = m
		}
	}
	return best
}

func parse(name string, data []byte) (*file, error) {
	f := &file{path: name, module: ".", fset: token.NewFileSet(), lines: strings.Count(string(data), "\n")}
	syntax, err := parser.ParseFile(f.fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f.syntax = syntax
	for _, spec := range syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		f.imports = append(f.imports, importSpec{p, f.line(spec.Pos())})
	}
	return f, nil
}
