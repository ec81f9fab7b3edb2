package formatting

import (
	"fmt"
	"strings"
	"time"
)

// Format is a format of strftime, parsed.
type Format struct{ pieces []piece }

// piece is text as it is, or a layout of package time.
type piece struct {
	text   string
	layout bool
}

// ParseFormat reads a format of strftime, as Python and C have it: %Y %y %m %d %e %H %I %M %S %f (microseconds) %p %a %A %b %B %j
// %z (+0200) %:z (+02:00) %Z %F (%Y-%m-%d) %T (%H:%M:%S) %D (%m/%d/%y) %R (%H:%M) and %%. Others are an error, and so is a % at the end.
func ParseFormat(s string) (Format, error) {
	var f Format
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			i = len(s)
		}
		if i > 0 {
			f.pieces = append(f.pieces, piece{text: s[:i]})
			s = s[i:]
			continue
		}
		n := 2
		if strings.HasPrefix(s, "%:") {
			n = 3
		}
		if len(s) < n {
			return Format{}, fmt.Errorf("timestamp_format: %q ends with %%", s)
		}
		p, ok := directive(s[1:n])
		if !ok {
			return Format{}, fmt.Errorf("timestamp_format: %%%s is not supported; use %%Y %%m %%d %%H %%M %%S %%f %%z %%Z %%j %%a %%b %%p %%F %%T", s[1:n])
		}
		f.pieces = append(f.pieces, p)
		s = s[n:]
	}
	return f, nil
}

// Append appends t to b.
func (f Format) Append(b []byte, t time.Time) []byte {
	for _, p := range f.pieces {
		switch {
		case !p.layout:
			b = append(b, p.text...)
		case p.text == microseconds:
			b = fmt.Appendf(b, "%06d", t.Nanosecond()/1000)
		default:
			b = t.AppendFormat(b, p.text)
		}
	}
	return b
}

// microseconds stands for %f, which package time has only behind a point.
const microseconds = "%f"

func directive(d string) (piece, bool) {
	layouts := map[string]string{
		"Y": "2006", "y": "06", "m": "01", "d": "02", "e": "_2", "H": "15", "I": "03", "M": "04", "S": "05", "f": microseconds,
		"p": "PM", "a": "Mon", "A": "Monday", "b": "Jan", "B": "January", "j": "002", "z": "-0700", ":z": "-07:00", "Z": "MST",
		"F": "2006-01-02", "T": "15:04:05", "D": "01/02/06", "R": "15:04",
	}
	if d == "%" {
		return piece{text: "%"}, true
	}
	l, ok := layouts[d]
	return piece{text: l, layout: true}, ok
}
