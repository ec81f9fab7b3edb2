package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxDepth is how deep a JSON file may be nested. The schema needs 5.
const maxDepth = 100

// jsonReader builds the same tree from JSON as the YAML parser does, with places.
type jsonReader struct {
	src  *source
	data []byte
	dec  *json.Decoder
}

func parseJSON(src *source, data []byte) (*yaml.Node, error) {
	r := &jsonReader{src: src, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	n, err := r.value(0)
	if err == nil {
		if _, end := r.dec.Token(); !errors.Is(end, io.EOF) {
			at := src.placeAt(data, r.start())
			return nil, src.error(at, "", "not valid JSON: there is something behind the end")
		}
		return n, nil
	}
	return nil, r.failure(err)
}

func (r *jsonReader) failure(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	at := r.src.placeAt(r.data, int(r.dec.InputOffset()))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = r.src.placeAt(r.data, int(syntax.Offset)-1)
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		text = "it ends too early"
	}
	return r.src.error(at, "", "not valid JSON: "+text)
}

// start is the offset of the next token.
func (r *jsonReader) start() int {
	i := int(r.dec.InputOffset())
	for i < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[i]) >= 0 {
		i++
	}
	return i
}

func (r *jsonReader) value(depth int) (*yaml.Node, error) {
	at := r.src.placeAt(r.data, r.start())
	if depth > maxDepth {
		return nil, r.src.error(at, "", "nested too deep")
	}
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: at.line, Column: at.col}
	switch v := token.(type) {
	case json.Delim:
		return r.collection(n, v, depth)
	case string:
		n.Tag, n.Value, n.Style = "!!str", v, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!int", v.String()
		if strings.ContainsAny(n.Value, ".eE") {
			n.Tag = "!!float"
		}
	case bool:
		n.Tag, n.Value = "!!bool", "false"
		if v {
			n.Value = "true"
		}
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// collection reads what is between the brackets; an object has keys and values in turn.
func (r *jsonReader) collection(n *yaml.Node, open json.Delim, depth int) (*yaml.Node, error) {
	n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	if open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
	}
	for r.dec.More() {
		child, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, child)
	}
	_, err := r.dec.Token()
	return n, err
}
