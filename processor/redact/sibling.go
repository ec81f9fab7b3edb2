package redact

import "strings"

// A pair may be written as an object of its own: {"name":"DB_PASSWORD","value":"x"}, <add key="ApiKey" value="x"/>.

// isNaming reports whether a key says that its value is the name of what stands under "value" beside it.
func isNaming(key string) bool {
	switch len(key) {
	case 3:
		return strings.EqualFold(key, "key")
	case 4:
		return strings.EqualFold(key, "name")
	case 5:
		return strings.EqualFold(key, "field") || strings.EqualFold(key, "param")
	case 6:
		return strings.EqualFold(key, "header")
	}
	return false
}

func isValueKey(key string) bool { return len(key) == 5 && strings.EqualFold(key, "value") }

// maxBetween bounds how far before "value" the name may stand.
const maxBetween = 160

// sibling is the verdict on what stands under n, which may be called value: that on the name that stands before it.
func (r *Redactor) sibling(s string, from int, n name) verdict {
	if !isValueKey(s[n.start:n.end]) {
		return verdict{}
	}
	e, low := n.start, max(from, n.start-maxBetween)
	for e > low && strings.IndexByte(" \t\r\n\"'\\,;{", s[e-1]) >= 0 {
		e--
	}
	b := e
	for b > low && isNameByte(s[b-1]) {
		b--
	}
	k := b
	for k > low && strings.IndexByte(" \t\"'\\:=>", s[k-1]) >= 0 {
		k--
	}
	first := k
	for first > low && isASCIIWord(s[first-1]) {
		first--
	}
	if k == b || e-b < 3 {
		return verdict{}
	}
	key := s[first:k]
	if v := r.keys.of(s[b:e]); v.hit && !v.plural && (isNaming(key) || key == "type" && v.det == detPassword) {
		return v
	}
	return verdict{}
}

// formField finds the value of a field of a form (RFC 7578) behind name="password" and an empty line. The quote that ends the
// name is at i.
func (r *Redactor) formField(s string, from, i int, m *match) bool {
	rest := s[i+1:]
	start := i + 1
	switch {
	case strings.HasPrefix(rest, "\r\n\r\n"):
		start += 4
	case strings.HasPrefix(rest, "\n\n"):
		start += 2
	default:
		return false
	}
	b := i
	for b > from && i-b < maxKey && isNameByte(s[b-1]) {
		b--
	}
	if i-b < 3 || b < 6 || s[b-6:b] != `name="` {
		return false
	}
	v := r.keys.of(s[b:i])
	end := strings.IndexAny(s[start:], "\r\n")
	if end < 0 {
		end = len(s) - start
	}
	if !v.hit || v.plural || end == 0 || isMark(s[start:start+end]) {
		return false
	}
	return m.value(v.det, start, start+end)
}
