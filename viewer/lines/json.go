package lines

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strconv"
)

// field is one member of a JSON object: its name, and its value as it is written.
type field struct {
	key   string
	raw   []byte
	taken bool // it became the record's time, level, message or layer
}

// jsonSpace is the white space of RFC 8259; Unicode has more, which make a line text.
const jsonSpace = " \t\r\n"

// parseJSON reads a line that is one JSON object.
func parseJSON(line []byte) (Record, bool) {
	line = bytes.Trim(line, jsonSpace)
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' || !json.Valid(line) {
		return Record{}, false
	}
	fields := split(line)
	r := Record{JSON: true}
	takeTime(&r, fields)
	takeLevel(&r, fields)
	takeMessage(&r, fields)
	takeLayer(&r, fields)
	for i := range fields {
		if f := &fields[i]; !f.taken {
			r.Attrs = append(r.Attrs, f.attr())
		}
	}
	return r, true
}

// split returns the members of a valid JSON object in their order.
func split(object []byte) []field {
	fields := make([]field, 0, 16)
	i := 1
	for {
		i = skipSpace(object, i)
		switch object[i] {
		case '}':
			return fields
		case ',':
			i++
			continue
		}
		end := skipValue(object, i)
		key := unquote(object[i:end])
		i = skipSpace(object, end) + 1 // the colon
		i = skipSpace(object, i)
		end = skipValue(object, i)
		fields = append(fields, field{key: key, raw: object[i:end]})
		i = end
	}
}

func skipSpace(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' {
		i++
	}
	return i
}

// skipValue returns the end of the value that begins at i, in valid JSON.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
		i++
	}
	return i
}

func skipString(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func skipNested(b []byte, i int) int {
	for depth := 0; ; {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
		i++
	}
}

// unquote returns what a JSON string stands for. Without an escape its bytes are kept as they are.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw) // raw is a string of valid JSON: it always decodes
	}
	return s
}

func (f *field) isString() bool { return f.raw[0] == '"' }

func (f *field) isNumber() bool { return f.raw[0] == '-' || f.raw[0] >= '0' && f.raw[0] <= '9' }

// text is the value of a string or number, "" for anything else.
func (f *field) text() string {
	switch {
	case f.isString():
		return unquote(f.raw)
	case f.isNumber():
		return string(f.raw)
	}
	return ""
}

// attr keeps the value as it is: numbers with all their digits, objects and lists in their order.
func (f *field) attr() slog.Attr {
	switch f.raw[0] {
	case '"':
		return slog.String(f.key, unquote(f.raw))
	case 't', 'f':
		return slog.Bool(f.key, f.raw[0] == 't')
	case 'n':
		return slog.Any(f.key, nil)
	case '{', '[':
		return slog.Any(f.key, json.RawMessage(bytes.Clone(f.raw)))
	}
	if n, err := strconv.ParseInt(string(f.raw), 10, 64); err == nil && f.raw[0] != '-' {
		return slog.Int64(f.key, n)
	}
	return slog.Any(f.key, json.Number(f.raw))
}
