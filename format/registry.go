package format

import (
	"fmt"
	"slices"
	"strings"
)

// The names that New knows.
const (
	PlainText      = "plain-text"
	Colored        = "colored"
	FastPlain      = "fast-plain"
	Detailed       = "detailed"
	JSON           = "json"
	JSONLines      = "json-lines"
	CSV            = "csv"
	Logfmt         = "logfmt"
	Syslog         = "syslog"
	GELF           = "gelf"
	Logstash       = "logstash"
	BinaryCompact  = "binary-compact"
	BinaryExtended = "binary-extended"
	Binary         = "binary" // another name of binary-compact
)

// Names returns the names that [New] knows, in the order of the documentation.
func Names() []string {
	return []string{JSONLines, JSON, PlainText, Colored, FastPlain, Detailed, CSV, Logfmt, Syslog, GELF, Logstash, BinaryCompact, BinaryExtended, Binary}
}

// New makes a formatter. It belongs to one goroutine at a time: make one for
// each destination. An unknown name is an error that lists the names there are, and so is an option that the format does
// not have or a value that is none.
func New(name string, o Options) (Formatter, error) {
	if !slices.Contains(Names(), name) {
		return nil, unknown(name)
	}
	if err := o.check(name); err != nil {
		return nil, err
	}
	switch name {
	case JSONLines, JSON, Logstash:
		return newJSONOf(name, o)
	case Syslog:
		return newSyslog(o)
	case CSV:
		return newCSV(o), nil
	case GELF:
		return newGELF(o), nil
	case BinaryCompact, Binary:
		return newCompact(), nil
	case BinaryExtended:
		return newCBOR(o), nil
	}
	return newText(o, name), nil
}

// Headed is a formatter whose files begin with a header. Who writes a new file puts it there once, and at no other place.
type Headed interface {
	Formatter
	// Header returns the header with its terminator.
	Header() []byte
}

func unknown(name string) error {
	names := strings.Join(Names(), ", ")
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
