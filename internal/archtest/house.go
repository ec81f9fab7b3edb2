package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// The sizes that a file and a function may have, in lines.
const (
	maxFileLines     = 600
	maxFunctionLines = 100
)

// bigFiles and bigFunctions may be larger, each for the reason given.
var (
	bigFiles     = map[string]string{}
	bigFunctions = map[string]string{} // "path function"
)

// exportedVars may exist although they are no errors, each for the reason given.
var exportedVars = map[string]string{
	"logger.go Discard": "a logger that logs nothing is the same for all; it has no state to change",
}

// unfinished finds words that say that something is left to do.
var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

// checkHouse finds what no file may contain.
func checkHouse(files []*file) []breach {
	var all []breach
	for _, f := range files {
		all = append(all, checkSize(f)...)
		all = append(all, checkComments(f)...)
		all = append(all, checkDeclarations(f)...)
	}
	return all
}

func checkSize(f *file) []breach {
	var all []breach
	if f.lines > maxFileLines && bigFiles[f.path] == "" {
		all = append(all, f.breach(maxFileLines, "file has %d lines, more than %d", f.lines, maxFileLines))
	}
	for _, d := range f.syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		n := f.line(fn.End()) - f.line(fn.Pos()) + 1
		if n > maxFunctionLines && bigFunctions[f.path+" "+fn.Name.Name] == "" {
			all = append(all, f.breach(f.line(fn.Pos()), "function %s has %d lines, more than %d", fn.Name.Name, n, maxFunctionLines))
		}
	}
	return all
}

func checkComments(f *file) []breach {
	var all []breach
	for _, group := range f.syntax.Comments {
		for _, c := range group.List {
			line := f.line(c.Pos())
			if strings.HasPrefix(c.Text, "//go:linkname") {
				all = append(all, f.breach(line, "go:linkname reaches into what is not ours"))
			}
			if word := unfinished.FindString(c.Text); word != "" && f.folder() != "internal/archtest" {
				all = append(all, f.breach(line, "%s: finish it, or take it out", word))
			}
		}
	}
	return all
}

func checkDeclarations(f *file) []breach {
	var all []breach
	for _, d := range f.syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" && f.module == "." {
				all = append(all, f.breach(f.line(d.Pos()), "func init: nothing happens because a package is imported"))
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR && !f.isTest() && f.syntax.Name.Name != "main" {
				all = append(all, checkVars(f, d)...)
			}
		}
	}
	return all
}

// checkVars finds exported variables. Errors are ones, by custom; all else is a setting that
// belongs into a value.
func checkVars(f *file, d *ast.GenDecl) []breach {
	var all []breach
	for _, spec := range d.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, name := range v.Names {
			if name.IsExported() && !strings.HasPrefix(name.Name, "Err") && exportedVars[f.path+" "+name.Name] == "" {
				all = append(all, f.breach(f.line(name.Pos()), "exported variable %s: anybody could change it", name.Name))
			}
		}
	}
	return all
}
