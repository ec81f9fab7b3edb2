package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxFile is the size above which a file can't be a configuration.
const maxFile = 8 << 20

// Options are how a file is read. The zero value is strict.
type Options struct {
	// Lax turns unknown keys into warnings. Default: false.
	Lax bool
	// FileName stands in errors and warnings; the extension .json demands
	// strict JSON, and "extends" is relative to its directory. Default: "config";
	// for [Load] the path.
	FileName string
	// Types are the types of destinations and extensions that are registered beyond those of the schema.
	Types []string
	// Templates are what a file may extend beside other files and the presets.
	Templates Templates
	// MaxExtendsDepth is how deep "extends" may be nested; below 0 it may not be
	// used. Default: 5.
	MaxExtendsDepth int
	// MaxMergedNodes is how many values the configuration may have with all
	// that it extends. Default: 10000.
	MaxMergedNodes int
	// LookupEnv finds the variables of ${VAR}. Default: os.LookupEnv.
	LookupEnv func(name string) (string, bool)
}

// Load reads a YAML or JSON file and what it extends. The error is all that is wrong with it,
// joined; each is an [*Error] with line and column.
func Load(path string, o Options) (*Config, []Warning, error) {
	l, err := Read(path, o)
	if err != nil {
		return nil, l.Warnings, err
	}
	return l.Config, l.Warnings, nil
}

// Parse reads YAML or JSON text, as [Load] does. The warnings are those of
// [Resolve] too, with their places.
func Parse(data []byte, o Options) (*Config, []Warning, error) {
	l, err := ReadText(data, o)
	if err != nil {
		return nil, l.Warnings, err
	}
	return l.Config, l.Warnings, nil
}

// Loaded is a configuration and what is known about its files.
type Loaded struct {
	Config   *Config // nil when a file can't be read or its text not parsed
	Plan     Plan    // the zero Plan when there was an error
	Warnings []Warning
	// Files are the absolute paths of all files that were read, the first is
	// that which was asked for.
	Files []string
	// SecretFiles are the paths of ${file:}.
	SecretFiles []string

	decoder  *decoder
	resolver *resolver // nil when a value is wrong
}

// Read reads a file and what it extends. The result is never nil: beside an
// error it holds what could be read.
func Read(path string, o Options) (*Loaded, error) {
	f, err := os.Open(path)
	if err != nil {
		return &Loaded{}, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return &Loaded{}, fmt.Errorf("configuration: %w", err)
	}
	o.FileName = orDefault(o.FileName, path)
	return read(path, data, o)
}

// ReadText is [Read] of text.
func ReadText(data []byte, o Options) (*Loaded, error) { return read(o.FileName, data, o) }

func read(path string, data []byte, o Options) (*Loaded, error) {
	src := newSource(o.FileName, data)
	if len(data) > maxFile {
		return &Loaded{}, src.error(place{}, "", "a configuration can't be larger than 8 MiB")
	}
	l := newLoader(o)
	first := &file{src: src, data: data, left: l.maxDepth(), dir: filepath.Dir(path)}
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		l.files = append(l.files, abs)
		first.path, _ = filepath.EvalSymlinks(abs)
	}
	root := l.tree(first)
	d := newDecoder(l, src)
	out := &Loaded{Files: l.files, decoder: d}
	if (root == nil || l.parents > 0) && len(l.errors) > 0 {
		return out, joined(l.errors) // what a parent says is not known: more errors would mislead
	}
	if root != nil {
		d.interpolateTree(l, root)
	}
	out.Config, out.SecretFiles = new(Config), l.secretFiles
	if root != nil {
		d.root(root, out.Config)
	}
	r := resolve(out.Config, o.Types, d)
	if len(d.errors) == 0 && len(l.errors) == 0 {
		out.resolver = r
	}
	d.add(r.problems)
	out.Warnings = d.located()
	all := append(l.errors, d.failures()...)
	if len(all) > 0 {
		return out, joined(all)
	}
	out.Plan = r.plan
	out.Plan.Warnings = out.Warnings
	return out, nil
}

func newDecoder(l *loader, first *source) *decoder {
	return &decoder{
		lax: l.o.Lax, first: first, owner: l.owner,
		places: make(map[string]places), nulls: make(map[string]bool), secrets: make(map[string]bool), secretPaths: make(map[string]bool),
		failed: make(map[*yaml.Node]bool), broken: make(map[string]bool),
		shown: make(map[*yaml.Node]place), secretNodes: make(map[*yaml.Node]bool),
	}
}

// add takes over what was found in the values, but for what follows from a
// value that could not be read.
func (d *decoder) add(p *problems) {
	broken := maps.Clone(d.broken)
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

// failures are the errors with their places.
func (d *decoder) failures() []*Error {
	all := make([]*Error, 0, len(d.errors))
	for _, p := range d.errors {
		all = append(all, d.failure(p))
	}
	return all
}

func (d *decoder) failure(p problem) *Error {
	at := d.placeOf(p)
	at.hidden = !p.atKey && isSecretPath(p.path)
	return orDefault(at.src, d.first).error(at, p.path, d.withoutSecrets(p))
}

// joined puts errors in the order of their places; those of one file stay together.
func joined(all []*Error) error {
	order := make(map[string]int)
	for _, e := range all {
		if _, ok := order[e.File]; !ok {
			order[e.File] = len(order)
		}
	}
	slices.SortStableFunc(all, func(a, b *Error) int {
		return cmp.Or(order[a.File]-order[b.File], a.Line-b.Line, a.Col-b.Col)
	})
	errs := make([]error, len(all))
	for i, e := range all {
		errs[i] = e
	}
	return errors.Join(errs...)
}

func (d *decoder) located() []Warning {
	var all []Warning
	for _, p := range d.warnings {
		at := d.placeOf(p)
		all = append(all, Warning{File: orDefault(at.src, d.first).name, Line: at.line, Col: at.col, Path: p.path, Message: d.withoutSecrets(p)})
	}
	return all
}

// quoted is a word that an error takes from a value, or part of one.
var quoted = regexp.MustCompile(`"[^"]*"`)

// withoutSecrets is the text of a problem without the content of ${file:} and
// without passwords in URLs.
func (d *decoder) withoutSecrets(p problem) string {
	text := p.text
	if d.secretPaths[p.path] {
		text = quoted.ReplaceAllString(text, `"***"`)
	}
	for secret := range d.secrets {
		for line := range strings.SplitSeq(secret, "\n") {
			if len(line) > 3 {
				escaped := strconv.Quote(line)
				text = strings.ReplaceAll(text, line, "***")
				text = strings.ReplaceAll(text, escaped[1:len(escaped)-1], "***")
			}
		}
		text = strings.ReplaceAll(text, strconv.Quote(secret), `"***"`)
	}
	return maskURL(text)
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
