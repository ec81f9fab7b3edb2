package redact

import "strings"

// name is the name before a separator.
type name struct {
	start, end int
	quoted     bool // "name": in JSON, or in what looks like it
	indexed    bool // user[name]=, name[0]=
}

// nameBefore finds the name that ends before the separator at i. Its last bytes may be quotes, spaces, brackets.
func nameBefore(s string, from, i int) (n name, ok bool) {
	e := i
	for spaces := 0; e > from; e-- {
		c := s[e-1]
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			if spaces++; spaces > 8 {
				return n, false
			}
			continue
		}
		if c == 0x9D && strings.HasSuffix(s[from:e], "”") {
			n.quoted = true
			e -= 2
			continue
		}
		if c == '"' || c == '\'' || c == '`' || c == ']' {
			n.quoted, n.indexed = n.quoted || c != ']', n.indexed || c == ']'
			if b := digitsStart(s, from, e-1); c == ']' && b < e-1 && b > from && s[b-1] == '[' {
				e = b
			}
			continue
		}
		if c == '\\' && n.quoted {
			continue
		}
		break
	}
	b := e
	for b > from && e-b < maxKey && isNameByte(s[b-1]) {
		b--
	}
	if b > from && s[b-1] == '\\' && e-b > 5 && s[b] == 'u' { // \u0026token=
		b += 5
	}
	n.start, n.end = b, e
	return n, e-b >= 3
}

func digitsStart(s string, from, i int) int {
	for i > from && isDigit(s[i-1]) {
		i--
	}
	return i
}

func isNameByte(c byte) bool { return isWordByte(c) || c == '-' || c == '.' }

// keyed looks at the = or : at i: is it between the name of a secret and its value?
func (r *Redactor) keyed(s string, from, i int, m *match) bool {
	return r.keyedBy(s, from, i, i, m)
}

// keyedBy is keyed for a separator whose last byte is at last.
func (r *Redactor) keyedBy(s string, from, i, last int, m *match) bool {
	n, ok := nameBefore(s, from, i)
	if !ok {
		return s[i] == ':' && n.end-n.start == 2 && r.saidBehindColon(s, n, last, m)
	}
	v := r.keys.of(s[n.start:n.end])
	pair := v.pair
	if !v.hit {
		v = r.spacedKey(s, from, n)
	}
	if !v.hit && r.on.has(detToken) {
		v = inQuery(s, n, last)
	}
	if !v.hit {
		v = r.sibling(s, from, n)
	}
	if !v.hit {
		return pair && s[last] == ':' && r.on.has(detBasic) && pairValue(s, last, m) || r.on.has(detPrivateKey) && privateLines(s, n, m)
	}
	start, ok := valueStart(s, last)
	if !ok || v.plural && !n.quoted && (!v.login || s[i] != '=') || s[i] == ':' && v.det != detCookie && isPathEnd(s, from, n, start) {
		return false
	}
	text := value{r: r, s: s, n: n, v: v, sep: i, start: start}
	return text.find(m)
}

// isPathEnd reports whether a name before a colon is the last part of a path, as in POST /oauth/token: 401, and not the second of
// two names, as in user/password: bob/hunter2.
func isPathEnd(s string, from int, n name, start int) bool {
	if n.quoted || n.start <= from || s[n.start-1] != '/' {
		return false
	}
	b := n.start - 1
	for b > from && isASCIIWord(s[b-1]) {
		b--
	}
	switch strings.ToLower(s[b : n.start-1]) {
	case "login", "user", "username", "email", "account", "id":
		return b > 0 && s[b-1] == '/'
	}
	end := start
	for end < len(s) && isASCIIWord(s[end]) {
		end++
	}
	text := s[start:end] // no word, and no status
	return len(text) < 8 || !strings.ContainsAny(text, digitChars) || strings.Trim(text, digitChars) == ""
}

// spacedKey is the verdict on "api key" and the like, of which n is the last word.
func (r *Redactor) spacedKey(s string, from int, n name) verdict {
	last := s[n.start:n.end]
	if len(last) != 3 && len(last) != 4 || !strings.EqualFold(last[:3], "key") || n.start-1 <= from || s[n.start-1] != ' ' {
		return verdict{}
	}
	b := n.start - 1
	for b > from && isASCIIWord(s[b-1]) {
		b--
	}
	v := r.keys.of(s[b:n.end])
	v.weak = true
	return v
}

// inQuery is the verdict on a name that means something in the query of a URL alone: what signs it, as Azure's shared access
// signatures, and auth.
func inQuery(s string, n name, separator int) verdict {
	query := n.start > 0 && (s[n.start-1] == '?' || s[n.start-1] == '&')
	switch s[n.start:n.end] {
	case "sig", "Signature":
		if query || s[n.start:n.end] == "sig" && s[separator] == '=' && tokenEnd(s, separator+1)-separator > 30 {
			return verdict{det: detToken, hit: true}
		}
	case "auth":
		return verdict{det: detToken, hit: query, weak: true}
	case "_auth":
		return verdict{det: detToken, hit: true, weak: true}
	}
	return verdict{}
}

// valueStart returns where the value behind the separator at i begins; false: i is no separator, or there is no value.
func valueStart(s string, i int) (int, bool) {
	k := i + 1
	if k < len(s) {
		switch next := s[k]; {
		case s[i] == ':' && (next == ':' || strings.HasPrefix(s[k:], "//")):
			return 0, false
		case s[i] == '=' && next == '=' && k+1 < len(s) && s[k+1] == ' ': // a comparison
			return 0, false
		case s[i] == '=' && next == '>' || s[i] == ':' && next == '=':
			k++
		}
	}
	lines := 0
	for k < len(s) && (s[k] == ' ' || s[k] == '\t' || s[k] == '\n' || s[k] == '\r') {
		if s[k] == '\n' {
			lines++
		}
		k++
	}
	if lines > 1 || lines == 1 && startsPair(s, k) {
		return 0, false
	}
	return k, k < len(s)
}

// startsPair reports whether another name and its separator begin at k.
func startsPair(s string, k int) bool {
	e := k
	for e < len(s) && (isNameByte(s[e]) || e > k && (s[e] == '[' || s[e] == ']')) {
		e++
	}
	return e > k && e < len(s) && (s[e] == '=' || s[e] == ':')
}

// value is what stands behind the name of a secret.
type value struct {
	r     *Redactor
	s     string
	n     name
	v     verdict
	sep   int
	start int
}

// find decides where the value ends, and how it is hidden.
func (t *value) find(m *match) bool {
	s := t.s
	if t.v.det == detCookie {
		return t.cookie(m)
	}
	k, level := t.start, 0
	for k < len(s) && s[k] == '\\' {
		k++
		level++
	}
	if k < len(s) && (s[k] == '"' || s[k] == '\'' || s[k] == '`') && (level == 0 || s[k] == '"') {
		return t.quoted(k, level, m)
	}
	if t.n.quoted && (s[t.start] == '{' || s[t.start] == '[') {
		end := closing(s, t.start)
		return m.value(t.v.det, t.start, end)
	}
	if first, end := t.bracketed(); end > 0 {
		return t.hide(first, end, end, m)
	}
	end := t.bareEnd()
	if c := s[t.start]; isDigit(c) || c == '(' || c == '+' {
		end = max(end, t.shapeEnd())
	}
	return t.hide(t.start, end, end, m)
}

// shapeEnd is where a card, phone or account number that begins where the value does ends: its groups are one value.
func (t *value) shapeEnd() int {
	var shape match
	class := t.r.class[t.s[t.start]]
	if class == atNothing {
		return t.start
	}
	if found, _ := t.r.look(class, t.s, t.start, t.start, &shape); !found {
		return t.start
	}
	return shape.end
}

// bracketed is a value in brackets, as Go prints the headers of HTTP ([Bearer x]); in typographic quotes; or a block of
// YAML, behind | or >. end is 0 where there is none.
func (t *value) bracketed() (first, end int) {
	s := t.s
	rest := s[t.start:]
	switch {
	case rest[0] == '[' && !strings.HasPrefix(rest, markHead) && !strings.HasPrefix(rest, hashHead):
		if k := strings.IndexAny(rest, "]\n"); k > 1 && rest[k] == ']' {
			return t.start + 1, t.start + k
		}
	case strings.HasPrefix(rest, "“"):
		if k := strings.Index(rest, "”"); k > 0 {
			return t.start + len("“"), t.start + k
		}
	case (rest[0] == '|' || rest[0] == '>') && t.s[t.sep] == ':':
		line := strings.IndexByte(rest, '\n')
		if line < 1 || line > 3 || line+1 >= len(rest) || rest[line+1] != ' ' && rest[line+1] != '\t' {
			break
		}
		return t.block(t.start + line + 1)
	}
	return 0, 0
}

// block is the text of the indented lines from start on.
func (t *value) block(start int) (first, end int) {
	s := t.s
	first = start
	for first < len(s) && (s[first] == ' ' || s[first] == '\t') {
		first++
	}
	end = first
	for at := first; at < len(s); {
		k := strings.IndexByte(s[at:], '\n')
		if k < 0 {
			return first, len(s)
		}
		end = at + k
		at = end + 1
		if at < len(s) && s[at] != ' ' && s[at] != '\t' && s[at] != '\n' {
			break
		}
	}
	return first, end
}

// quoted is a value between quotes, the first at k with level backslashes before it.
func (t *value) quoted(k, level int, m *match) bool {
	s := t.s
	q, first := s[k], k+1
	end := first
	for end < len(s) {
		if s[end] == q && backslashes(s, first, end, level) {
			break
		}
		if s[end] == '\n' && !t.n.quoted && q != '`' {
			break
		}
		end++
	}
	stop := end // where the quotes end
	if end < len(s) && s[end] == q {
		stop++
	}
	last := max(end-level, first)
	if !t.n.quoted && q == '"' && first == end && t.plain() != "" {
		first = k // an empty value, for which the original has a mark
	}
	return t.hide(first, last, stop, m)
}

// backslashes reports whether the quote at end is of the level of the opening one.
func backslashes(s string, first, end, level int) bool {
	n := 0
	for end-n > first && s[end-n-1] == '\\' {
		n++
	}
	if level == 0 {
		return n%2 == 0
	}
	return n == level
}

// closing returns where the bracket that opens at i is closed.
func closing(s string, i int) int {
	depth, text := 0, false
	for k := i; k < len(s); k++ {
		switch c := s[k]; {
		case c == '\\':
			k++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return k + 1
			}
		}
	}
	return len(s)
}

// bareEnd is where a value without quotes ends: at white space; before another pair that &, ; or , begins; in JSON at its
// punctuation. Behind a ; the value is that of a connection string, and may have spaces.
func (t *value) bareEnd() int {
	s := t.s
	k := t.start
	if t.inConnection() {
		for k < len(s) && s[k] != ';' && s[k] != '\n' && s[k] != '"' {
			k++
		}
		return k
	}
	query := t.n.start > 0 && (s[t.n.start-1] == '?' || s[t.n.start-1] == '&')
	if t.n.start > 5 && s[t.n.start-6] == '\\' { // \u0026
		query = true
	}
	for ; k < len(s); k++ {
		switch c := s[k]; c {
		case ' ', '\t', '\n', '\r', '\v', '\f':
			return k
		case '&', '#':
			if query || startsPair(s, k+1) {
				return k
			}
		case ',', ';', '|':
			if t.n.quoted || startsPair(s, k+1) || k+1 < len(s) && s[k+1] == ' ' && startsPair(s, k+2) {
				return k
			}
		case '}', ']':
			if t.n.quoted {
				return k
			}
		case '"', '\'', '<':
			if query || c == '"' && k+1 < len(s) && strings.IndexByte(",]}:;)", s[k+1]) >= 0 {
				return k
			}
		case '\\':
			if k == t.start {
				continue
			}
			if strings.HasPrefix(s[k:], `\u0026`) || strings.HasPrefix(s[k:], `\n`) || strings.HasPrefix(s[k:], `\"`) {
				return k
			}
		}
	}
	return k
}

// inConnection reports whether the name stands behind a semicolon, as in Server=db;Password=a b;
func (t *value) inConnection() bool {
	k := t.n.start
	for k > 0 && t.s[k-1] == ' ' {
		k--
	}
	return k > 0 && t.s[k-1] == ';' && t.s[t.sep] == '=' && strings.LastIndexByte(t.s[:k-1], '=') >= 0 && strings.Contains(t.s[t.start:], ";")
}

// plain is the word of the original's patterns that the name ends in: password, token or secret in lower case, and
// no letter, digit or underscore before it. "" when it is another name, or one in quotes.
func (t *value) plain() string {
	if t.n.quoted || t.n.indexed {
		return ""
	}
	text := t.s[t.n.start:t.n.end]
	for _, w := range [3]string{"password", "token", "secret"} {
		if strings.HasSuffix(text, w) && (len(text) == len(w) || !isWordByte(text[len(text)-len(w)-1])) {
			return w
		}
	}
	return ""
}

// hide makes m the match of the value s[first:end]; its quotes, if any, end at stop.
func (t *value) hide(first, end, stop int, m *match) bool {
	word := t.plain()
	text := t.s[first:end]
	if text == "" || isMark(text) || strings.Trim(text, "*") == "" || t.harmless(text, word) {
		return false
	}
	scheme, rest := schemeOf(t.s, first)
	if rest == 0 && t.v.schemes {
		scheme, rest = otherScheme(t.s, first)
	}
	if rest > 0 {
		if isMark(t.s[scheme:rest]) {
			return false
		}
		end, stop = max(end, rest), max(stop, rest)
	}
	if rest == 0 && t.v.schemes && end < len(t.s) && t.s[end] == ' ' && areLetters(text) {
		return false // authorization: granted to …
	}
	if word == "" {
		if rest > 0 && t.s[scheme:end] != "" {
			first = scheme
		}
		return m.value(t.v.det, first, end)
	}
	m.value(t.v.det, first, end)
	m.start, m.end = t.n.end-len(word), punctuated(t.s, stop)
	m.before, m.after = word+`="`, `"`
	return true
}

// punctuated passes over punctuation behind quotes up to white space, as the original does.
func punctuated(s string, i int) int {
	k := i
	for k < len(s) && s[k] > ' ' {
		if isWordByte(s[k]) || strings.IndexByte(`&"'<\{[`, s[k]) >= 0 {
			return i
		}
		k++
	}
	return k
}

// harmless reports a value that cannot be a secret.
func (t *value) harmless(text, word string) bool {
	switch {
	case t.v.weak && (len(text) < 4 || !strings.ContainsAny(text, "0123456789") && t.s[t.sep] == ':' || isWordLike(text)):
		return true
	case t.v.weak && t.s[t.sep] == ':' && !strings.ContainsAny(text, "0123456789"):
		return true
	case isLiteral(text), t.v.weak && t.s[t.sep] == ':' && t.s[t.n.start:t.n.end] == "PASS": // --- PASS: TestLogin2
		return true
	case !t.n.quoted && t.s[t.sep] == ':' && t.start > t.sep+1 && prose[text]:
		return true
	case isPlaceholder(text), t.isARN():
		return true
	case t.v.plural && isNumber(text):
		return true
	case t.v.det != detPassword && (word == "" || text[0] != '"') && len(text) <= 3 && strings.Trim(text, "{}()[]<>,;.'\"`|/") == "":
		return true
	}
	return text[0] == '/' && (t.s[t.n.start:t.n.end] == "PWD" || t.s[t.n.start:t.n.end] == "OLDPWD")
}

// prose are words that a sentence goes on with: "invalid token: not found".
var prose = map[string]bool{
	"a": true, "an": true, "and": true, "are": true, "at": true, "cannot": true, "connection": true, "could": true, "does": true, "empty": true, "error": true,
	"expected": true, "expired": true, "failed": true, "for": true, "from": true, "has": true, "in": true, "incorrect": true, "invalid": true, "is": true,
	"missing": true, "must": true, "no": true, "not": true, "of": true, "or": true, "please": true, "required": true, "should": true, "the": true, "to": true,
	"too": true, "unable": true, "none": true, "null": true, "nil": true, "<nil>": true, "undefined": true, "unset": true, "unexpected": true, "unknown": true, "was": true, "wrong": true,
}

// isPlaceholder reports what stands for a value in SQL and in templates: ?, $1, %s, ${NAME}, {{name}}.
func isPlaceholder(text string) bool {
	text = strings.TrimRight(text, ",;)")
	switch {
	case text == "?", text == "%s", text == "%v", text == "%q", text == "{}":
		return true
	case strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}"), strings.HasPrefix(text, "{{"):
		return true
	}
	digits, ok := strings.CutPrefix(text, "$")
	return ok && digits != "" && len(digits) < 3 && strings.Trim(digits, digitChars) == ""
}

const digitChars = "0123456789"

// isARN reports whether the name is a part of a resource's name at AWS, arn:aws:secretsmanager:…:secret:name.
func (t *value) isARN() bool {
	return t.s[t.sep] == ':' && t.n.start > 0 && t.s[t.n.start-1] == ':' && strings.Contains(t.s[max(0, t.n.start-80):t.n.start], "arn:")
}

func isWordLike(text string) bool {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "fail", "failed", "none", "null", "passed", "success":
		return true
	}
	return strings.Trim(text, "0123456789/.%") == ""
}

func isLiteral(text string) bool {
	switch strings.TrimRight(text, ",;)}]") {
	case "true", "false", "null", "nil", "None", "True", "False", "<nil>", "undefined":
		return true
	}
	return false
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "-+.0123456789eE") == "" }
