package config

import (
	"errors"
	"fmt"
	"strings"
)

// Error is one thing that is wrong with a configuration. What [Load], [Parse]
// and [Resolve] return is one or more of them, joined: errors.As finds the first.
type Error struct {
	File      string // "" for a configuration made in Go
	Line, Col int    // from 1; 0 when not known
	Path      string // "layers.api.destinations[0].level"
	Message   string
	// Snippet is the offending line with a caret below, or "". Values that may be secrets are masked.
	Snippet string
}

// Error returns "file:line:col: message" and the snippet.
func (e *Error) Error() string {
	s := position(e.File, e.Line, e.Col) + e.Message
	if e.Snippet != "" {
		s += "\n" + e.Snippet
	}
	return s
}

// Warning is something that the configuration says and that is not as its
// author may think.
type Warning struct {
	File      string // "" for a configuration made in Go
	Line, Col int    // from 1; 0 when not known
	Path      string // "layers.api.destinations[0].level"
	Message   string
}

// String returns "file:line:col: message".
func (w Warning) String() string { return position(w.File, w.Line, w.Col) + w.Message }

func position(file string, line, col int) string {
	switch {
	case file == "" && line == 0:
		return "config: "
	case line == 0:
		return file + ": "
	case file == "":
		file = "config"
	}
	return fmt.Sprintf("%s:%d:%d: ", file, line, col)
}

// problem is an error or a warning before it is known where in a file it is.
type problem struct {
	path    string
	atKey   bool // the key is wrong, not its value
	unknown bool // the key is none that there is
	text    string
}

// problems collects what is found on the way, so that all is reported at once.
type problems struct {
	errors, warnings []problem
}

// errorf notes an error about the value at path.
func (p *problems) errorf(path, format string, args ...any) {
	p.errors = append(p.errors, problem{path: path, text: fmt.Sprintf(format, args...)})
}

// keyErrorf notes an error about the key at path.
func (p *problems) keyErrorf(path, format string, args ...any) {
	p.errors = append(p.errors, problem{path: path, atKey: true, text: fmt.Sprintf(format, args...)})
}

// warnf notes a warning about the value at path.
func (p *problems) warnf(path, format string, args ...any) {
	p.warnings = append(p.warnings, problem{path: path, text: fmt.Sprintf(format, args...)})
}

// err joins the errors of a configuration made in Go; nil when there is none.
func (p *problems) err() error {
	all := make([]error, 0, len(p.errors))
	for _, e := range p.errors {
		all = append(all, &Error{Path: e.path, Message: e.text})
	}
	return errors.Join(all...)
}

// warningList is the warnings of a configuration made in Go.
func (p *problems) warningList() []Warning {
	var all []Warning
	for _, w := range p.warnings {
		all = append(all, Warning{Path: w.path, Message: w.text})
	}
	return all
}

// join makes the path of an element: "layers" and "api" give "layers.api".
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// list writes names as "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
