package redact

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// finder calls each for the matches of a rule in order, with what stands for them, until it returns false.
type finder func(s string, each func(start, end int, with string) bool)

// addRegex adds a rule of the options.
func (r *Redactor) addRegex(c Rule) error {
	act, err := actionOf(c.Action)
	if err != nil {
		return fmt.Errorf("%w (of rule %s)", err, c.Name)
	}
	with := mark
	if c.Replacement != nil {
		with = *c.Replacement
	}
	switch {
	case c.Regex == "" || len(c.Regex) > maxRegex:
		return fmt.Errorf("redact: rule %s: regex: 1 to %d bytes", c.Name, maxRegex)
	case len(with) > maxReplace:
		return fmt.Errorf("redact: rule %s: replacement: at most %d bytes", c.Name, maxReplace)
	}
	re, err := regexp.Compile(c.Regex)
	if err != nil {
		return fmt.Errorf("redact: rule %s: %w (RE2 has no look-around and no back references)", c.Name, err)
	}
	if re.MatchString("") {
		return fmt.Errorf("redact: rule %s: the regex %q matches the empty text, and so everywhere", c.Name, c.Regex)
	}
	r.add(rule{name: c.Name, action: act, find: regexFinder(re, needed(c.Regex), template(with))})
	return nil
}

// regexFinder asks a regular expression, and only where the text that every match has is met.
func regexFinder(re *regexp.Regexp, literal, with string) finder {
	plain := !strings.Contains(with, "$")
	return func(s string, each func(start, end int, with string) bool) {
		if !strings.Contains(s, literal) {
			return
		}
		for _, at := range re.FindAllStringSubmatchIndex(s, -1) {
			text := with
			if !plain {
				text = string(re.ExpandString(nil, with, s, at))
			}
			if at[0] < at[1] && !each(at[0], at[1], text) {
				return
			}
		}
	}
}

// template turns \1 and \g<name> into ${1} and ${name}.
var groupRef = regexp.MustCompile(`\\(?:g<(\w+)>|(\d))`)

func template(s string) string { return groupRef.ReplaceAllString(s, "$${$1$2}") }

// needed returns the longest text that every match of a regular expression has in it.
func needed(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalOf(re.Simplify())
}

func literalOf(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literalOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return literalOf(re.Sub[0])
		}
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if l := literalOf(sub); len(l) > len(best) {
				best = l
			}
		}
		return best
	}
	return ""
}

// goFinder asks a rule in Go.
func goFinder(g GoRule) finder {
	with := g.Replacement
	if with == "" {
		with = mark
	}
	return func(s string, each func(start, end int, with string) bool) {
		for from := 0; from < len(s); {
			start, end := g.Find(s[from:])
			if start < 0 || end <= start || end > len(s)-from || !each(from+start, from+end, with) {
				return
			}
			from += end
		}
	}
}
