package redact

import (
	"strings"

	"github.com/hydra-logger/hydra/processor/sanitize"
)

// minText is the length of the shortest text with a secret in it: pwd=x.
const minText = 5

// RedactString returns a text without its secrets. One that begins as JSON does is read as JSON.
func (r *Redactor) RedactString(s string) string {
	return r.text(s, 0)
}

// text hides the secrets of a text that is nested at depth.
func (r *Redactor) text(s string, depth int) (out string) {
	defer func() {
		if recover() != nil {
			r.failed.Add(1)
			r.rules[detFailed].count.Add(1)
			out = failedMark
		}
	}()
	if r.plainText(s) || r.glances && isUUID(s) {
		return s
	}
	return r.sanitized(r.found(s, depth))
}

// found is text without sanitization.
func (r *Redactor) found(s string, depth int) string {
	if r.nothingIn(s) {
		return s
	}
	if isJSON(s) && depth < r.maxDepth {
		if out, ok := r.jsonText(s, depth); ok {
			return out
		}
	}
	var m match
	if len(s) >= minText {
		s = r.replaceAll(s, &m)
	}
	for _, id := range r.custom {
		s = r.applyRule(id, s)
	}
	return s
}

// nothingIn reports whether a glance tells that a text has no secret.
func (r *Redactor) nothingIn(s string) bool {
	if len(r.custom) > 0 || r.on.has(detEntropy) {
		return s == ""
	}
	return len(s) < minText || r.heat(s)&hotRedact == 0
}

func (r *Redactor) sanitized(s string) string {
	if r.clean != nil && r.clean.Dirty(s) {
		return r.clean.Clean(s)
	}
	return s
}

// find finds the first match of the detectors.
func (r *Redactor) find(s string, from int, m *match) bool {
	found := r.next(s, from, m)
	if r.on.has(detEntropy) {
		end := len(s)
		if found {
			end = m.start
		}
		var random match
		if entropy(s[:end], from, &random) {
			*m = random
			return true
		}
	}
	return found
}

// applyRule replaces the matches of a rule of the options.
func (r *Redactor) applyRule(id int, s string) string {
	var b strings.Builder
	done := 0
	r.rules[id].find(s, func(start, end int, with string) bool {
		if !isMark(s[start:end]) {
			b.WriteString(s[done:start])
			r.write(&b, s, &match{start: start, end: end, from: start, to: end, rule: id, with: with})
			done = end
		}
		return true
	})
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// ruleMatches reports whether applyRule would change s.
func (r *Redactor) ruleMatches(id int, s string) (found bool) {
	r.rules[id].find(s, func(start, end int, _ string) bool {
		found = !isMark(s[start:end])
		return !found
	})
	return found
}

// replaceAll replaces what the detectors find.
func (r *Redactor) replaceAll(s string, m *match) string {
	var b strings.Builder
	done := 0
	for done < len(s) && r.find(s, done, m) {
		b.WriteString(s[done:m.start])
		r.write(&b, s, m)
		done = m.end
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

func (r *Redactor) write(b *strings.Builder, s string, m *match) {
	x := &r.rules[m.rule]
	x.count.Add(1)
	if x.action == actDrop {
		return
	}
	b.WriteString(m.before)
	b.WriteString(r.hidden(m.rule, s[m.from:m.to], m.with))
	b.WriteString(m.after)
}

// looksDirty is dirty for a text that is not remembered.
func (r *Redactor) looksDirty(s string) bool {
	if r.plainText(s) || r.glances && isUUID(s) {
		return false
	}
	h := r.heat(s)
	if (h&hotSanitize != 0 || h&hotColon != 0 && scriptColon(s)) && r.clean.Dirty(s) {
		return true
	}
	if limit := r.valueLimit(); limit > 0 && len(s) > limit {
		return true
	}
	if h&hotRedact == 0 && len(r.custom) == 0 && !r.on.has(detEntropy) || len(s) < minText && len(r.custom) == 0 {
		return false
	}
	if isJSON(s) && (strings.IndexByte(s, '\\') >= 0 || len(r.keys.paths) > 0 || r.maxDepth < 128 || r.namesSecret(s)) {
		return true
	}
	var m match
	if r.find(s, 0, &m) {
		return true
	}
	for _, id := range r.custom {
		if r.ruleMatches(id, s) {
			return true
		}
	}
	return false
}

// namesSecret reports whether a member of JSON without escapes has a name that matters, whatever its characters.
func (r *Redactor) namesSecret(s string) bool {
	for {
		first := strings.IndexByte(s, '"')
		if first < 0 {
			return false
		}
		s = s[first+1:]
		end := strings.IndexByte(s, '"')
		if end < 0 {
			return false
		}
		key := s[:end]
		s = strings.TrimLeft(s[end+1:], " \t\r\n")
		if s != "" && s[0] == ':' && r.keys.of(key).matters() {
			return true
		}
	}
}

// scriptColon reports whether a colon stands behind a t, as in javascript:
func scriptColon(s string) bool {
	for i := 1; i < len(s); i++ {
		k := strings.IndexByte(s[i:], ':')
		if k < 0 {
			return false
		}
		if i += k; s[i-1]|0x20 == 't' {
			return true
		}
	}
	return false
}

func (r *Redactor) valueLimit() int {
	if r.clean == nil {
		return 0
	}
	n, _ := r.clean.Limits()
	return n
}

// entropy finds a run of 24 or more letters and digits of both cases that has digits: nothing that a person writes.
func entropy(s string, from int, m *match) bool {
	const least = 24
	for i := from; i < len(s); i++ {
		if i > 0 && isTokenByte(s[i-1]) {
			continue
		}
		end, kinds := i, 0
		for end < len(s) && isTokenByte(s[end]) {
			switch c := s[end]; {
			case isDigit(c):
				kinds |= 1
			case isUpper(c):
				kinds |= 2
			case isLower(c):
				kinds |= 4
			}
			end++
		}
		if end-i >= least && kinds == 7 {
			return m.whole(detEntropy, i, end)
		}
		i = end
	}
	return false
}

func isTokenByte(c byte) bool { return isASCIIWord(c) || c == '+' || c == '-' }

// cut applies the limit of a record to a text.
func cut(s string, left *int) string {
	s = sanitize.Cut(s, max(*left, 1))
	*left -= len(s)
	return s
}
