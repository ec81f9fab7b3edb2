// Package schema makes the JSON Schema of configuration files out of the types
// of package config, so that editors can complete and check them.
package schema

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/config"
)

// ID is the address that names the schema.
const ID = "https://github.com/hydra-logger/hydra/schema.json"

// object is a schema, or a part of one.
type object = map[string]any

// variable matches text with ${...} in it, which may stand for any value.
var variable = object{"type": "string", "pattern": `\$\{.+\}`}

// JSON returns the JSON Schema, draft 2020-12.
func JSON() ([]byte, error) {
	defs := make(object)
	root := structure(reflect.TypeFor[config.Config](), defs)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = ID
	root["title"] = "Hydra-Logger"
	root["description"] = "Configuration of a logger: its layers, where their records go, and what is promised about them."
	properties := root["properties"].(object)
	properties["$schema"] = text("Where editors find this schema. It has no effect.")
	properties["extends"] = object{
		"description": `Files, or templates ("template:production"), that this one is laid over: later ones win, mappings are merged, lists are replaced. Relative to this file.`,
		"anyOf":       []any{object{"type": "string"}, object{"type": "array", "items": object{"type": "string"}}, object{"type": "null"}},
	}
	root["$defs"] = defs
	return json.MarshalIndent(root, "", "  ")
}

// structure is the schema of a struct; those of other structs go to defs.
func structure(t reflect.Type, defs object) object {
	properties := make(object)
	for i := range t.NumField() {
		f := t.Field(i)
		properties[key(f)] = field(t, f, defs)
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if t == reflect.TypeFor[config.Destination]() {
		aliases := make(object)
		for name, of := range config.Aliases() {
			properties[name] = object{"description": "Another name of " + of + "."}
			aliases[anySpelling(name)] = true
		}
		out["patternProperties"] = aliases
	}
	return out
}

// anySpelling is a pattern of a name in any case, with "_" between its letters or without.
func anySpelling(name string) string {
	var b strings.Builder
	for _, r := range name {
		b.WriteString("_*[" + string(r) + strings.ToUpper(string(r)) + "]")
	}
	return "^" + b.String() + "_*$"
}

func key(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// field is the schema of one key.
func field(t reflect.Type, f reflect.StructField, defs object) object {
	one := value(f.Type, f, defs)
	if nullable(f) {
		one = anyOf(one, object{"type": "null"})
	}
	if text := fieldDocs[t.Name()+"."+f.Name]; text != "" {
		one["description"] = text
	}
	if def := f.Tag.Get("default"); def != "" {
		one["default"] = literal(def, f.Type)
	}
	return one
}

// nullable reports whether null is an absent key, or has a meaning of its own.
func nullable(f reflect.StructField) bool {
	switch f.Tag.Get("null") {
	case "no":
		return false
	case "ok", "none":
		return true
	}
	k := f.Type.Kind()
	return k != reflect.Map && k != reflect.Slice && k != reflect.Struct
}

func literal(text string, t reflect.Type) any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.String {
		return text
	}
	if b, err := strconv.ParseBool(text); err == nil && t.Kind() == reflect.Bool {
		return b
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n
	}
	return text
}

// anyOf joins alternatives into one list.
func anyOf(all ...object) object {
	var out []any
	for _, one := range all {
		if inner, ok := one["anyOf"].([]any); ok && len(one) == 1 {
			out = append(out, inner...)
		} else {
			out = append(out, one)
		}
	}
	return object{"anyOf": out}
}

// value is the schema of what a key of this type may have.
func value(t reflect.Type, f reflect.StructField, defs object) object {
	switch t {
	case reflect.TypeFor[config.Level]():
		return levels(key(f) == "sync_level")
	case reflect.TypeFor[config.Duration](), reflect.TypeFor[time.Duration]():
		return anyOf(object{"type": "number", "minimum": 0}, text("seconds, or text: 250ms, 10s, 1h30m, 30d"))
	case reflect.TypeFor[config.Size]():
		return anyOf(object{"type": "integer", "minimum": 0}, text("bytes, or text: 256KiB, 5MB"))
	case reflect.TypeFor[config.FileMode]():
		return anyOf(object{"type": "integer"}, object{"type": "string", "pattern": `^(0o?)?[0-7]{3}$|\$\{.+\}`})
	case reflect.TypeFor[config.Strings]():
		return anyOf(object{"type": "string"}, object{"type": "array", "items": object{"type": "string"}})
	case reflect.TypeFor[config.Compression]():
		return anyOf(words(f), object{"type": "boolean"}, variable)
	case reflect.TypeFor[config.Durability](), reflect.TypeFor[config.Overflow]():
		return anyOf(object{"type": "string"}, object{"type": "object", "minProperties": 1, "maxProperties": 1})
	case reflect.TypeFor[config.Extensions]():
		return extensions()
	case reflect.TypeFor[config.Destination]():
		return anyOf(object{"type": "string", "description": "The name of one of destinations."}, reference(t, defs))
	}
	return kind(t, f, defs)
}

func kind(t reflect.Type, f reflect.StructField, defs object) object {
	switch t.Kind() {
	case reflect.Pointer:
		return value(t.Elem(), f, defs)
	case reflect.Struct:
		return reference(t, defs)
	case reflect.Bool:
		return anyOf(object{"type": "boolean"}, object{"type": "integer", "minimum": 0, "maximum": 1},
			object{"type": "string", "pattern": `^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]|[TtFfYyNn01])$|\$\{.+\}`})
	case reflect.Int:
		return anyOf(number(f), object{"type": "string", "pattern": `^\s*[+-]?[0-9_]+(\.0*)?\s*$|\$\{.+\}`})
	case reflect.Slice:
		return object{"type": "array", "items": value(t.Elem(), f, defs)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": value(t.Elem(), f, defs)}
	case reflect.Interface:
		return object{}
	}
	return stringValue(f)
}

// stringValue is text, one of some words where the tag has them, or known names that need not be all.
func stringValue(f reflect.StructField) object {
	switch {
	case f.Tag.Get("number") == "text":
		return object{"type": []any{"string", "number"}}
	case f.Tag.Get("enum") != "":
		return anyOf(words(f), variable)
	case key(f) == "type":
		return anyOf(object{"enum": config.DestinationTypes()}, object{"type": "string", "minLength": 1})
	case key(f) == "format":
		return anyOf(object{"enum": config.Formats()}, object{"type": "string"})
	}
	return object{"type": "string"}
}

func words(f reflect.StructField) object {
	return object{"enum": strings.Split(f.Tag.Get("enum"), ",")}
}

func text(description string) object { return object{"type": "string", "description": description} }

func number(f reflect.StructField) object {
	out := object{"type": "integer"}
	low, high, _ := strings.Cut(f.Tag.Get("range"), "..")
	if n, err := strconv.Atoi(low); err == nil {
		out["minimum"] = n
	}
	if n, err := strconv.Atoi(high); err == nil {
		out["maximum"] = n
	}
	return out
}

// levels are names in any case.
func levels(syncLevel bool) object {
	names := []string{"NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
	if syncLevel {
		names = append(names, "TRACE", "NONE")
	}
	var all []string
	for _, name := range slices.Concat(names, []string{"WARN", "FATAL"}) {
		all = append(all, anyCase(name))
	}
	return anyOf(object{"enum": names}, object{"type": "string", "pattern": `^\s*(` + strings.Join(all, "|") + `)\s*$|\$\{.+\}`})
}

func anyCase(word string) string {
	var b strings.Builder
	for _, r := range word {
		b.WriteString("[" + string(r) + strings.ToLower(string(r)) + "]")
	}
	return b.String()
}

func extensions() object {
	return object{"type": "object", "additionalProperties": object{
		"type": "object",
		"properties": object{
			"type":    object{"description": "Type of the processor. Default: its name.", "type": "string"},
			"enabled": object{"description": "Whether the processor is used. Default: false.", "default": false},
		},
	}}
}

// reference puts a struct into defs and returns a reference to it.
func reference(t reflect.Type, defs object) object {
	if _, have := defs[t.Name()]; !have {
		defs[t.Name()] = object{} // so that a type that holds itself ends
		defs[t.Name()] = structure(t, defs)
	}
	return object{"$ref": "#/$defs/" + t.Name()}
}

// Key is one key of the schema, for documentation.
type Key struct {
	Where    string // "", "layers.NAME", "destination", "journal", …
	Name     string
	Default  string // as it is written in a file, "" for none
	Original bool   // Hydra-Logger for Python has it too
	Doc      string
}

// structs are the types that have keys, in the order of the documentation.
func structs() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[config.Config](), reflect.TypeFor[config.Layer](), reflect.TypeFor[config.Destination](),
		reflect.TypeFor[config.TLS](), reflect.TypeFor[config.DeadLetter](), reflect.TypeFor[config.Journal](),
	}
}

// Keys are all keys of the schema, in order.
func Keys() []Key {
	var all []Key
	where := []string{"", "layer", "destination", "destination.tls", "destination.dead_letter", "journal"}
	for i, t := range structs() {
		for j := range t.NumField() {
			f := t.Field(j)
			all = append(all, Key{Where: where[i], Name: key(f), Default: f.Tag.Get("default"),
				Original: f.Tag.Get("orig") != "", Doc: fieldDocs[t.Name()+"."+f.Name]})
		}
	}
	return all
}

// aliasNames are sorted.
func aliasNames() []string { return slices.Sorted(maps.Keys(config.Aliases())) }
