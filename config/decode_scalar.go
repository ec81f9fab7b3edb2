package config

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// fieldsOf maps the keys of a struct to the indexes of its fields. The key is
// that of the json tag, else the field's name in lower case with "_" between words.
func fieldsOf(t reflect.Type) map[string]int {
	fields := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" {
			fields[orDefault(name, snake(f.Name))] = i
		}
	}
	return fields
}

// snake writes MaxInFlight as max_in_flight and BaseURL as base_url.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		begins := unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(rune(name[i-1])) ||
			i+1 < len(name) && unicode.IsLower(rune(name[i+1])))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func keysOf[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// decodeText reads a scalar that is a number or text. A zero that is written
// is different from a field that is not: it becomes none.
func decodeText[T Duration | Size](d *decoder, n *yaml.Node, path string, out *T, parse func(string) (T, error), none T) {
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode || tag != "!!str" && tag != "!!int" && tag != "!!float" {
		d.errorf(path, "%s must be a number or text with a unit, not %s", path, describe(n))
		return
	}
	text := n.Value
	if f, ok := wholeNumber(n); ok && tag == "!!int" {
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	v, err := parse(text)
	switch {
	case err != nil:
		d.errorf(path, "%s: %v", path, err)
	case v < 0:
		d.errorf(path, "%s: %s is below 0", path, n.Value)
	case v == 0:
		*out = none
	default:
		*out = v
	}
}

// setting reads "word", "word: value" or a mapping of one word to its value.
func (d *decoder) setting(n *yaml.Node, path string) (string, bool) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		return n.Value, true
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 &&
		n.Content[0].Kind == yaml.ScalarNode && n.Content[1].Kind == yaml.ScalarNode {
		return n.Content[0].Value + ": " + n.Content[1].Value, true
	}
	d.errorf(path, `%s must be a word, or a word and its value in quotes ("word: value"), not %s`, path, describe(n))
	return "", false
}

// any decodes a value whose shape is not ours to know.
func (d *decoder) any(n *yaml.Node, path string) any {
	switch n.Kind {
	case yaml.MappingNode:
		out := make(map[string]any)
		for _, e := range entriesOf(n) {
			at := join(path, e.key.Value)
			d.note(at, e.key, e.value)
			out[e.key.Value] = d.any(e.value, at)
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for i, child := range n.Content {
			out = append(out, d.any(child, fmt.Sprintf("%s[%d]", path, i)))
		}
		return out
	}
	var out any
	if _, came := d.shown[n]; came && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		n = &yaml.Node{Kind: yaml.ScalarNode, Value: n.Value} // of the type that the text would have in its place
	}
	if err := n.Decode(&out); err != nil {
		d.errorf(path, "%s: %v", path, err)
	}
	return out
}

// parseBool reads a boolean as YAML 1.1 and 1.2 write them, and 1 and 0.
func parseBool(n *yaml.Node) (value, ok bool) {
	if n.Kind != yaml.ScalarNode {
		return false, false
	}
	return boolOf(n.Value)
}

func boolOf(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "t", "y", "1":
		return true, true
	case "false", "no", "off", "f", "n", "0":
		return false, true
	}
	return false, false
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// describe says what a value is, for errors. The value of text is not in it: it may be a secret.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!int" || n.ShortTag() == "!!float":
		return "a number"
	case n.ShortTag() == "!!bool":
		return "true or false"
	case isNull(n):
		return "null"
	case n.ShortTag() != "!!str":
		return "a value with the tag " + n.Tag
	}
	return "text"
}

func quoteHint(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return "; put it in quotes if it is meant as text"
	}
	return ""
}
