package format

import (
	"fmt"
	"slices"
	"strings"
)

// Options are the settings that all formats share. The zero value is the default.
type Options struct {
	// ID adds the record's id, see [RecordID], to records that have been in a journal. Default: false.
	ID bool
}

// The names that New knows.
const (
	JSONLines = "json-lines"
	PlainText = "plain-text"
	Colored   = "colored"
)

// Names returns the names that [New] knows, in the order of the documentation.
func Names() []string {
	return []string{JSONLines, PlainText, Colored}
}

// announced returns the names of formats that belong to the configuration schema and come with a later version.
func announced() []string {
	return []string{"json", "csv", "logfmt", "syslog", "gelf", "logstash", "fast-plain", "detailed", "binary", "binary-compact", "binary-extended"}
}

// New makes a formatter. It belongs to one goroutine at a time: make one for
// each destination. An unknown name is an error that lists the names there are.
func New(name string, o Options) (Formatter, error) {
	switch name {
	case JSONLines:
		return newJSON(o), nil
	case PlainText:
		return newText(o, false), nil
	case Colored:
		return newText(o, true), nil
	}
	return nil, unknown(name)
}

func unknown(name string) error {
	names := strings.Join(Names(), ", ")
	if slices.Contains(announced(), name) {
		return fmt.Errorf("format: %q is not built in this version: use one of %s", name, names)
	}
	if near := nearest(strings.ToLower(name), Names()); near != "" {
		return fmt.Errorf("format: unknown name %q, did you mean %q? known are %s", name, near, names)
	}
	return fmt.Errorf("format: unknown name %q: use one of %s", name, names)
}

// nearest returns the name that is fewest edits away, if that is at most a third of it.
func nearest(s string, names []string) string {
	s = strings.ReplaceAll(s, "_", "-")
	best, least := "", 0
	for _, name := range names {
		d := edits(s, name)
		if d <= (len(name)+2)/3 && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// edits returns the Levenshtein distance of a and b in bytes.
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			corner, row[j+1] = row[j+1], min(corner+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
