package redact

import "strings"

// A separator may be written in other ways than = and : alone.

// wideSeparator finds ＝ and ： (U+FF1D, U+FF1A) at i.
func (r *Redactor) wideSeparator(s string, from, i int, m *match) bool {
	if len(s)-i < 3 || s[i+1] != 0xBC || s[i+2] != 0x9D && s[i+2] != 0x9A {
		return false
	}
	return r.keyedBy(s, from, i, i+2, m)
}

// percent looks at the % at i of a text in which a URL's query is escaped (RFC 3986), once or more often: %3D and %3A
// are separators, %40 is the @ of an address.
func (r *Redactor) percent(s string, from, i int, m *match) bool {
	if r.unescapedMatch(s, from, i, m) {
		return true
	}
	end := i + 1
	for strings.HasPrefix(s[end:], "25") && len(s)-end >= 4 {
		end += 2
	}
	if len(s)-end < 2 {
		return false
	}
	switch code := s[end : end+2]; {
	case code == "3D" || code == "3d" || code == "3A" || code == "3a":
		return r.escapedPair(s, from, i, end+2, m)
	case code == "40" && r.on.has(detEmail):
		return escapedEmail(s, from, i, end+2, m)
	}
	return false
}

// escapedPair finds a value whose name ends before the escape s[i:start].
func (r *Redactor) escapedPair(s string, from, i, start int, m *match) bool {
	escape := s[i : start-2] // %, %25, …
	n := name{end: i}
	n.end -= len(s[:i]) - len(strings.TrimSuffix(s[:i], escape+"22"))
	n.start = n.end
	for n.start > from && n.end-n.start < maxKey && isNameByte(s[n.start-1]) {
		n.start--
	}
	if k := n.start; k > 0 && s[k-1] == '%' && n.end-k > 2 { // the two digits of the escape before
		for n.start += 2; strings.HasPrefix(s[k:], "25") && n.end-n.start > 2; k += 2 {
			n.start += 2
		}
	}
	if n.end-n.start < 3 {
		return false
	}
	v := r.keys.of(s[n.start:n.end])
	if !v.hit || v.plural || v.weak || v.det == detCookie {
		return false
	}
	for strings.HasPrefix(s[start:], escape+"20") || strings.HasPrefix(s[start:], escape+"22") {
		start += len(escape) + 2
	}
	end := start
	for end < len(s) && s[end] > ' ' && strings.IndexByte("&\"'<>#;,", s[end]) < 0 && !endsEscaped(s[end:], escape) {
		end++
	}
	text := s[start:end]
	if text == "" || isMark(text) || isLiteral(text) || strings.HasPrefix(text, markHead) {
		return false
	}
	return m.value(v.det, start, end)
}

// endsEscaped reports whether s begins with an escaped character that ends a value: & " , }
func endsEscaped(s, escape string) bool {
	rest, ok := strings.CutPrefix(s, escape)
	if !ok || len(rest) < 2 {
		return false
	}
	switch rest[:2] {
	case "26", "22", "2C", "2c", "7D", "7d", "20":
		return true
	}
	return false
}

// escapedEmail finds an address around the escaped @ s[i:start].
func escapedEmail(s string, from, i, start int, m *match) bool {
	begin := i
	for begin > from && i-begin < maxAddress && (isASCIIWord(s[begin-1]) || strings.IndexByte(".+-", s[begin-1]) >= 0) {
		begin--
	}
	if begin > 0 && s[begin-1] == '%' && i-begin > 2 {
		begin += 2
	}
	end := domainEnd(s, start)
	if begin == i || end < 0 || inAuthority(s, from, i) || noDomain(s[start:end]) {
		return false
	}
	return m.whole(detEmail, begin, end)
}

// quote looks at the quote at i: password 'x' as in SQL and in prose, identified by 'x', PASSWORD('x').
func (r *Redactor) quote(s string, from, i int, m *match) bool {
	if i >= from+9 && s[i-1] == '(' {
		return r.sqlFunction(s, i, m)
	}
	if i < from+3 || s[i-1] != ' ' {
		return i > 0 && r.formField(s, from, i, m)
	}
	if s[i-2] == ',' {
		return r.tuple(s, from, i, m)
	}
	return r.saidQuoted(s, i, m)
}

// tuple finds the value in ('password', 'x'), as Python writes pairs, at its opening quote.
func (r *Redactor) tuple(s string, from, i int, m *match) bool {
	e := i - 3
	if e <= from || s[e] != s[i] {
		return false
	}
	b := e
	for b > from && e-b < maxKey && isNameByte(s[b-1]) {
		b--
	}
	if e-b < 3 || b < 2 || s[b-1] != s[i] || s[b-2] != '(' && s[b-2] != '[' {
		return false
	}
	v := r.keys.of(s[b:e])
	end := strings.IndexByte(s[i+1:], s[i])
	if !v.hit || v.plural || end < 1 || isMark(s[i+1:i+1+end]) {
		return false
	}
	return m.value(v.det, i+1, i+1+end)
}

// account finds the password in the arguments of a command around the colon at i: -u bob:hunter2, --user bob:hunter2.
func (r *Redactor) account(s string, from, i int, m *match) bool {
	if !r.on.has(detUserInfo) {
		return false
	}
	b := i
	for b > from && s[b-1] > ' ' && s[b-1] != '"' && s[b-1] != '\'' && i-b < maxAddress {
		b--
	}
	head := strings.TrimRight(s[max(from, b-10):b], "\"'")
	if b == i || !strings.HasSuffix(head, " -u ") && !strings.HasSuffix(head, "--user ") && !strings.HasSuffix(head, "--proxy-user ") {
		return false
	}
	end := i + 1
	for end < len(s) && s[end] > ' ' && s[end] != '"' && s[end] != '\'' {
		end++
	}
	if end-i-1 < 2 || isMark(s[i+1:end]) || strings.Trim(s[b:end], "0123456789:") == "" {
		return false
	}
	return m.value(detUserInfo, i+1, end)
}

// passwordFlags are short flags of commands that take a password.
var passwordFlags = []struct{ command, flag string }{
	{"mysql ", "p"}, {"mysqldump ", "p"}, {"mysqladmin ", "p"}, {"sshpass ", "p "}, {"sshpass ", "p"}, {"docker login ", "p "}, {"redis-cli ", "a "},
}

// commandFlag finds the password in mysql -phunter2 and the like at the dash at i.
func (r *Redactor) commandFlag(s string, from, i int, m *match) bool {
	if i == 0 || s[i-1] != ' ' || len(s)-i < 4 || s[i+1] != 'p' && s[i+1] != 'a' || !r.on.has(detPassword) {
		return false
	}
	before := s[max(from, i-maxAddress):i]
	for _, f := range passwordFlags {
		start := i + 1 + len(f.flag)
		if !strings.HasPrefix(s[i+1:], f.flag) || start >= len(s) || s[start] <= ' ' || s[start] == '-' || !strings.Contains(before, f.command) {
			continue
		}
		end := start
		for end < len(s) && s[end] > ' ' && s[end] != '"' && s[end] != '\'' {
			end++
		}
		return end > start && !isMark(s[start:end]) && m.value(detPassword, start, end)
	}
	return false
}
