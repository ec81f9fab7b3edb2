package redact

import "strings"

// userInfo finds the password of a URL whose authority begins at start: scheme://user:password@host.
func userInfo(s string, start int, m *match) bool {
	if strings.IndexByte(s[start:], '@') < 0 {
		return false
	}
	end := start
	for end < len(s) && authorityEnd[s[end]] == 0 {
		end++
	}
	at := strings.LastIndexByte(s[start:end], '@')
	if at < 0 && end < len(s) && strings.IndexByte("/?#", s[end]) >= 0 {
		at = slashedPassword(s, start, end)
	}
	if at < 0 {
		return false
	}
	at += start
	colon := strings.IndexByte(s[start:at], ':')
	if colon < 0 { // a name alone is none of a secret's, but a long one is a key
		return at-start >= 20 && strings.ContainsAny(s[start:at], "0123456789") && !isMark(s[start:at]) && m.value(detUserInfo, start, at)
	}
	first := start + colon + 1
	if strings.IndexByte(s[start:first], '@') >= 0 { // the name is an address
		first = start
	}
	if first == at || isMark(s[first:at]) {
		return false
	}
	return m.value(detUserInfo, first, at)
}

// authorityEnd has 1 for the bytes that end the authority of a URL (RFC 3986), and the text around it.
var authorityEnd = func() (t [256]uint8) {
	for _, c := range []byte("/?# \t\r\n\"'<>`\\") {
		t[c] = 1
	}
	return t
}()

// slashedPassword finds the @ behind a password with a slash in it that should have been escaped:
// what stands behind the colon is no port.
func slashedPassword(s string, start, end int) int {
	colon := strings.IndexByte(s[start:end], ':')
	if colon < 0 || strings.Trim(s[start+colon+1:end], "0123456789") == "" {
		return -1
	}
	stop := end
	for stop < len(s) && strings.IndexByte(" \t\r\n\"'<>`", s[stop]) < 0 {
		stop++
	}
	return strings.LastIndexByte(s[start:stop], '@')
}

// dsn finds the password in user:password@tcp(host), as Go's MySQL driver writes it.
func dsn(s string, from, i int, m *match) bool {
	rest := s[i+1:]
	if !strings.HasPrefix(rest, "tcp(") && !strings.HasPrefix(rest, "unix(") && !strings.HasPrefix(rest, "(") && !strings.HasPrefix(rest, "/") {
		return false
	}
	start := i
	for start > from && strings.IndexByte(" \t\n\"'=", s[start-1]) < 0 {
		start--
	}
	colon := strings.IndexByte(s[start:i], ':')
	if colon < 1 || start+colon+1 == i || isMark(s[start+colon+1:i]) || rest[0] == '/' && strings.ContainsAny(s[start:i], "/,(") {
		return false
	}
	return m.value(detUserInfo, start+colon+1, i)
}

// oracle finds the password in jdbc:oracle:thin:user/password@host, whose @ is at i.
func oracle(s string, from, i int, m *match) bool {
	start := i
	for start > from && s[start-1] > ' ' && s[start-1] != ':' && i-start < maxAddress {
		start--
	}
	slash := strings.IndexByte(s[start:i], '/')
	if slash < 1 || start+slash+1 == i || isMark(s[start+slash+1:i]) ||
		!strings.Contains(s[max(from, start-24):start], "oracle:") && !strings.HasSuffix(s[:start], "sqlplus ") && !strings.Contains(s[i:min(len(s), i+maxAddress)], ":1521/") {
		return false
	}
	return m.value(detUserInfo, start+slash+1, i)
}

// webhooks are addresses whose path says who may post there. What stands behind the text is the secret.
var webhooks = []string{"hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/", "discord.com/api/webhooks/",
	"discordapp.com/api/webhooks/", "outlook.office.com/webhook/", ".webhook.office.com/webhookb2/", "hooks.zapier.com/hooks/catch/"}

// webhook finds the secret path of a URL whose authority begins at start.
func webhook(s string, start int, m *match) bool {
	head := s[start:min(len(s), start+96)]
	for _, w := range webhooks {
		at := strings.Index(head, w)
		if at < 0 || at > 0 && w[0] != '.' {
			continue
		}
		first := start + at + len(w)
		end := first
		for end < len(s) && (authorityEnd[s[end]] == 0 || s[end] == '/') {
			end++
		}
		for end > first && strings.IndexByte(".,;:)]}", s[end-1]) >= 0 {
			end--
		}
		return end > first && !strings.HasPrefix(s[first:end], markHead) && m.value(detCloudKey, first, end)
	}
	return false
}
