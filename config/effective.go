package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// hidden stands for a value that is not shown.
const hidden = "***"

// Effective is the configuration as JSON, with the keys of the schema, the
// defaults filled in, and secrets masked. Under "resolved" it has the absolute
// file of each file destination by its place ("layers.api.destinations.0"),
// under "derived" what follows for levels (as numbers of the Python original),
// its queue and its extensions. It is nil when a value of the configuration is
// wrong; paths that are refused are left out of "resolved". "notes" say where a
// default of the schema is not what happens.
func (l *Loaded) Effective() []byte {
	if l.resolver == nil {
		return nil
	}
	e := effect{l: l}
	top := e.object("", reflect.ValueOf(l.Config).Elem())
	top.set("layers", e.layers())
	top.set("resolved", l.resolved())
	top.set("derived", l.derived())
	top.set("notes", effectNotes())
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(top); err != nil {
		return nil
	}
	return out.Bytes()
}

// effectNotes say where a default of the schema is not what happens.
func effectNotes() []string {
	return []string{
		"defaults are those of the schema, which Hydra-Logger for Python has too; of keys that are not written:",
		"max_size, backup_count: a file that writes neither is not rotated",
		"retry_count: deliveries are retried without limit; retry_delay, timeout, max_connections, max_queue_size: as the type of destination has them",
		"buffer_size, flush_interval: as the worker has them",
		"use_colors: what the terminal and NO_COLOR say",
	}
}

// ordered is a JSON object whose keys keep their order.
type ordered struct {
	keys   []string
	values map[string]any
}

func (o *ordered) set(key string, value any) {
	if o.values == nil {
		o.values = make(map[string]any)
	}
	if _, have := o.values[key]; !have {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
}

// MarshalJSON implements json.Marshaler.
func (o *ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := plainJSON(key)
		if err != nil {
			return nil, err
		}
		value, err := plainJSON(o.values[key])
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plainJSON is v with & < > as they are: a URL can be read.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// effect renders values. Whether a zero value is written, and as what, is known by its path.
type effect struct{ l *Loaded }

func (e effect) object(path string, v reflect.Value) *ordered {
	out := new(ordered)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := join(path, name)
		value, shown := e.field(at, v.Field(i), f)
		if shown {
			out.set(name, value)
		}
	}
	return out
}

// field renders one field. A key of this program alone is left out where it is
// neither written nor has a default.
func (e effect) field(path string, v reflect.Value, f reflect.StructField) (any, bool) {
	d := e.l.decoder
	switch {
	case d.nulls[path]:
		return nil, true
	case !v.IsZero():
		return e.value(path, v), true
	case e.written(path):
		return e.zero(v), true
	case f.Tag.Get("default") != "":
		return parseDefault(f.Tag.Get("default"), v), true
	case f.Tag.Get("orig") == "":
		return nil, false
	case v.Kind() == reflect.Bool:
		return false, true
	}
	return nil, true
}

func (e effect) written(path string) bool {
	_, ok := e.l.decoder.places[path]
	return ok
}

// zero is a value that is written and is the zero one.
func (e effect) zero(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		return nil
	case reflect.Map, reflect.Struct:
		return map[string]any{}
	case reflect.Slice:
		return []any{}
	}
	return v.Interface()
}

// parseDefault is the default of a tag, as the kind of the field is written in JSON.
func parseDefault(text string, v reflect.Value) any {
	if b, ok := boolOf(text); ok && (v.Kind() == reflect.Bool || v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Bool) {
		return b
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && v.Kind() != reflect.String {
		return f
	}
	return text
}

// value renders a value that is not zero.
func (e effect) value(path string, v reflect.Value) any {
	if isSecretKey(lastKey(path)) {
		return e.masked(v)
	}
	switch x := v.Interface().(type) {
	case Level:
		if e.l.decoder.secretPaths[path] {
			return hidden
		}
		return levelText(x)
	case Duration:
		return max(x.Std().Seconds(), 0)
	case Size:
		return max(int64(x), 0)
	case Extensions:
		return e.extensions(path, x)
	case Destination:
		return e.destination(path, x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return e.value(path, v.Elem())
	case reflect.Struct:
		return e.object(path, v)
	case reflect.String:
		return e.text(v)
	case reflect.Map, reflect.Slice, reflect.Interface:
		return e.collection(path, v)
	}
	return v.Interface()
}

// levelText is the name of a level without its aliases.
func levelText(l Level) string {
	if n, err := l.Parse(); err == nil {
		return LevelName(n)
	}
	return strings.ToUpper(string(l)) // NONE, of sync_level
}

// text masks the content of ${file:} and the user in a URL.
func (e effect) text(v reflect.Value) any {
	if m, ok := v.Interface().(FileMode); ok {
		return m.String()
	}
	if e.l.decoder.secrets[v.String()] {
		return hidden
	}
	text := v.String()
	if u, err := url.Parse(text); err == nil && u.User == nil {
		return secretQuery.ReplaceAllString(text, "${1}"+hidden) // an "@" further behind is none of a password
	}
	return maskURL(text)
}

func (e effect) collection(path string, v reflect.Value) any {
	switch v.Kind() {
	case reflect.Interface:
		return e.value(path, v.Elem())
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = e.element(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
		return out
	}
	out := new(ordered)
	names := v.MapKeys()
	slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, name := range names {
		out.set(name.String(), e.element(join(path, name.String()), v.MapIndex(name)))
	}
	return out
}

func (e effect) element(path string, v reflect.Value) any {
	if v.Kind() == reflect.Interface && v.IsNil() {
		return nil
	}
	return e.value(path, v)
}

// masked hides a value, but not whether there is one.
func (e effect) masked(v reflect.Value) any {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Map {
		return hidden
	}
	out := new(ordered)
	for _, name := range slices.Sorted(maps.Keys(stringKeys(v))) {
		out.set(name, hidden)
	}
	return out
}

func stringKeys(v reflect.Value) map[string]bool {
	out := make(map[string]bool)
	for _, key := range v.MapKeys() {
		out[key.String()] = true
	}
	return out
}

func (e effect) extensions(path string, all Extensions) any {
	out := new(ordered)
	for _, x := range all {
		out.set(x.Name, e.value(join(path, x.Name), reflect.ValueOf(x.values())))
	}
	return out
}

// destination renders one, with what its type and its path decide.
func (e effect) destination(path string, d Destination) any {
	if d.Ref != "" {
		out := new(ordered)
		out.set("ref", e.text(reflect.ValueOf(d.Ref)))
		if d.Level != "" {
			out.set("level", e.value(join(path, "level"), reflect.ValueOf(d.Level)))
		}
		return out
	}
	out := e.object(path, reflect.ValueOf(&d).Elem())
	typ := orDefault(d.Type, TypeConsole)
	if typ == "network" {
		typ = TypeHTTP
	}
	out.set("type", e.text(reflect.ValueOf(typ)))
	out.set("format", nil)
	if f := formatOf(&d); f != "" {
		out.set("format", e.text(reflect.ValueOf(f)))
	}
	return out
}

// layers are those of the file, or the one that stands for none.
func (e effect) layers() any {
	out := new(ordered)
	layers := e.l.resolver.layersOrDefault()
	for _, name := range sortedKeys(layers) {
		l := layers[name]
		layer := e.object(join("layers", name), reflect.ValueOf(&l).Elem())
		if l.Color != "" && l.Color[0] != '\x1b' {
			layer.set("color", strings.ToLower(l.Color))
		}
		out.set(name, layer)
	}
	return out
}

// isSecretKey reports whether the value of a key is not shown.
func isSecretKey(key string) bool { return secretName.MatchString(key) }

// isSecretPath reports whether the value at a path is not shown, or is a part of one that is not.
func isSecretPath(path string) bool {
	for ; path != ""; path = parent(path) {
		if isSecretKey(lastKey(path)) {
			return true
		}
	}
	return false
}

// lastKey is the last element of a path; that of a list has none.
func lastKey(path string) string {
	if strings.HasSuffix(path, "]") {
		return ""
	}
	return path[strings.LastIndexByte(path, '.')+1:]
}
