package sanitize

import "strings"

// script returns the length of the script element at i, and its mark; 0 when there is none.
func (w *walk) script(i int) (int, string) {
	const open, shut = "<script", "</script"
	rest := w.text[i:]
	if !hasFold(rest, open) {
		if hasFold(rest, shut) {
			if end := strings.IndexByte(rest, '>'); end >= 0 && strings.TrimSpace(rest[len(shut):end]) == "" {
				return end + 1, ScriptMark // what it closed is gone
			}
		}
		return 0, ""
	}
	if len(rest) > len(open) && isNameByte(rest[len(open)]) {
		return 0, "" // <scripts>
	}
	end := strings.IndexByte(rest, '>')
	if end < 0 {
		return len(rest), ScriptMark
	}
	for at := end + 1; at < len(rest) && !w.unclosed; at++ {
		k := strings.IndexByte(rest[at:], '<')
		if k < 0 {
			break
		}
		at += k
		if !hasFold(rest[at:], shut) {
			continue
		}
		tail := rest[at+len(shut):]
		if close := strings.IndexByte(tail, '>'); close >= 0 && strings.TrimSpace(tail[:close]) == "" {
			return at + len(shut) + close + 1, ScriptMark
		}
	}
	w.unclosed = true
	return end + 1, ScriptMark // never closed: the tag is taken out, and the text behind it is text
}

func isNameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// hasFold reports whether s begins with prefix, which is in lower case.
func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
