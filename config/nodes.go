package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// parseNodes returns the tree of a text, nil when it is empty.
func parseNodes(src *source, data []byte) (*yaml.Node, error) {
	isJSON := strings.EqualFold(filepath.Ext(src.name), ".json")
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // a byte order mark, as editors on Windows write it
	trimmed := bytes.TrimSpace(data)
	if isJSON && len(trimmed) == 0 {
		return nil, nil
	}
	// JSON is nearly YAML; its escapes of characters beyond U+FFFF are not.
	if isJSON || len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(data) {
		return parseJSON(src, data)
	}
	return parseYAML(src, data)
}

func parseYAML(src *source, data []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false))
	if err != nil {
		return nil, src.error(place{}, "", err.Error())
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(src, data, err)
	}
	err = loader.Load(&second)
	if err == nil {
		at := place{line: second.Line, col: second.Column, width: 1}
		return nil, src.error(at, "", "a configuration is one YAML document, here begins a second")
	}
	if !errors.Is(err, io.EOF) {
		return nil, syntaxError(src, data, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// syntaxError turns an error of the YAML parser into one with a place.
func syntaxError(src *source, data []byte, err error) error {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return src.error(place{}, "", "not valid YAML: "+err.Error())
	}
	at := place{line: le.Mark.Line, col: le.Mark.Column, width: 1}
	if at.line == 0 && le.Mark.Index > 0 && le.Mark.Index <= len(data) {
		at = src.placeAt(data, le.Mark.Index)
	}
	text := "not valid YAML: " + le.Message
	if le.ContextMsg != "" {
		text += " " + le.ContextMsg
		if line := le.ContextMark.Line; line > 0 && line < at.line {
			text += fmt.Sprintf(" that begins in line %d", line)
		}
	}
	if at.line > 0 && at.line <= len(src.lines) && strings.HasPrefix(src.lines[at.line-1], "\t") {
		text += "; YAML is indented with spaces, not with tabs"
	}
	return src.error(at, "", text)
}

// placeAt is the place of a byte offset.
func (s *source) placeAt(data []byte, offset int) place {
	before := splitLines(string(data[:min(max(offset, 0), len(data))]))
	return place{line: len(before), col: utf8.RuneCountInString(before[len(before)-1]) + 1, width: 1}
}
