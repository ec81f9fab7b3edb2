package redact

import "strings"

// cookie finds what a Cookie or Set-Cookie header holds: all values of the first, the first value of the
// other, whose attributes stay.
func (t *value) cookie(m *match) bool {
	s := t.s
	if t.v.plural && !t.n.quoted {
		return false
	}
	end := t.start
	for end < len(s) && s[end] != '\n' && s[end] != '\r' {
		end++
	}
	first := t.start
	if s[first] == '"' || s[first] == '\'' {
		q := s[first]
		first++
		if k := strings.IndexByte(s[first:end], q); k >= 0 {
			end = first + k
		}
	}
	eq := strings.IndexByte(s[first:end], '=')
	if eq < 0 {
		if isMark(s[first:end]) || first == end || t.s[t.sep] == ':' && !t.n.quoted {
			return false
		}
		return m.value(detCookie, first, end)
	}
	if strings.EqualFold(s[max(t.n.end-10, t.n.start):t.n.end], "set-cookie") {
		first += eq + 1
		if semi := strings.IndexByte(s[first:end], ';'); semi >= 0 {
			end = first + semi
		}
	} else if space := lastPair(s[first:end]); space > 0 {
		end = first + space
	}
	if first == end || isMark(s[first:end]) {
		return false
	}
	return m.value(detCookie, first, end)
}

// lastPair is where the list of pairs a=b; c=d at the beginning of s ends.
func lastPair(s string) int {
	k := 0
	for {
		space := strings.IndexByte(s[k:], ' ')
		if space < 0 {
			return len(s)
		}
		k += space
		if k == 0 || s[k-1] != ';' {
			return k
		}
		k++
	}
}
