package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// place is a part of one line of a file, in characters from 1.
type place struct {
	line, col, width int
	masked           bool // what follows the part is not shown: it may be a secret
	hidden           bool // the part is not shown: it is one, or belongs to one
	src              *source
}

// places are where a value is and, of an element of a mapping, where its key is.
type places struct{ key, value place }

// source is the text of a file, for the snippets of errors.
type source struct {
	name  string
	lines []string
}

func newSource(name string, data []byte) *source {
	if name == "" {
		name = "config"
	}
	return &source{name: name, lines: splitLines(string(data))}
}

// splitLines splits at the line breaks of YAML.
func splitLines(text string) []string {
	breaks := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
	return strings.Split(breaks.Replace(text), "\n")
}

func (s *source) error(at place, path, text string) *Error {
	return &Error{File: s.name, Line: at.line, Col: at.col, Path: path, Message: text, Snippet: s.snippet(at)}
}

// snippet is the line with a caret below:
//
//	12 |     lvel: debug
//	   |     ^^^^
func (s *source) snippet(at place) string {
	if at.line < 1 || at.line > len(s.lines) {
		return ""
	}
	before, part, after := split(clean(s.lines[at.line-1]), at)
	if at.masked && strings.Contains(before, ":") || mask(before) != before {
		before = "... "
	}
	shown := mask(part + after)
	if at.hidden {
		part, shown = hidden, hidden
	}
	if at.masked {
		shown = part + cutValue(after)
	}
	number := fmt.Sprintf("%4d", at.line)
	lead := whiteSpace(before)
	return number + " | " + short(before+shown) + "\n" +
		strings.Repeat(" ", len(number)) + " | " + short(lead+strings.Repeat("^", max(len([]rune(part)), 1)))
}

// split cuts a line before and behind the part.
func split(line string, at place) (before, part, after string) {
	r := []rune(line)
	from := min(max(at.col-1, 0), len(r))
	to := min(from+max(at.width, 1), len(r))
	return string(r[:from]), string(r[from:to]), string(r[to:])
}

// cutValue shows that a key has a value, but not which: nobody knows the key, so it may be a secret.
func cutValue(after string) string {
	if i := strings.IndexByte(after, ':'); i >= 0 {
		return after[:i+1] + " ..."
	}
	return ""
}

// whiteSpace is as wide as s. Tabs are kept, so that the caret stands right.
func whiteSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, s)
}

// clean replaces what would disturb a terminal.
func clean(line string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError || r == 0x202e {
			return '?'
		}
		return r
	}, line)
}

// short keeps a line to a width that can be read.
func short(line string) string {
	if r := []rune(line); len(r) > 160 {
		return string(r[:157]) + "..."
	}
	return line
}

// secretWord is in the names of what is not printed.
const secretWord = `passw|passphrase|pwd|secret|token|credential|api[-_]?key|access[-_]?key|private|signature|dsn|cookie|connection[-_]?string`

// secretKey finds keys whose values are not printed, userInfo and secretQuery
// credentials in URLs. A password with characters that a URL can't have ends at the last "@".
var (
	secretKey   = regexp.MustCompile(`(?i)("?[\w.-]*(?:` + secretWord + `|auth)[\w.-]*"?\s*:\s*)\S.*$`)
	secretName  = regexp.MustCompile(`(?i)` + secretWord + `|authorization`)
	userInfo    = regexp.MustCompile(`(://)[^"'\n]*@`)
	secretQuery = regexp.MustCompile(`(?i)([?&][\w.-]*(?:` + secretWord + `|auth|key|sig)[\w.-]*=)[^&#\s"']+`)
)

func mask(line string) string { return maskURL(secretKey.ReplaceAllString(line, "${1}"+hidden)) }

// maskURL hides the credentials of URLs in a text.
func maskURL(text string) string {
	return secretQuery.ReplaceAllString(userInfo.ReplaceAllString(text, "${1}"+hidden+"@"), "${1}"+hidden)
}
