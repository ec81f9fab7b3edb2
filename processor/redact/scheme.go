package redact

import "strings"

// schemes stand before a credential.
var schemes = []string{"bearer", "basic", "digest", "token", "apikey", "negotiate", "ntlm", "hmac", "aws4-hmac-sha256", "signature"}

// schemeOf returns where the credential behind a scheme at first begins and ends; 0, 0: there is no scheme.
func schemeOf(s string, first int) (from, to int) {
	for _, w := range schemes {
		if len(s)-first <= len(w) || s[first+len(w)] != ' ' || !strings.EqualFold(s[first:first+len(w)], w) {
			continue
		}
		from = first + len(w) + 1
		for from < len(s) && s[from] == ' ' {
			from++
		}
		to = from
		lists := w == "digest" || w == "aws4-hmac-sha256" || w == "signature"
		for to < len(s) && s[to] > ' ' && (lists || strings.IndexByte("\"'\\", s[to]) < 0) || to < len(s) && lists && s[to] == ' ' {
			to++
		}
		if to == from {
			return 0, 0
		}
		if end := parameters(s, from); !lists && end > to {
			to = end
		}
		return from, to
	}
	return 0, 0
}

// otherScheme is schemeOf for a scheme that is not known, behind a name that has one always: Authorization: SSWS 00ab12cd.
func otherScheme(s string, first int) (from, to int) {
	w := first
	for w < len(s) && (isASCIIWord(s[w]) || s[w] == '-') {
		w++
	}
	if w == first || w+1 >= len(s) || s[w] != ' ' || prose[s[first:w]] {
		return 0, 0
	}
	from = w + 1
	if to = parameters(s, from); to > from {
		return from, to
	}
	for to = from; to < len(s) && s[to] > ' ' && strings.IndexByte("\"'\\", s[to]) < 0; {
		to++
	}
	if text := s[from:to]; len(text) < 8 || !strings.ContainsAny(text, digitChars) {
		return 0, 0
	}
	return from, to
}

func areLetters(s string) bool {
	for i := range len(s) {
		if !isLower(s[i]) && !isUpper(s[i]) {
			return false
		}
	}
	return true
}

// parameters is where a list as in id="x", mac="y" that begins at start ends (RFC 9110, 11.2); start: there is none.
func parameters(s string, start int) int {
	end := start
	for at := start; ; {
		k := at
		for k < len(s) && (isASCIIWord(s[k]) || s[k] == '-') {
			k++
		}
		if k == at || k+1 >= len(s) || s[k] != '=' || s[k+1] <= ' ' || s[k+1] == '=' {
			return end
		}
		k++
		for k < len(s) && s[k] == '\\' {
			k++
		}
		if s[min(k, len(s)-1)] == '"' {
			if k++; strings.IndexByte(s[k:], '"') < 0 {
				return len(s)
			}
			k += strings.IndexByte(s[k:], '"') + 1
		} else {
			for k < len(s) && s[k] > ' ' && strings.IndexByte("\"',", s[k]) < 0 {
				k++
			}
		}
		end = k
		for at = k; at < len(s) && (s[at] == ',' || s[at] == ' '); {
			at++
		}
		if at == k {
			return end
		}
	}
}
