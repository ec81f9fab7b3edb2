package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// maxFile is the size above which a file can't be a configuration.
const maxFile = 8 << 20

// Options are how a file is read. The zero value is strict.
type Options struct {
	// Lax turns unknown keys, and keys of the schema that this version does not
	// support, into warnings. Keys that protect or add something (extends,
	// extensions, path confinement, data protection) stay errors. Default: false.
	Lax bool
	// FileName stands in errors and warnings; the extension .json demands
	// strict JSON. Default: "config"; for [Load] the path.
	FileName string
	// Types are the destination types that are registered beyond those of this package.
	Types []string
}

// Load reads a YAML or JSON file. The error is all that is wrong with it,
// joined; each is an [*Error] with line and column.
func Load(path string, o Options) (*Config, []Warning, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	if o.FileName == "" {
		o.FileName = path
	}
	return Parse(data, o)
}

// Parse reads YAML or JSON text, as [Load] does. The warnings are those of
// [Resolve] too, with their places.
func Parse(data []byte, o Options) (*Config, []Warning, error) {
	src := newSource(o.FileName, data)
	if len(data) > maxFile {
		return nil, nil, src.error(place{}, "", "a configuration can't be larger than 8 MiB")
	}
	root, err := parseNodes(src, data)
	if err != nil {
		return nil, nil, err
	}
	d := decoder{lax: o.Lax, places: make(map[string]places), nulls: make(map[string]bool)}
	c := new(Config)
	d.root(root, c)
	_, p := resolve(c, o.Types, &d)
	d.add(p)
	warnings := d.located(src)
	if len(d.errors) > 0 {
		return nil, warnings, d.failure(src)
	}
	return c, warnings, nil
}

// add takes over what was found in the values, but for what follows from a
// value that could not be read.
func (d *decoder) add(p *problems) {
	broken := make(map[string]bool)
	for _, e := range d.errors {
		broken[e.path] = true
	}
	for _, e := range p.errors {
		known := false
		for path := e.path; path != ""; path = parent(path) {
			known = known || broken[path]
		}
		if !known {
			d.errors = append(d.errors, e)
		}
	}
	d.warnings = append(d.warnings, p.warnings...)
}

// failure joins the errors in the order of their places.
func (d *decoder) failure(src *source) error {
	all := make([]*Error, 0, len(d.errors))
	for _, p := range d.errors {
		all = append(all, src.error(d.placeOf(p), p.path, p.text))
	}
	slices.SortStableFunc(all, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	joined := make([]error, len(all))
	for i, e := range all {
		joined[i] = e
	}
	return errors.Join(joined...)
}

func (d *decoder) located(src *source) []Warning {
	var all []Warning
	for _, p := range d.warnings {
		at := d.placeOf(p)
		all = append(all, Warning{File: src.name, Line: at.line, Col: at.col, Path: p.path, Message: p.text})
	}
	return all
}

// placeOf is where the problem is, or the nearest thing around it that the
// file mentions.
func (d *decoder) placeOf(p problem) place {
	for path := p.path; ; path = parent(path) {
		at, ok := d.places[path]
		switch {
		case ok && (p.atKey || path != p.path) && at.key.line > 0:
			return at.key
		case ok:
			return at.value
		case path == "":
			return place{}
		}
	}
}

// parent is the path without its last element, "" at the end.
func parent(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' || path[i] == '[' {
			return path[:i]
		}
	}
	return ""
}
