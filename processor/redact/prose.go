package redact

import "strings"

// Secrets in sentences: "the password is hunter2", "invalid token 0a1b2c3d", "password changed to hunter2". A sentence may
// go on in many ways, so that only what has a digit counts, or what stands in quotes.

// maxProse bounds how long a word is that is taken for a secret, and how far its beginning is looked for.
const maxProse = 64

// endsKey has 1 for the last bytes of the words that stand before a secret: is, was, to, are, from, be, now, as, password, token, key, …
var endsKey = func() (t [256]uint8) {
	for _, c := range []byte("sdtneoymwhSDTNEOYMWH>-\x92") {
		t[c] = 1
	}
	return t
}()

// said finds a secret in a sentence whose first digit is in the run of letters and digits that begins at start.
func (r *Redactor) said(s string, from, start int, m *match) bool {
	b := start
	for b > from && s[b-1] > ' ' {
		if c := s[b-1]; isDigit(c) || stopsProse[c] != 0 || start-b >= maxProse {
			return false
		}
		b--
	}
	if b < 3 || b <= from || s[b-1] != ' ' && s[b-1] != '\t' || endsKey[s[b-2]] == 0 {
		return false
	}
	v, verb := r.wordsBefore(s, b)
	if !v.hit {
		return false
	}
	e := b
	for e < len(s) && s[e] > ' ' && stopsProse[s[e]] == 0 && s[e] != '"' && s[e] != '\'' {
		e++
	}
	if v.login && e < len(s) && s[e] == ':' { // credentials are bob:hunter2
		for e < len(s) && s[e] > ' ' {
			e++
		}
	}
	for e > b && isPunctuation(s[e-1]) {
		e--
	}
	if e-b > 4*maxProse || !isSaid(s[b:e], s[e:], verb, v.det) {
		return false
	}
	return m.value(v.det, b, e)
}

// stopsProse has 1 for the bytes that no secret in a sentence has: the detectors of = and : and of addresses look at these.
var stopsProse = func() (t [256]uint8) {
	for _, c := range []byte("=:/([{<,;&?|\\") {
		t[c] = 1
	}
	return t
}()

func isPunctuation(c byte) bool {
	switch c {
	case '.', ',', ';', ':', ')', ']', '}', '!', '?', '"', '\'':
		return true
	}
	return false
}

// wordsBefore is the verdict on the name in the words that end before b, and whether a verb stands between.
func (r *Redactor) wordsBefore(s string, b int) (v verdict, verb bool) {
	changed := false // "to" and "from" alone are none: "sending the token to host1"
	for range 6 {
		first, end := wordBefore(s, b)
		if first == end {
			return verdict{}, false
		}
		switch kind := between(s[first:end]); {
		case kind == wordTo:
			changed = true
		case kind == wordSet && changed:
			changed, verb = false, true
		case kind == wordVerb:
			verb = true
		case changed:
			if before, e := wordBefore(s, first); between(s[before:e]) != wordTo { // changed from x to y
				return verdict{}, false
			}
		default:
			return r.spoken(s, first, end, verb)
		}
		b = first
	}
	return verdict{}, false
}

// spoken is the verdict on the word s[first:end], which a verb follows or the secret itself.
func (r *Redactor) spoken(s string, first, end int, verb bool) (verdict, bool) {
	word := s[first:end]
	if n := len(word); n > 2 && word[n-2] == '\'' && word[n-1] == 's' { // the password's hunter2
		word, verb = word[:n-2], true
	}
	v := r.keys.of(word)
	if !v.hit {
		v = r.spacedKey(s, 0, name{start: first, end: first + len(word)})
		v.weak = false
	}
	switch word {
	case "AUTH", "requirepass", "masterauth", "PLAIN":
		if before, e := wordBefore(s, first); word == "PLAIN" && s[before:e] != "AUTH" && s[before:e] != "SASL" {
			return verdict{}, false
		}
		if r.on.has(detPassword) {
			return verdict{det: detPassword, hit: true}, false
		}
	case "BY", "by":
		if _, e := wordBefore(s, first); r.on.has(detPassword) && e > 9 && equalFoldASCII(s[e-10:e], "identified") {
			return verdict{det: detPassword, hit: true}, true
		}
	}
	if v.weak || v.plural && !v.login || v.det == detCookie || v.allowed {
		return verdict{}, false
	}
	return v, verb
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != b[i] {
			return false
		}
	}
	return true
}

// wordBefore is where the word before b begins and ends; the same: there is none on its line.
func wordBefore(s string, b int) (first, end int) {
	end = b
	for end > 0 && (s[end-1] == ' ' || s[end-1] == '\t') {
		end--
	}
	first = end
	for first > 0 && s[first-1] > ' ' && end-first < maxProse {
		first--
	}
	for first < end && (s[first] == '"' || s[first] == '\'' || s[first] == '(') {
		first++
	}
	return first, end
}

type wordKind uint8

const (
	wordOther wordKind = iota
	wordVerb
	wordTo
	wordSet
)

// between says what a word between a name and its value is.
func between(word string) wordKind {
	var buf [8]byte
	if len(word) > len(buf) {
		return wordOther
	}
	for i := range len(word) {
		buf[i] = lower(word[i])
	}
	switch string(buf[:len(word)]) {
	case "is", "was", "are", "were", "be", "being", "now", "equals", "->", "=>", "→", "-", "–", "—":
		return wordVerb
	case "to", "from", "as":
		return wordTo
	case "set", "changed", "reset", "updated", "rotated", "change":
		return wordSet
	}
	return wordOther
}

// isSaid reports whether a word behind the name of a secret is one, and none that any sentence may have there.
func isSaid(text, rest string, verb bool, d detector) bool {
	letters, digits, others, high := 0, 0, 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			digits++
		case isLower(c), isUpper(c):
			letters++
		case c >= 0x80:
			high++
		default:
			others++
		}
	}
	switch {
	case digits == 0 || isMark(text):
		return false
	case letters+high == 0:
		return d == detPassword && verb && others == 0 && digits >= 4 && !isCounted(rest) && (digits >= 6 || !wordFollows(rest))
	case len(text) < 5 || isAlgorithm(text) || isAmount(text) || text[0] == 'v' && isDigit(text[1]) && letters == 1:
		return false
	case verb:
		return true
	case isUUID(text):
		return d != detSecret
	case isNumbered(text):
		return false
	case d == detPassword:
		return len(text) >= 6 && (others == 0 || isPunctuatedWord(text))
	}
	return others == 0 && len(text) >= 10 && digits >= 3
}

// wordFollows reports whether another word follows: "is 1234 characters".
func wordFollows(rest string) bool {
	return len(rest) > 1 && rest[0] == ' ' && (isLower(rest[1]) || isUpper(rest[1]))
}

// isPunctuatedWord reports whether what is no letter or digit is a sign that passwords have, and names have not.
func isPunctuatedWord(text string) bool {
	for i := range len(text) {
		switch text[i] {
		case '.', '-', '_', '/', '+', '~':
			return false
		}
	}
	return true
}

// isAmount reports whether digits are followed by a unit alone: 24hours, 8chars, 30min.
func isAmount(text string) bool {
	i := digitsEnd(text, 0)
	if i == 0 {
		return false
	}
	for k := i; k < len(text); k++ {
		if !isLower(text[k]) && !isUpper(text[k]) && text[k] != '-' {
			return false
		}
	}
	return true
}

// isAlgorithm reports the names of algorithms and formats that have digits: "the token is HS256".
func isAlgorithm(text string) bool {
	word, ok := beforeNumber(text)
	if !ok {
		return false
	}
	switch word {
	case "sha", "md", "hs", "rs", "es", "ps", "aes", "rsa", "argon", "oauth", "pbkdf", "bcrypt", "scrypt", "blake", "ed", "x", "p", "utf", "base", "http", "ipv",
		"totp", "hotp", "des", "rc", "tls", "ssl", "sslv", "tlsv", "saml", "k", "i", "l", "s", "ec", "crc", "win", "ripemd", "hmacsha", "pkcs", "curve", "secp", "ntlmv", "v":
		return true
	}
	return false
}

// isNumbered reports the names of things with their number: "password user123".
func isNumbered(text string) bool {
	word, ok := beforeNumber(text)
	if !ok {
		return false
	}
	switch word {
	case "user", "host", "node", "server", "worker", "shard", "pod", "zone", "region", "client", "service", "process", "tenant", "account", "step", "level", "line", "phase",
		"stage", "test", "version", "attempt", "try", "file", "page", "id", "db", "app", "group", "type", "field", "column", "row", "item":
		return true
	}
	return false
}

// beforeNumber is the word in lower case before the number with which text ends, or nearly ends: sha512, argon2id, aes-256-gcm.
func beforeNumber(text string) (string, bool) {
	i := 0
	for i < len(text) && !isDigit(text[i]) {
		i++
	}
	end := digitsEnd(text, i)
	if i == 0 || i > 9 || end-i > 4 || len(text)-end > 4 || strings.ContainsAny(text[end:], digitChars) {
		return "", false
	}
	return strings.ToLower(strings.TrimRight(text[:i], "-_")), true
}

// saidQuoted finds a secret in quotes, of which the first is at i, in a sentence or in SQL: the password is "hunter2",
// token 'abc123def456' not found, IDENTIFIED BY 'hunter2', SET PASSWORD FOR bob = 'hunter2'.
func (r *Redactor) saidQuoted(s string, i int, m *match) bool {
	last := s[i-2]
	if endsKey[last] == 0 && last != '=' {
		return false
	}
	end := strings.IndexByte(s[i+1:], s[i])
	if end < 3 || end > 2*maxProse {
		return false
	}
	text := s[i+1 : i+1+end]
	if isMark(text) || strings.IndexByte(text, '\n') >= 0 {
		return false
	}
	v, verb := r.wordsBefore(s, i-1)
	if last == '=' || !v.hit {
		if head := strings.ToLower(s[max(0, i-maxProse):i]); !r.on.has(detPassword) || last == '=' && !strings.Contains(head, "set password for ") ||
			last != '=' && (!strings.HasSuffix(head, " by ") || !strings.Contains(head, "identified with ")) {
			return false
		}
		return m.value(detPassword, i+1, i+1+end)
	}
	switch {
	case v.det == detPassword && !verb, v.det == detPassword && !prose[strings.ToLower(text)] && !isLiteral(text):
	case strings.ContainsAny(text, " /"), !isSaid(text, "", verb, v.det):
		return false
	}
	return m.value(v.det, i+1, i+1+end)
}

// sqlFunction finds the argument of PASSWORD('hunter2') and the like, whose quote is at i.
func (r *Redactor) sqlFunction(s string, i int, m *match) bool {
	e := i - 1
	b := e
	for b > 0 && e-b < 16 && isASCIIWord(s[b-1]) {
		b--
	}
	end := strings.IndexByte(s[i+1:], s[i])
	if end < 1 || !r.on.has(detPassword) || isMark(s[i+1:i+1+end]) {
		return false
	}
	switch strings.ToLower(s[b:e]) {
	case "password", "old_password", "crypt", "pgp_sym_encrypt":
		return m.value(detPassword, i+1, i+1+end)
	}
	return false
}

// saidBehindColon finds a secret as in "your password is: hunter2". n is the word before the colon, start that behind it.
func (r *Redactor) saidBehindColon(s string, n name, colon int, m *match) bool {
	if word := s[n.start:n.end]; word != "is" && word != "IS" {
		return false
	}
	start, ok := valueStart(s, colon)
	v, _ := r.wordsBefore(s, n.start)
	if !ok || !v.hit {
		return false
	}
	text := value{r: r, s: s, n: n, v: v, sep: colon, start: start}
	return text.find(m)
}
