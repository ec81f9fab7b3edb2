package viewer

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/format"
)

// Style says how a story is written.
type Style struct {
	Color    bool // with codes of a terminal
	NoFields bool // without the attributes
	UTC      bool // times of day in UTC; else in local time
}

const (
	maxService = 20 // columns
	dim        = "2"
	bold       = "1"
	red        = "31;1"
	yellow     = "33"
	cyan       = "36"
)

// WriteText writes the story for people: the services in the order of time, then each record with the time since the first one, what
// messages led to it as indentation, errors marked. What the files say cannot reach a terminal as codes.
func (s *Story) WriteText(w io.Writer, style Style) error {
	p := &page{w: bufio.NewWriter(w), style: style}
	entries := s.Entries()
	if len(entries) == 0 {
		p.line("no record of %s", clean(s.id))
		return p.w.Flush()
	}
	p.first = entries[0].Time
	p.head(s, entries)
	t, open := s.tree(), s.open()
	for _, e := range entries {
		p.entry(e, t.depth(e), e.Work.Phase == "start" && open[e.Work.ID])
	}
	p.foot(s, t)
	return p.w.Flush()
}

type page struct {
	w     *bufio.Writer
	style Style
	first time.Time
	width int // of the column of services
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

func (p *page) in(style, text string) string {
	if !p.style.Color || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

func (p *page) head(s *Story, entries []*Entry) {
	services := s.Services()
	errors := 0
	for _, x := range services {
		errors += x.Errors
		p.width = max(p.width, min(utf8.RuneCountInString(clean(x.Name)), maxService))
	}
	first := p.first
	if p.style.UTC {
		first = first.UTC()
	}
	total := time.Duration(0)
	for _, e := range entries {
		if !e.Time.IsZero() {
			total = e.Time.Sub(p.first)
		}
	}
	p.line("%s  %s, %s, %s, %s", p.in(bold, clean(s.id)), count(len(services), "service"), count(len(entries), "record"),
		count(errors, "error"), took(total))
	if !first.IsZero() {
		p.line("from %s", first.Format("2006-01-02 15:04:05.000000 -07:00"))
	}
	p.line("")
	for _, x := range services {
		line := fmt.Sprintf("  %s  %-11s %s – %s", p.in(cyan, pad(clean(x.Name), p.width)), count(x.Records, "record"), p.since(x.First), p.since(x.Last))
		if x.Longest > 0 {
			line += "   longest " + took(x.Longest)
		}
		if x.Errors > 0 {
			line += "   " + p.in(red, count(x.Errors, "error"))
		}
		p.line("%s", line)
	}
	p.line("")
}

// since is the time since the first record, "?" for a record that tells none.
func (p *page) since(t time.Time) string {
	if t.IsZero() {
		return fmt.Sprintf("%9s", "?")
	}
	return fmt.Sprintf("%9s", "+"+took(t.Sub(p.first)))
}

func (p *page) entry(e *Entry, depth int, open bool) {
	mark, style := " ", dim
	level := ""
	if e.HasLevel {
		level = string(format.AppendLevel(nil, e.Level))
		style = levelStyle(e.Level)
	}
	if e.Failed() {
		mark = "✗"
	}
	text := clean(e.Message)
	if text == "" {
		text = clean(e.Work.Name)
	}
	line := fmt.Sprintf("%s  %s  %s %s  %s%s", p.in(dim, p.since(e.Time)), p.in(cyan, pad(clean(e.Service), p.width)),
		p.in(red, mark), p.in(style, pad(level, 8)), strings.Repeat("  ", depth), text)
	if e.Work.HasDuration {
		line += "  " + p.in(bold, "["+took(e.Work.Duration)+"]")
	}
	if open {
		line += "  " + p.in(yellow, "[began, no end]")
	}
	if e.Error != "" {
		line += "  " + p.in(red, "error="+quote(e.Error))
	}
	if !p.style.NoFields {
		for _, f := range e.Fields {
			line += " " + p.in(dim, clean(f.Key)+"="+quote(f.Value))
		}
	}
	p.line("%s", strings.TrimRight(line, " "))
}

func levelStyle(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return red
	case l >= slog.LevelWarn:
		return yellow
	}
	return dim
}

func (p *page) foot(s *Story, t *tree) {
	missing := s.missing(t)
	if len(missing)+s.left == 0 {
		return
	}
	p.line("")
	for i, c := range missing {
		if i == 10 {
			p.line("  and %d more causes", len(missing)-i)
			break
		}
		p.line("  the cause %s is in none of these files", clean(c))
	}
	if s.left > 0 {
		p.line("  %s more: only the first %d records that were read are shown", count(s.left, "line"), len(s.entries))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// took writes a duration with three digits that matter, or milliseconds with a point where they do.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + took(-d)
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + "µs"
	case d < 100*time.Millisecond:
		return strconv.FormatFloat(float64(d.Microseconds())/1e3, 'f', 1, 64) + "ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + "s"
	}
	return d.Round(time.Second).String()
}

// pad makes a text exactly n columns wide.
func pad(s string, n int) string {
	have := utf8.RuneCountInString(s)
	if have > n {
		return string([]rune(s)[:n-1]) + "…"
	}
	return s + strings.Repeat(" ", n-have)
}

// quote quotes a value that holds a space or a quote.
func quote(s string) string {
	s = clean(s)
	if s == "" || strings.ContainsAny(s, " \"=") {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return s
}

// clean escapes what could begin a line, reach a terminal as a code, or change the direction of text.
func clean(s string) string {
	if !strings.ContainsFunc(s, unsafeRune) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unsafeRune(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafeRune(r rune) bool {
	return !unicode.IsPrint(r) && r != '\u00a0' || r == utf8.RuneError
}
