package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// OptionsError is what is wrong with the options of a destination or the settings of a processor: all of it.
type OptionsError struct {
	Problems []OptionProblem
}

// OptionProblem is one option that is wrong.
type OptionProblem struct {
	Path    string // from the options on: "labels.app"
	Unknown bool   // there is no such option
	Message string
}

// Error returns the messages.
func (e *OptionsError) Error() string {
	all := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		all = append(all, p.Message)
	}
	return strings.Join(all, "; ")
}

// Unknown returns the options that there are not, when nothing else is wrong; else nil.
func (e *OptionsError) Unknown() []string {
	var paths []string
	for _, p := range e.Problems {
		if !p.Unknown {
			return nil
		}
		paths = append(paths, p.Path)
	}
	return paths
}

// DecodeOptions fills out, a pointer to a struct, from the options of a
// destination or the settings of a processor. Keys are the json tags of the
// fields, else their names in lower case with "_" between words; fields may be of
// the kinds that a configuration has: text, numbers, booleans, time.Duration,
// [Duration], [Size], lists, mappings and structs of these. It is strict: an
// unknown key and a value of another kind are errors, which name the key and the nearest one there is;
// the error is an [*OptionsError].
func DecodeOptions(options map[string]any, out any) error {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("config: DecodeOptions needs a pointer to a struct, not %T", out)
	}
	var n yaml.Node
	if err := n.Encode(options); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	d := decoder{places: make(map[string]places)}
	if len(options) > 0 {
		d.object(&n, v.Elem(), "")
	}
	if len(d.errors) == 0 {
		return nil
	}
	e := &OptionsError{}
	for _, p := range d.errors {
		e.Problems = append(e.Problems, OptionProblem{Path: strings.TrimSuffix(p.path, "#2"), Unknown: p.unknown, Message: p.text})
	}
	return e
}

// WithoutOptions returns a copy of options without those at paths, such as [OptionsError.Unknown] gives.
func WithoutOptions(options map[string]any, paths []string) map[string]any {
	return without(options, "", paths).(map[string]any)
}

func without(value any, at string, paths []string) any {
	m, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := make(map[string]any, len(m))
	for key, v := range m {
		if path := join(at, key); !slices.Contains(paths, path) {
			out[key] = without(v, path, paths)
		}
	}
	return out
}

// Written reports whether the files have the key at path: "layers.api.destinations[0].options.framing".
func (l *Loaded) Written(path string) bool {
	if l.decoder == nil {
		return false
	}
	_, ok := l.decoder.places[path]
	return ok
}

// Problem makes an [Error] about the value at path, or about its key, with its place in the files. It is for what
// package config does not know itself, such as the options of a driver. Content of ${file:} and passwords in URLs are masked.
func (l *Loaded) Problem(path string, atKey bool, message string) *Error {
	p := problem{path: path, atKey: atKey, text: message}
	if l.decoder == nil {
		return &Error{Path: path, Message: message}
	}
	if at, ok := l.decoder.places[path]; ok && atKey {
		at.key.masked = true // what follows may be a secret
		l.decoder.places[path] = at
	}
	return l.decoder.failure(p)
}

// Caution is [Loaded.Problem] for what is no error.
func (l *Loaded) Caution(path, message string) Warning {
	e := l.Problem(path, false, message)
	return Warning{File: e.File, Line: e.Line, Col: e.Col, Path: e.Path, Message: e.Message}
}

// Join joins errors of [Loaded.Problem] in the order of their places; nil without any.
func Join(all []*Error) error {
	if len(all) == 0 {
		return nil
	}
	return joined(all)
}
