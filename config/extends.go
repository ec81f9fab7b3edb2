package config

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	// DefaultExtendsDepth is how deep "extends" may be nested.
	DefaultExtendsDepth = 5
	// DefaultMergedNodes is how many values a configuration may have, after all files are merged.
	DefaultMergedNodes = 10000
	// maxParents bounds how often files are read for one configuration.
	maxParents = 200
	// templatePrefix marks a template where a file could stand.
	templatePrefix = "template:"
)

// loader reads a file and what it extends into one tree.
type loader struct {
	o       Options
	errors  []*Error
	owner   map[*yaml.Node]*source // the file of every node
	files   []string               // absolute paths of the files that were read
	parents int

	secretFiles []string // paths of ${file:}
}

func newLoader(o Options) *loader {
	return &loader{o: o, owner: make(map[*yaml.Node]*source)}
}

func (l *loader) maxNodes() int { return orDefault(l.o.MaxMergedNodes, DefaultMergedNodes) }

func (l *loader) maxDepth() int {
	if l.o.MaxExtendsDepth < 0 {
		return 0
	}
	return orDefault(l.o.MaxExtendsDepth, DefaultExtendsDepth)
}

func (l *loader) errorf(src *source, at place, format string, args ...any) {
	l.errors = append(l.errors, src.error(at, "", fmt.Sprintf(format, args...)))
}

// file is one file on the way from the one that was asked for.
type file struct {
	src  *source
	data []byte
	path string // absolute, symbolic links followed; "" for text
	from *file  // that extends it
	left int    // how many levels of extends may follow
	dir  string // that extends is relative to
}

// tree returns the tree of a file laid over those that it extends, nil when it is empty.
func (l *loader) tree(f *file) *yaml.Node {
	parsed, err := parseNodes(f.src, f.data)
	if err != nil {
		l.add(err)
		return nil
	}
	if parsed == nil || isNull(parsed) {
		return nil
	}
	if parsed.Kind != yaml.MappingNode {
		l.errorf(f.src, placeOfNode(parsed), "a configuration is a mapping of keys to values, this is %s", describe(parsed))
		return nil
	}
	x := expander{l: l, src: f.src, left: l.maxNodes(), open: make(map[*yaml.Node]bool)}
	root := x.node(parsed)
	if root == nil {
		return nil
	}
	base := l.extend(f, root)
	merged := l.merge(base, root)
	if base != nil && countNodes(merged) > l.maxNodes() {
		l.errorf(f.src, placeOfNode(root), "with what it extends the configuration has more than %d values (max_merged_nodes)", l.maxNodes())
	}
	return merged
}

func (l *loader) add(err error) {
	if e, ok := err.(*Error); ok {
		l.errors = append(l.errors, e)
	}
}

// extend takes "extends" out of the root and returns the tree of all parents, the later over the earlier.
func (l *loader) extend(f *file, root *yaml.Node) *yaml.Node {
	i := slices.IndexFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "extends" && n.Kind == yaml.ScalarNode })
	for i >= 0 && i%2 == 1 { // a value
		j := slices.IndexFunc(root.Content[i+1:], func(n *yaml.Node) bool { return n.Value == "extends" && n.Kind == yaml.ScalarNode })
		if j < 0 {
			return nil
		}
		i += 1 + j
	}
	if i < 0 {
		return nil
	}
	value := root.Content[i+1]
	root.Content = slices.Delete(root.Content, i, i+2)
	var merged *yaml.Node
	for _, n := range l.parentNodes(f, value) {
		if parent := l.parent(f, n); parent != nil {
			merged = l.merge(merged, parent)
		}
	}
	return merged
}

// parentNodes are the texts that name parents.
func (l *loader) parentNodes(f *file, value *yaml.Node) []*yaml.Node {
	if isNull(value) {
		return nil
	}
	all := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		all = value.Content
	}
	out := make([]*yaml.Node, 0, len(all))
	for _, n := range all {
		switch {
		case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str":
			l.errorf(f.src, placeOfNode(n), "extends must be the path of a file or a list of them, not %s", describe(n))
		case strings.TrimSpace(n.Value) == "":
			l.errorf(f.src, placeOfNode(n), "extends: the path of a file can't be empty")
		case value.Kind == yaml.SequenceNode: // the original trims the elements of a list, but not a text alone
			n.Value = strings.TrimSpace(n.Value)
			out = append(out, n)
		default:
			out = append(out, n)
		}
	}
	return out
}

// parent reads one parent and all that it extends.
func (l *loader) parent(f *file, n *yaml.Node) *yaml.Node {
	at := placeOfNode(n)
	name, _, err := l.interpolate(n.Value)
	if err != nil {
		l.errorf(f.src, at, "extends: %v", err)
		return nil
	}
	if l.parents++; l.parents > maxParents {
		if l.parents == maxParents+1 {
			l.errorf(f.src, at, "extends: more than %d files are read for one configuration", maxParents)
		}
		return nil
	}
	if f.left <= 0 {
		l.errorf(f.src, at, "extends is nested deeper than %d files (max_extends_depth): %s", l.maxDepth(), f.chain(name))
		return nil
	}
	var p *file
	if template, ok := strings.CutPrefix(name, templatePrefix); ok {
		p, err = l.template(strings.TrimSpace(template))
	} else {
		p, err = l.open(f, name)
	}
	if err != nil {
		l.errorf(f.src, at, "extends: %v", err)
		return nil
	}
	p.from, p.left = f, f.left-1
	return l.tree(p)
}

// open reads the file of a parent, whose name is relative to that of the file that extends it.
func (l *loader) open(f *file, name string) (*file, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.dir, path)
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w%s", path, withoutPath(err), nearestFile(path, f.path))
	}
	for up := f; up != nil; up = up.from {
		if up.path == real {
			return nil, fmt.Errorf("a cycle: %s", f.chain(name))
		}
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if abs, err := filepath.Abs(path); err == nil {
		l.files = append(l.files, abs)
	}
	return &file{src: newSource(path, data), data: data, path: real, dir: filepath.Dir(path)}, nil
}

// nearestFile is a hint at another file with nearly that path than the one that extends it, or "".
func nearestFile(path, from string) string {
	if strings.TrimSpace(path) != path {
		return "; the path begins or ends with a space"
	}
	all, _ := os.ReadDir(filepath.Dir(path))
	var names []string
	for _, e := range all {
		if !e.IsDir() && e.Name() != filepath.Base(from) {
			names = append(names, e.Name())
		}
	}
	return didYouMean(filepath.Base(path), names)
}

// readFile reads a regular file that is not too large.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file but %s", path, kindOf(info.Mode()))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is larger than 8 MiB", path)
	}
	return data, err
}

func kindOf(m os.FileMode) string {
	if m.IsDir() {
		return "a directory"
	}
	return "a device or a pipe"
}

// template is a named configuration as if it were a file.
func (l *loader) template(name string) (*file, error) {
	src := templatePrefix + name
	if c, ok := l.o.Templates[name]; ok {
		data, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		return &file{src: newSource(src+".json", data), data: data}, nil
	}
	text, err := Preset(name)
	if err != nil {
		return nil, fmt.Errorf("there is no template %q%s", name, possible("templates", name, l.o.Templates.names()))
	}
	return &file{src: newSource(src, []byte(text)), data: []byte(text)}, nil
}

// chain is the way from the first file to one that it leads to.
func (f *file) chain(last string) string {
	names := []string{last}
	for up := f; up != nil; up = up.from {
		names = append(names, up.src.name)
	}
	slices.Reverse(names)
	return strings.Join(names, " -> ")
}
