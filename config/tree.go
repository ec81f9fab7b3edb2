package config

import "go.yaml.in/yaml/v4"

// entry is one key and its value.
type entry struct{ key, value *yaml.Node }

// entriesOf returns the keys and values of a mapping that was expanded.
func entriesOf(n *yaml.Node) []entry {
	all := make([]entry, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		all = append(all, entry{n.Content[i], n.Content[i+1]})
	}
	return all
}

// expander copies the tree of one file, with aliases followed and "<<" carried
// out, so that trees of several files can be merged.
type expander struct {
	l     *loader
	src   *source
	left  int // nodes that may still come
	depth int
	open  map[*yaml.Node]bool // mappings and lists that are being copied
	alias *yaml.Node          // the outermost that is being followed
}

// node copies n. It returns nil when there are too many values, or they are nested too deep.
func (e *expander) node(n *yaml.Node) *yaml.Node {
	at := n
	for n.Kind == yaml.AliasNode {
		n = n.Alias
		if e.alias == nil {
			e.alias = at
			defer func() { e.alias = nil }()
		}
	}
	if e.alias != nil {
		at = e.alias
	}
	if e.left--; e.left < 0 {
		if e.left == -1 {
			e.stop(at, "a configuration can't have more than %d values, aliases followed (max_merged_nodes)", e.l.maxNodes())
		}
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		out := *n
		out.Anchor = ""
		e.l.owner[&out] = e.src
		return &out
	}
	if e.open[n] {
		return e.stop(at, "the alias stands in what it refers to")
	}
	if e.depth++; e.depth > maxDepth {
		return e.stop(at, "nested too deep")
	}
	e.open[n] = true
	defer func() { e.depth--; delete(e.open, n) }()
	return e.collection(n)
}

// stop ends the copying with an error.
func (e *expander) stop(at *yaml.Node, format string, args ...any) *yaml.Node {
	e.l.errorf(e.src, placeOfNode(at), format, args...)
	e.left = -2
	return nil
}

func (e *expander) collection(n *yaml.Node) *yaml.Node {
	out := *n
	out.Anchor, out.Content = "", nil
	e.l.owner[&out] = e.src
	switch n.Kind {
	case yaml.MappingNode:
		return e.mapping(&out, n)
	case yaml.SequenceNode:
		for _, child := range n.Content {
			c := e.node(child)
			if c == nil {
				return nil
			}
			out.Content = append(out.Content, c)
		}
	}
	return &out
}

func (e *expander) mapping(out, n *yaml.Node) *yaml.Node {
	for _, pair := range e.entries(n) {
		key := *pair.key
		e.l.owner[&key] = e.src
		value := e.node(pair.value)
		if value == nil {
			return nil
		}
		out.Content = append(out.Content, &key, value)
	}
	return out
}

// entries returns the keys and values of a mapping, in order. A key that is
// there twice is an error. What "<<" brings in stands behind, unless it is there already.
func (e *expander) entries(n *yaml.Node) []entry {
	var all []entry
	first := make(map[string]int)
	var merged []*yaml.Node
	for _, pair := range entriesOf(n) {
		key := pair.key
		switch line, twice := first[key.Value]; {
		case key.ShortTag() == "!!merge":
			merged = append(merged, e.mergeSources(pair.value, 0)...)
		case key.Kind != yaml.ScalarNode:
			e.l.errorf(e.src, placeOfNode(key), "a key must be text, not %s", describe(key))
		case twice:
			at := placeOfNode(key)
			e.l.errorf(e.src, at, "duplicate key %q, already set in line %d", key.Value, line)
		default:
			first[key.Value] = key.Line
			all = append(all, pair)
		}
	}
	for _, m := range merged {
		if e.open[m] {
			e.stop(n, "<< names the mapping that it stands in")
			return nil
		}
		if e.left -= len(m.Content) / 2; e.left < 0 {
			e.left = 0
			return all // the next value reports it
		}
		e.open[m] = true
		inherited := e.entries(m)
		delete(e.open, m)
		for _, pair := range inherited {
			if _, have := first[pair.key.Value]; !have {
				first[pair.key.Value] = pair.key.Line
				all = append(all, pair)
			}
		}
	}
	return all
}

// mergeSources are the mappings that the value of "<<" names.
func (e *expander) mergeSources(n *yaml.Node, depth int) []*yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind == yaml.MappingNode:
		return []*yaml.Node{n}
	case n.Kind == yaml.SequenceNode && depth == 0:
		var all []*yaml.Node
		for _, child := range n.Content {
			all = append(all, e.mergeSources(child, 1)...)
		}
		return all
	}
	e.l.errorf(e.src, placeOfNode(n), "<< must name a mapping, not %s", describe(n))
	return nil
}

// merge lays one tree over another: mappings are merged key by key, all else is replaced.
func (l *loader) merge(base, over *yaml.Node) *yaml.Node {
	if base == nil {
		return over
	}
	if base.Kind != yaml.MappingNode || over.Kind != yaml.MappingNode {
		return over
	}
	out := *over
	out.Content = nil
	l.owner[&out] = l.owner[over]
	at := make(map[string]int)
	for _, pair := range entriesOf(base) {
		at[pair.key.Value] = len(out.Content)
		out.Content = append(out.Content, pair.key, pair.value)
	}
	for _, pair := range entriesOf(over) {
		i, have := at[pair.key.Value]
		if !have {
			out.Content = append(out.Content, pair.key, pair.value)
			continue
		}
		out.Content[i], out.Content[i+1] = pair.key, l.merge(out.Content[i+1], pair.value)
	}
	return &out
}

// countNodes counts the values of a tree, keys not.
func countNodes(n *yaml.Node) int {
	count := 1
	switch n.Kind {
	case yaml.MappingNode:
		for _, pair := range entriesOf(n) {
			count += countNodes(pair.value)
		}
	case yaml.SequenceNode:
		for _, child := range n.Content {
			count += countNodes(child)
		}
	}
	return count
}
