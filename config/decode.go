package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// decoder fills the schema's types from a tree and remembers where everything was.
type decoder struct {
	problems
	lax    bool
	first  *source // the file that was asked for
	owner  map[*yaml.Node]*source
	places map[string]places
	nulls  map[string]bool // paths of explicit nulls

	failed map[*yaml.Node]bool // values whose ${...} could not be replaced
	broken map[string]bool     // their paths

	secrets     map[string]bool      // values that came out of ${file:}
	secretPaths map[string]bool      // where they are
	secretNodes map[*yaml.Node]bool  // nodes that hold one
	shown       map[*yaml.Node]place // nodes that ${...} was in, and where
}

func (d *decoder) root(n *yaml.Node, c *Config) {
	d.object(n, reflect.ValueOf(c).Elem(), "")
}

// note remembers where the value at path is, and its key.
func (d *decoder) note(path string, key, value *yaml.Node) {
	p := places{value: d.placeOfValue(value)}
	if key != nil {
		p.key = placeOfNode(key)
		p.key.src = d.owner[key]
	}
	d.places[path] = p
	if isNull(value) && d.nulls != nil {
		d.nulls[path] = true
	}
	if d.failed[value] {
		d.broken[path] = true
	}
	if d.secretNodes[value] {
		d.secrets[value.Value] = true
		d.secretPaths[path] = true
	}
}

// placeOfValue is where a value stands in its file; of one that came out of ${...}, where that is.
func (d *decoder) placeOfValue(n *yaml.Node) place {
	at, ok := d.shown[n]
	if !ok {
		at = placeOfNode(n)
	}
	at.src = d.owner[n]
	return at
}

func placeOfNode(n *yaml.Node) place {
	p := place{line: n.Line, col: n.Column, width: 1}
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		p.width = max(len([]rune(n.Value)), 1)
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			p.width += 2
		}
	}
	return p
}

// value decodes n into v.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if d.failed[n] {
		return
	}
	if isNull(n) {
		d.null(v, path)
		return
	}
	switch p := v.Addr().Interface().(type) {
	case *Duration:
		decodeText(d, n, path, p, ParseDuration, NoTimeout)
		return
	case *Size:
		decodeText(d, n, path, p, ParseSize, NoReserve)
		return
	case *time.Duration:
		var out Duration
		decodeText(d, n, path, &out, ParseDuration, 0)
		*p = out.Std()
		return
	case *Level:
		d.level(n, path, p)
		return
	case *FileMode:
		d.fileMode(n, path, p)
		return
	case *Strings:
		d.strings(n, path, p)
		return
	case *Compression:
		d.compression(n, path, p)
		return
	case *SizeText:
		d.sizeText(n, path, p)
		return
	case *Extensions:
		d.extensions(n, path, p)
		return
	case *Durability, *Overflow:
		if text, ok := d.setting(n, path); ok {
			v.SetString(text)
		}
		return
	case *Destination:
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && strings.HasSuffix(path, "]") {
			p.Ref = n.Value
			return
		}
	}
	d.kind(n, v, path)
}

// kind decodes by the kind of the Go type.
func (d *decoder) kind(n *yaml.Node, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Bool:
		if b, ok := parseBool(n); ok {
			v.SetBool(b)
		} else {
			d.errorf(path, "%s must be true or false, not %s", path, describe(n))
		}
	case reflect.Int, reflect.Int64:
		if i, ok := d.integer(n, path); ok {
			v.SetInt(i)
		}
	case reflect.Float64:
		if f, err := strconv.ParseFloat(n.Value, 64); n.Kind == yaml.ScalarNode && err == nil {
			v.SetFloat(f)
		} else {
			d.errorf(path, "%s must be a number, not %s", path, describe(n))
		}
	case reflect.String:
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
			v.SetString(n.Value)
		} else {
			d.errorf(path, "%s must be text, not %s%s", path, describe(n), quoteHint(n))
		}
	case reflect.Interface:
		if a := d.any(n, path); a != nil {
			v.Set(reflect.ValueOf(a))
		}
	default:
		panic("config: the schema has a field of kind " + v.Kind().String())
	}
}

// null is "not set", but for what must be there.
func (d *decoder) null(v reflect.Value, path string) {
	if k := v.Kind(); k == reflect.Map || k == reflect.Slice || k == reflect.Struct {
		d.errorf(path, "%s is empty (null); remove the key or write its value", path)
	}
}

// object decodes a mapping into a struct; the keys are those of the json tags.
func (d *decoder) object(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.errorf(path, "%s must be a mapping of keys to values, not %s", path, describe(n))
		return
	}
	fields := fieldsOf(v.Type())
	for _, e := range entriesOf(n) {
		name := e.key.Value
		if name == "$schema" && path == "" { // for editors
			continue
		}
		at := join(path, name)
		i, ok := fields[name]
		if _, taken := d.places[at]; taken && ok {
			d.note(at+"#2", e.key, e.value)
			d.keyErrorf(at+"#2", "%s is written by another name already; remove one of them", at)
			continue
		}
		d.note(at, e.key, e.value)
		if ok {
			d.field(e.value, v, i, at)
		} else if !d.alias(e, v, path, at) {
			d.unknown(v.Type(), name, path, at)
		}
	}
}

// field decodes the value of a key that the struct has. Its tag "null" says
// what null means: "no" refuses it, "ok" is an absent key, "none" the opposite of the default. With the tag number:"text" a number stands for its text.
func (d *decoder) field(n *yaml.Node, v reflect.Value, i int, path string) {
	tag := v.Type().Field(i).Tag
	if tag.Get("unit") != "" && n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!int" || n.ShortTag() == "!!float") {
		d.errorf(path, `%s needs a unit ("30d", "12h"): a number alone could be days or seconds`, path)
		return
	}
	if tag.Get("number") == "text" && n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!int" || n.ShortTag() == "!!float") {
		v.Field(i).SetString(n.Value) // as it is written: 1.10 is not 1.1
		return
	}
	rule := tag.Get("null")
	if rule == "" || !isNull(n) {
		d.value(n, v.Field(i), path)
		return
	}
	switch rule {
	case "no":
		hint := "remove the key or write its value"
		if strings.HasSuffix(path, ".type") {
			hint = `for the type that drops everything write "null" in quotes`
		}
		d.errorf(path, "%s can't be null; %s", path, hint)
	case "none":
		if v.Field(i).Kind() == reflect.String {
			v.Field(i).SetString(noneText)
		} else {
			v.Field(i).SetInt(int64(NoTimeout))
		}
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.errorf(path, "%s must be a mapping of names, not %s", path, describe(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range entriesOf(n) {
		at := join(path, e.key.Value)
		d.note(at, e.key, e.value)
		d.name(e.key, at)
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(e.value, item, at)
		v.SetMapIndex(reflect.ValueOf(e.key.Value), item)
	}
}

// name refuses a name that is a number, true, false or null for YAML: other readers of the file would take it for that.
func (d *decoder) name(key *yaml.Node, path string) {
	if strings.Contains(key.Value, "${") {
		d.keyErrorf(path, "%s: ${...} is replaced in values, not in names", path)
		return
	}
	if tag := key.ShortTag(); tag != "!!str" {
		d.keyErrorf(path, "%s: a name must be text, not %s; put it in quotes", path, describe(key))
	}
}

func (d *decoder) sequence(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.errorf(path, "%s must be a list, not %s; begin each element with \"- \"", path, describe(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, child := range n.Content {
		at := path + "[" + strconv.Itoa(i) + "]"
		d.note(at, nil, child)
		d.value(child, v.Index(i), at)
	}
}

// unknown reports a key that the struct has not.
func (d *decoder) unknown(t reflect.Type, name, path, at string) {
	where := ""
	if path != "" {
		where = " in " + path
	}
	p := d.places[at]
	p.key.masked = true
	d.places[at] = p
	names := slices.Sorted(keysOf(fieldsOf(t)))
	hint := didYouMean(name, names)
	if hint == "" && len(names) <= 10 {
		hint = possible("keys", name, names)
	}
	text := fmt.Sprintf("unknown key %q%s%s", name, where, hint)
	if d.lax {
		d.warnings = append(d.warnings, problem{path: at, atKey: true, text: text + "; it is ignored"})
		return
	}
	d.errors = append(d.errors, problem{path: at, atKey: true, unknown: true, text: text})
}
