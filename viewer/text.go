package viewer

import (
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hydra-logger/hydra/viewer/lines"
)

// parseText reads a line of text: plain-text, colored, detailed and fast-plain of Hydra-Logger, logfmt, syslog (RFC 5424),
// and any other line, of which the time, the level and key=value at its end are understood.
func parseText(e *Entry, text []byte) {
	line := lines.Plain(text)
	if rest, ok := strings.CutPrefix(line, "| "); ok {
		columns(e, rest)
		return
	}
	if rest, ok := strings.CutPrefix(line, "<"); ok && syslog(e, rest) {
		return
	}
	r := lines.Parse([]byte(line))
	e.Level, e.HasLevel = r.Level, r.HasLevel
	line = withoutLevel(leadingTime(e, line))
	message, pairs := splitPairs(line)
	e.Message = message
	for _, p := range pairs {
		e.pair(p.Key, p.Value)
	}
}

// pair is set for text lines, where time, level and message may be pairs too.
func (e *Entry) pair(key, value string) {
	switch roleOf(key) {
	case roleTime:
		if t, ok := lines.Time(value); ok && e.Time.IsZero() {
			e.Time = t
			return
		}
	case roleLevel:
		if e.HasLevel {
			return
		}
	case roleText:
		if e.Message == "" {
			e.Message = value
			return
		}
	}
	e.set(key, value)
}

// columns reads "time | LEVEL | layer | message pairs", of which time may be missing; detailed has the place of the call in between.
func columns(e *Entry, line string) {
	parts := strings.SplitN(line, " | ", 5)
	if len(parts) > 1 {
		if t, ok := lines.Time(parts[0]); ok {
			e.Time = t
			parts = parts[1:]
		}
	}
	if len(parts) > 1 {
		if level, ok := lines.Level(parts[0]); ok {
			e.Level, e.HasLevel = level, true
			parts = parts[1:]
		}
	}
	if len(parts) > 1 {
		e.Layer = parts[0]
		parts = parts[1:]
	}
	if len(parts) > 1 && isPlace(parts[0]) {
		parts = parts[1:]
	}
	message, pairs := splitPairs(strings.Join(parts, " | "))
	e.Message = message
	for _, p := range pairs {
		e.set(p.Key, p.Value)
	}
}

// isPlace reports whether a column of detailed is file:line, with a function behind it.
func isPlace(s string) bool {
	i := strings.LastIndexByte(s, ':')
	return i > 0 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' && !strings.Contains(s, "=")
}

// leadingTime takes a time of up to three words from the beginning of a line.
func leadingTime(e *Entry, line string) string {
	rest := strings.TrimLeft(line, "[")
	end := 0
	for range 3 {
		i := strings.IndexAny(rest[end:], " \t|]")
		if i < 0 {
			break
		}
		end += i
		if t, ok := lines.Time(rest[:end]); ok {
			e.Time = t
			return strings.TrimLeft(rest[end:], " \t|]")
		}
		end++
	}
	return line
}

// withoutLevel takes the name of a level from the beginning of a line: ERROR, [warn], info:
func withoutLevel(line string) string {
	word, rest, ok := strings.Cut(line, " ")
	if name := strings.Trim(word, "[]():"); ok && (name == strings.ToUpper(name) || name != word) {
		if _, is := lines.Level(name); is {
			return strings.TrimLeft(rest, " ")
		}
	}
	return line
}

// syslog reads what follows "<" in RFC 5424: PRI>1 TIME HOST APP PROCID MSGID SD MSG.
func syslog(e *Entry, line string) bool {
	pri, rest, ok := strings.Cut(line, ">1 ")
	n, err := strconv.Atoi(pri)
	if !ok || err != nil || n < 0 || n > 191 {
		return false
	}
	head := strings.SplitN(rest, " ", 6)
	if len(head) < 6 {
		return false
	}
	if t, ok := lines.Time(head[0]); ok {
		e.Time = t
	}
	r := lines.Parse([]byte("<" + strconv.Itoa(n%8) + ">x"))
	e.Level, e.HasLevel = r.Level, r.HasLevel
	e.Service, e.named = nilValue(head[2]), head[2] != "-"
	e.Layer = nilValue(head[4])
	e.Message = strings.TrimPrefix(structured(e, head[5]), "\ufeff")
	return true
}

func nilValue(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

// structured takes the structured data of RFC 5424 from the beginning of a text and returns the message behind it.
func structured(e *Entry, s string) string {
	if rest, ok := strings.CutPrefix(s, "- "); ok || s == "-" {
		return rest
	}
	for strings.HasPrefix(s, "[") {
		i := strings.IndexAny(s, " ]")
		if i < 0 {
			return s
		}
		s = s[i:]
		for strings.HasPrefix(s, " ") {
			key, value, ok := strings.Cut(s[1:], `="`)
			end := endOfParam(value)
			if !ok || end < 0 {
				return s
			}
			e.set(key, strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\]`, `]`).Replace(value[:end]))
			s = value[end+1:]
		}
		s = strings.TrimPrefix(s, "]")
	}
	return strings.TrimPrefix(s, " ")
}

// endOfParam is where a parameter's value ends: a quote that no backslash goes before.
func endOfParam(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// splitPairs cuts a text into what is said and the pairs key=value at its end. A value with a quote at its beginning goes to the closing one.
func splitPairs(s string) (message string, pairs []Field) {
	start := 0 // of the pairs, as far as is known
	for i := 0; i < len(s); {
		if s[i] == ' ' || s[i] == '\t' {
			i++
			continue
		}
		p, end, ok := pairAt(s, i)
		if !ok {
			pairs, start = pairs[:0], end
		} else {
			pairs = append(pairs, p)
		}
		i = end
	}
	return strings.TrimRight(s[:start], " \t"), pairs
}

// pairAt reads the pair that begins at i. end is where it ends, or the word there that is none.
func pairAt(s string, i int) (p Field, end int, ok bool) {
	key, at := "", i
	if s[i] == '"' {
		at = quoted(s, i)
		if at >= len(s) || s[at] != '=' {
			return p, wordEnd(s, i), false
		}
		key, _ = strconv.Unquote(s[i:at])
	} else {
		word := wordEnd(s, i)
		eq := strings.IndexByte(s[i:word], '=')
		if eq <= 0 {
			return p, word, false
		}
		key, at = s[i:i+eq], i+eq
	}
	if at+1 < len(s) && s[at+1] == '"' {
		if end = quoted(s, at+1); end > at+2 && (end == len(s) || s[end] == ' ') {
			value, err := strconv.Unquote(s[at+1 : end])
			if err != nil {
				value = s[at+2 : end-1]
			}
			return Field{key, value}, end, true
		}
	}
	end = wordEnd(s, at)
	return Field{key, s[at+1 : end]}, end, true
}

func wordEnd(s string, i int) int {
	if n := strings.IndexAny(s[i:], " \t\n"); n >= 0 {
		if s[i+n] == '\n' { // what follows is the next line of a trace
			return i + n + 1
		}
		return i + n
	}
	return len(s)
}

// quoted is where the quoted text that begins at i ends, behind its quote; i when it does not.
func quoted(s string, i int) int {
	if n := endOfParam(s[i+1:]); n >= 0 {
		return i + 1 + n + 1
	}
	return i
}

// csvColumns is how a file of format csv begins.
const csvColumns = "timestamp,level_name,"

// parseCSV reads a row of a file whose header is given. It reports false when the row is none.
func parseCSV(e *Entry, header []string, line []byte) bool {
	r := csv.NewReader(strings.NewReader(string(line)))
	r.LazyQuotes, r.FieldsPerRecord = true, -1
	row, err := r.Read()
	if err != nil || len(row) != len(header) {
		return false
	}
	for i, name := range header {
		switch {
		case name == "extra" && json.Valid([]byte(row[i])):
			flatten("", []byte(row[i]), 0, e.set)
		case name == "level_name":
			e.Level, e.HasLevel = lines.Level(row[i])
		case row[i] != "" && name != "level":
			e.pair(name, row[i])
		}
	}
	return true
}
