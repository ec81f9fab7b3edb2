package httpdest

import (
	"encoding/json"
	"log/slog"
	"unicode/utf8"
)

// AppendString appends s as a JSON string.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // can't fail: bytes that are not UTF-8 are replaced
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// IsObject reports whether a formatted record is a JSON object, as far as its ends tell.
func IsObject(record []byte) bool {
	return len(record) >= 2 && record[0] == '{' && record[len(record)-1] == '}'
}

// HasKey reports whether a JSON object has a member of this name, at its top level. The name needs no escapes.
func HasKey(object []byte, name string) bool {
	depth := 0
	for i := 0; i < len(object); {
		switch object[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := stringEnd(object, i)
			if depth == 1 && end < len(object) && object[end] == ':' && string(object[i+1:end-1]) == name {
				return true
			}
			i = end
			continue
		}
		i++
	}
	return false
}

// stringEnd is the place behind the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// Member is a name and a string for [AppendObject]. An empty value is left out.
type Member struct{ Name, Value string }

// AppendObject appends a record that is a JSON object, with members before its own. A member that the record has
// already is left to the record.
func AppendObject(dst, record []byte, members ...Member) []byte {
	dst = append(dst, '{')
	for _, m := range members {
		if m.Value == "" || HasKey(record, m.Name) {
			continue
		}
		dst = AppendString(dst, m.Name)
		dst = append(dst, ':')
		dst = AppendString(dst, m.Value)
		dst = append(dst, ',')
	}
	rest := record[1:]
	if len(rest) > 0 && rest[0] == '}' && dst[len(dst)-1] == ',' {
		dst = dst[:len(dst)-1]
	}
	return append(dst, rest...)
}

// Severity is the word for a level that log stores know: trace, debug, info, warning, error, critical. Levels between them belong to the one below.
func Severity(l slog.Level) string {
	switch {
	case l < slog.LevelDebug:
		return "trace"
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warning"
	case l < slog.LevelError+4:
		return "error"
	}
	return "critical"
}
