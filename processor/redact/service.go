package redact

import (
	"encoding/base64"
	"strings"
)

// Keys of services that are known by another shape than a prefix with a joint.

// lettered are prefixes of letters alone. What stands behind them has a digit, at which they are met.
var lettered = []struct {
	text       string
	least      int // length of the whole
	most       int
	alphabet   string // hex or all
	everyone   bool   // has capitals, small letters and digits
	underscore bool   // goes on over _ and -
}{
	{"EAA", 60, 400, "", true, true},             // Facebook, Square
	{"SK", 34, 34, "hex", false, false},          // Twilio
	{"dapi", 36, 38, "hex", false, false},        // Databricks
	{"GR1348941", 28, 40, "", false, true},       // runners of GitLab
	{"IQoJb3JpZ2lu", 100, 4000, "", true, false}, // session tokens of AWS
	{"AKCp", 60, 100, "", true, false},           // Artifactory
	{"ATBB", 34, 40, "", true, false},            // Bitbucket
	{"AQVN", 36, 50, "", true, true},             // Yandex
	{"cio", 35, 35, "", true, false},             // crates.io
	{"oy2", 46, 46, "", false, false},            // NuGet
}

// serviceKey finds a key whose run of letters and digits is s[start:end].
func serviceKey(s string, start, end int, m *match) bool {
	for _, p := range lettered {
		if s[start] != p.text[0] || !strings.HasPrefix(s[start:end], p.text) {
			continue
		}
		for p.underscore && end < len(s) && (isASCIIWord(s[end]) || s[end] == '-') {
			end++
		}
		body := s[start+len(p.text) : end]
		if n := end - start; n < p.least || n > p.most || p.alphabet == "hex" && !isHex(body) || p.everyone && !isMixed(body) {
			return false
		}
		return m.whole(detCloudKey, start, end)
	}
	return false
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && c-'a' >= 6 {
			return false
		}
	}
	return true
}

// isMixed reports whether s has capitals, small letters and digits.
func isMixed(s string) bool {
	kinds := 0
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			kinds |= 1
		case isUpper(c):
			kinds |= 2
		case isLower(c):
			kinds |= 4
		}
	}
	return kinds == 7
}

// alnumEnd is where the letters and digits of ASCII at i end.
func alnumEnd(s string, i int) int {
	for i < len(s) && (isDigit(s[i]) || isLower(s[i]) || isUpper(s[i])) {
		i++
	}
	return i
}

// leadingDigits finds keys that begin with the digits s[i:end]: those of Mailchimp and Mailgun, refresh tokens of Google,
// access tokens of applications at Facebook, keys of Okta.
func leadingDigits(s string, i, end int, m *match) bool {
	if i > 0 && (isASCIIWord(s[i-1]) || s[i-1] == '-' || s[i-1] == '.') || end >= len(s) {
		return false
	}
	switch {
	case s[end] == '/' && (strings.HasPrefix(s[i:], "1//0") || strings.HasPrefix(s[i:], "4/0A")):
		e := end + 1
		for e < len(s) && (isASCIIWord(s[e]) || s[e] == '-' || s[e] == '/') {
			e++
		}
		return e-i >= 40 && isMixed(s[end:e]) && m.whole(detCloudKey, i, e)
	case s[end] == '|' && end-i >= 14:
		e := end + 1
		for e < len(s) && (isASCIIWord(s[e]) || s[e] == '-') {
			e++
		}
		return e-end >= 25 && e-end <= 40 && m.value(detCloudKey, end+1, e)
	}
	e := alnumEnd(s, end)
	switch e - i {
	case 32:
		if !isHex(s[i:e]) {
			return false
		}
		return dashedKey(s, i, e, m)
	case 42:
		return strings.HasPrefix(s[i:], "00") && isMixed(s[i:e]) && m.whole(detCloudKey, i, e)
	}
	return false
}

// dashedKey finds keys of Mailchimp and Mailgun: 32 digits of hexadecimal at s[i:e], and -us12 or -0123abcd-0123abcd behind.
func dashedKey(s string, i, e int, m *match) bool {
	if e+4 > len(s) || s[e] != '-' {
		return false
	}
	if s[e+1] == 'u' && s[e+2] == 's' && isDigit(s[e+3]) {
		return m.whole(detCloudKey, i, digitsEnd(s, e+3))
	}
	if end := e + 18; end <= len(s) && s[e+9] == '-' && isHex(s[e+1:e+9]) && isHex(s[e+10:end]) && (end == len(s) || !isASCIIWord(s[end])) {
		return m.whole(detCloudKey, i, end)
	}
	return false
}

// dotted finds tokens that are known by the parts around their dots, of which one is at i: of bots at Discord, of HashiCorp's cloud,
// of Airtable.
func dotted(s string, from, i int, m *match) bool {
	if strings.HasPrefix(s[i:], ".atlasv1.") {
		start := i
		for start > from && isASCIIWord(s[start-1]) {
			start--
		}
		end := tokenEnd(s, i+9)
		return i-start == 14 && end-i >= 60 && m.whole(detCloudKey, start, end)
	}
	start := i
	for start > from && isASCIIWord(s[start-1]) && i-start < 30 {
		start--
	}
	switch n := i - start; {
	case n == 1 && s[start] == 's': // Vault
		end := alnumEnd(s, i+1)
		return end-i-1 == 24 && isMixed(s[i+1:end]) && (end == len(s) || !isASCIIWord(s[end])) && m.whole(detCloudKey, start, end)
	case n >= 23 && n <= 28 && len(s) > i+34 && s[i+7] == '.' && strings.IndexByte("MNO", s[start]) >= 0:
		end := tokenEnd(s, i+8)
		return end-i-8 >= 27 && end-i-8 <= 40 && isMixed(s[start:end]) && m.whole(detCloudKey, start, end)
	case n == 17 && len(s) >= i+65 && s[start:start+3] == "pat" && isHex(s[i+1:i+65]):
		return m.whole(detCloudKey, start, i+65)
	}
	return false
}

// colonKey finds keys around the colon at i: registration tokens of Firebase, the secret of an account at Twilio, lines of a .pgpass.
func colonKey(s string, from, i int, m *match) bool {
	switch {
	case strings.HasPrefix(s[i+1:], "APA91b"):
		start := i
		for start > from && (isASCIIWord(s[start-1]) || s[start-1] == '-') {
			start--
		}
		end := tokenEnd(s, i+1)
		return i-start >= 10 && end-i > 100 && m.whole(detCloudKey, start, end)
	case i-34 >= from && len(s)-i > 32 && s[i-34:i-32] == "AC" && isHex(s[i-32:i]):
		end := alnumEnd(s, i+1)
		return end-i-1 == 32 && m.value(detCloudKey, i+1, end)
	case strings.HasPrefix(s[i+1:], "5432:"):
		parts := i + 6
		for range 2 {
			k := strings.IndexByte(s[parts:], ':')
			if k < 1 || strings.ContainsAny(s[parts:parts+k], " \t\n/\"") {
				return false
			}
			parts += k + 1
		}
		end := parts
		for end < len(s) && s[end] > ' ' && s[end] != '"' {
			end++
		}
		return end-parts >= 3 && !isMark(s[parts:end]) && m.value(detUserInfo, parts, end)
	}
	return false
}

// encodedPrivateKey finds a block of PEM with a private key in base64, as Kubernetes holds it, at i.
func encodedPrivateKey(s string, i int, m *match) bool {
	const begin = "LS0tLS1CRUdJTi" // -----BEGIN
	if !strings.HasPrefix(s[i:], begin) || len(s)-i < 60 {
		return false
	}
	var head [45]byte
	n, _ := base64.StdEncoding.Decode(head[:], []byte(s[i:i+60]))
	if !strings.Contains(string(head[:n]), "PRIVATE KEY") {
		return false
	}
	end := i
	for end < len(s) && (isASCIIWord(s[end]) || strings.IndexByte("+/=\n", s[end]) >= 0) {
		end++
	}
	return m.whole(detPrivateKey, i, end)
}

// pairValue finds a value in quotes that is user:password in base64, as in the configuration of Docker: "auth": "dXNlcjpwYXNz".
func pairValue(s string, colon int, m *match) bool {
	start, ok := valueStart(s, colon)
	if !ok {
		return false
	}
	for start < len(s) && (s[start] == '\\' || s[start] == '"' || s[start] == '\'') {
		start++
	}
	end := start
	for end < len(s) && (isASCIIWord(s[end]) || strings.IndexByte("+/=", s[end]) >= 0) {
		end++
	}
	return end-start >= minScheme && userPassword(s[start:end]) && m.value(detBasic, start, end)
}

// privateLines finds the key in a file of PuTTY, behind the line that n names.
func privateLines(s string, n name, m *match) bool {
	if s[n.start:n.end] != "Private-Lines" {
		return false
	}
	k := strings.IndexByte(s[n.end:], '\n')
	if k < 0 {
		return false
	}
	start, end := n.end+k+1, len(s)
	if k := strings.Index(s[start:], "\nPrivate-"); k >= 0 {
		end = start + k
	}
	return end > start && !isMark(s[start:end]) && m.whole(detPrivateKey, start, end)
}
