package redact

import "strings"

// dash looks at the dash at i: the end of a prefix, the beginning of a flag, of a private key.
func (r *Redactor) dash(s string, from, i int, m *match) (found bool, skip int) {
	if i+1 < len(s) && s[i+1] == '-' {
		if r.on.has(detPrivateKey) && privateKey(s, i, m) {
			return true, 0
		}
		if i+2 < len(s) && s[i+2] != '-' && (i == 0 || s[i-1] != '-') && r.flag(s, i+2, m) {
			return true, 0
		}
		skip = 1
		for i+skip < len(s) && s[i+skip] == '-' {
			skip++
		}
		return false, max(skip-5, 1)
	}
	return r.prefixed(s, from, i, m) || r.commandFlag(s, from, i, m), 1
}

// privateKey finds a block of PEM (RFC 7468) or OpenPGP that holds a private key: up to its end, or that of the text.
func privateKey(s string, i int, m *match) bool {
	const begin, ssh2, kind = "-----BEGIN ", "---- BEGIN ", "PRIVATE KEY"
	if len(s)-i < len(begin) || !strings.EqualFold(s[i:i+len(begin)], begin) && s[i:i+len(ssh2)] != ssh2 {
		return false
	}
	label := s[i+len(begin):]
	label = label[:min(len(label), 60)]
	if end := strings.Index(label, "-----"); end >= 0 {
		label = label[:end]
	}
	if !strings.Contains(strings.ToUpper(label), kind) {
		return false
	}
	end := len(s)
	at := strings.Index(s[i:], "-----END ")
	if at < 0 {
		at = strings.Index(s[i:], "-----end ")
	}
	if at < 0 {
		at = strings.Index(s[i:], "---- END ")
	}
	if at >= 0 {
		end = i + at + len("-----END ")
		if tail := strings.Index(s[end:], "----"); tail >= 0 {
			for end += tail; end < len(s) && s[end] == '-'; {
				end++
			}
		} else {
			end = len(s)
		}
	}
	return m.whole(detPrivateKey, i, end)
}

// flag finds the value of a command's flag, --password hunter2, whose name begins at i.
func (r *Redactor) flag(s string, i int, m *match) bool {
	end := i
	for end < len(s) && isNameByte(s[end]) {
		end++
	}
	if end+1 >= len(s) || s[end] != ' ' && s[end] != '+' { // + is a space in a query
		return false
	}
	v := r.keys.of(s[i:end])
	start := end + 1
	if !v.hit || v.plural || strings.IndexByte("-<[ ", s[start]) >= 0 {
		return false
	}
	stop := start
	if q := s[start]; q == '"' || q == '\'' {
		start++
		if stop = strings.IndexByte(s[start:], q); stop < 0 {
			stop = len(s) - start
		}
		stop += start
	} else {
		for stop < len(s) && s[stop] > ' ' && s[stop] != '"' && s[stop] != '\'' && (s[end] == ' ' || s[stop] != '+' && s[stop] != '&') {
			stop++
		}
	}
	switch text := s[start:stop]; {
	case text == "", isMark(text), text == "string", text == "value":
		return false
	}
	return m.value(v.det, start, stop)
}

// maxElement bounds how far the end of an element is looked for.
const maxElement = 4096

// element finds the value of an element of XML with the name of a secret, whose < is at i.
func (r *Redactor) element(s string, i int, m *match) bool {
	end := i + 1
	for end < len(s) && (isNameByte(s[end]) || s[end] == ':') {
		end++
	}
	if end-i < 4 || end >= len(s) || s[end] != '>' && s[end] != ' ' {
		return false
	}
	v := r.keys.of(s[i+1 : end])
	if !v.hit || v.plural || v.weak {
		return false
	}
	gt := strings.IndexByte(s[end:min(len(s), end+maxElement)], '>')
	if gt < 0 {
		return false
	}
	start := end + gt + 1
	stop := strings.Index(s[start:min(len(s), start+maxElement)], "</")
	if stop <= 0 || s[start-2] == '/' || isMark(s[start:start+stop]) || strings.TrimSpace(s[start:start+stop]) == "" {
		return false
	}
	return m.value(v.det, start, start+stop)
}
