package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAddress bounds how far before an @ a name may begin.
const maxAddress = 256

// email finds an address around the @ at i: letters, digits and ._%+- on the left, labels and a top level of letters on the right.
func email(s string, from, i int, m *match) bool {
	start := localStart(s, max(from, i-maxAddress), i)
	if start == i || inAuthority(s, from, i) {
		return false
	}
	end := domainEnd(s, i+1)
	if end < 0 {
		return false
	}
	local, domain := s[start:i], s[i+1:end]
	if local == "git" && end < len(s) && s[end] == ':' || noDomain(domain) {
		return false
	}
	return m.whole(detEmail, start, end)
}

func localStart(s string, low, i int) int {
	start := i
	for start > low {
		c, n := utf8.DecodeLastRuneInString(s[low:start])
		if !isAddressRune(c) && !strings.ContainsRune("._%+-", c) {
			break
		}
		start -= n
	}
	for start < i && strings.IndexByte(".%+-", s[start]) >= 0 {
		start++
	}
	return start
}

func isAddressRune(c rune) bool {
	if c < utf8.RuneSelf {
		return isWordByte(byte(c)) && c != '_'
	}
	return c != utf8.RuneError && (unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c))
}

// domainEnd returns where the domain at start ends: behind the last label of two letters or more; -1: no domain.
func domainEnd(s string, start int) int {
	end := start
	for end < len(s) && end-start < maxAddress {
		c, n := utf8.DecodeRuneInString(s[end:])
		if !isAddressRune(c) && c != '.' && c != '-' {
			break
		}
		end += n
	}
	for dot := strings.LastIndexByte(s[start:end], '.'); dot > 0; dot = strings.LastIndexByte(s[start:start+dot], '.') {
		k, letters := start+dot+1, 0
		for k < end {
			c, n := utf8.DecodeRuneInString(s[k:])
			if c < utf8.RuneSelf && !isUpper(byte(c)) && !isLower(byte(c)) {
				break
			}
			k += n
			letters++
		}
		if letters >= 2 && (k == len(s) || !isASCIIWord(s[k])) {
			return k
		}
	}
	return -1
}

func isASCIIWord(c byte) bool { return c < 0x80 && isWordByte(c) }

// inAuthority reports whether the @ at i ends the user name of a URL.
func inAuthority(s string, from, i int) bool {
	for k := i - 1; k >= max(from-3, 0) && k > i-maxAddress; k-- {
		switch s[k] {
		case ' ', '"', '\'', '<', '>', '\n', '\t', '=':
			return false
		case '/':
			return k >= 2 && s[k-1] == '/' && s[k-2] == ':'
		}
	}
	return false
}

// noDomain reports what looks like a domain and is none: versions, images for screens, units of systemd.
func noDomain(domain string) bool {
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	switch strings.ToLower(last) {
	case "service", "timer", "socket", "mount", "slice", "target", "automount", "swap":
		return true
	case "png", "jpg", "jpeg", "gif", "webp", "svg", "avif":
		return len(domain) > 2 && isDigit(domain[0]) && domain[1] == 'x'
	}
	return isVersion(strings.TrimPrefix(domain, "v"))
}

// isVersion reports whether s begins with three numbers.
func isVersion(s string) bool {
	for n := range 3 {
		if n > 0 && !strings.HasPrefix(s, ".") {
			return false
		}
		s = strings.TrimPrefix(s, ".")
		rest := strings.TrimLeft(s, "0123456789")
		if rest == s {
			return false
		}
		s = rest
	}
	return true
}
