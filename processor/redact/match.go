package redact

// match is a place in a text, and what becomes of it.
type match struct {
	start, end int // what is replaced
	from, to   int // the secret in it
	rule       int // index of Redactor.rules
	with       string
	before     string // written in front of what stands for the secret, and behind
	after      string
}

// whole makes m a match of s[start:end], all of it secret.
func (m *match) whole(d detector, start, end int) bool {
	*m = match{start: start, end: end, from: start, to: end, rule: int(d), with: mark}
	if t := marks[d]; t != "" {
		m.with = t
	}
	return true
}

// value makes m a match of a secret whose name says that it is one.
func (m *match) value(d detector, start, end int) bool {
	*m = match{start: start, end: end, from: start, to: end, rule: int(d), with: mark}
	return true
}
