package redact_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// secretKind makes secrets of one kind: a text, and the part of it that nobody may read.
type secretKind struct {
	name string
	make func(g *gen) (text, needle string)
}

// gen makes random texts.
type gen struct{ *rand.Rand }

const (
	digitChars = "0123456789"
	hexChars   = "0123456789abcdef"
	upperChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alnumChars = digitChars + upperChars + "abcdefghijklmnopqrstuvwxyz"
)

func (g *gen) of(chars string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = chars[g.IntN(len(chars))]
	}
	return string(b)
}

// token begins and ends with a letter or digit, and has a digit.
func (g *gen) token(n int) string {
	return g.of(alnumChars, n-2) + g.of(digitChars, 1) + g.of(alnumChars, 1)
}

// luhn completes digits to n with a check digit.
func (g *gen) luhn(head string, n int) string {
	d := head + g.of(digitChars, n-1-len(head))
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return d + string(rune('0'+(10-sum%10)%10))
}

// iban returns a number of a country with the right check digits; form has n for a digit and c for a letter.
func (g *gen) iban(country, form string) string {
	body := ""
	for _, c := range form {
		body += g.of(map[rune]string{'n': digitChars, 'c': upperChars}[c], 1)
	}
	mod := 0
	for _, c := range body + country + "00" {
		if c >= 'A' {
			mod = (mod*100 + int(c-'A') + 10) % 97
		} else {
			mod = (mod*10 + int(c-'0')) % 97
		}
	}
	return fmt.Sprintf("%s%02d%s", country, 98-mod, body)
}

// prefixed are keys of services by their beginning: # is a letter or digit, % a hexadecimal one, ^ a capital or digit.
var prefixed = []string{
	"AKIA^16", "ASIA^16", "AIza#35", "ya29.#60", "GOCSPX-#28", "ghp_#36", "gho_#36", "ghu_#36", "ghs_#36", "ghr_#36", "github_pat_#82",
	"glpat-#20", "gldt-#20", "glptt-%40", "xoxb-#24", "xoxp-#24", "xoxa-#24", "xoxr-#24", "xapp-#30", "sk_live_#24", "sk_test_#24",
	"rk_live_#24", "rk_test_#24", "whsec_#32", "sk-#48", "sk-proj-#48", "sk-ant-api03-#80", "npm_#36", "pypi-#60", "hf_#34", "dop_v1_%64",
	"doo_v1_%64", "dor_v1_%64", "shpat_%32", "shpss_%32", "shpca_%32", "shppa_%32", "sq0atp-#22", "sq0csp-#43", "SG.#66", "key-%32", "hvs.#90",
	"hvb.#90", "dp.pt.#43", "dp.st.#43", "lin_api_#40", "ntn_#46", "secret_#43", "glsa_#41", "glc_#60", "NRAK-^27", "sbp_%40", "nfp_#40",
	"HRKU-#36", "pscale_tkn_#43", "pscale_pw_#43", "pscale_oauth_#43", "PMAK-%59", "r8_#37", "gsk_#52", "xai-#80", "pplx-#48", "dckr_pat_#27",
	"bkua_%40", "CCIPAT_#60", "sntrys_#64", "sntryu_%64", "aio_#28", "pul-%40", "rubygems_%48", "squ_%40", "sqp_%40", "figd_#40", "pnu_#36",
	"rdme_#70", "xkeysib-%64", "xsmtpsib-%64", "shippo_live_%40", "tfp_#44", "duffel_live_#43", "fio-u-#64", "CFPAT-#43", "CLOJARS_%60", "phc_#43",
	"phx_#43", "FLWSECK-%32", "tskey-#30", "pat-na1-%36", "waka_#40", "sgp_%40", "jfrt_#64", "nvapi-#64", "fo1_#43", "LTAI#20", "AKID#32",
}

func kindsOfPrefix() []secretKind {
	var list []secretKind
	for _, form := range prefixed {
		at := strings.IndexAny(form, "#%^")
		n := 0
		_, _ = fmt.Sscan(form[at+1:], &n)
		chars := map[byte]string{'#': alnumChars, '%': hexChars, '^': upperChars + digitChars}[form[at]]
		list = append(list, secretKind{"service " + form, func(g *gen) (string, string) {
			body := g.of(chars, n-2) + g.of(digitChars, 2)
			return form[:at] + body, body
		}})
	}
	return list
}

// named are names of secrets, in each of the ways that programs write them.
var named = []string{
	"password", "token", "secret", "api_key", "passwd", "pwd", "passphrase", "access_token", "refresh_token", "id_token", "client_secret",
	"clientSecret", "apiKey", "API_KEY", "X-Api-Key", "x-auth-token", "db_password", "DB_PASSWORD", "spring.datasource.password", "userPassword",
	"aws_secret_access_key", "private_key", "privateKey", "encryption_key", "signing-key", "master_key", "credential", "accesstoken", "sessionToken", "Jwt",
}

var syntaxes = []string{
	"%s=%s", "%s: %s", "%s = %s tail", `{"%s":"%s","n":1}`, `x {"%s": "%s", "n": 1} y`, `%s="%s" tail`, `%s='%s'`, "GET /x?a=1&%s=%s&b=2",
	"Server=db;%s=%s;Database=x", "--%s %s --next", "<%s>%s</x>", `map["%s"] = "%s"`, `{\"%s\":\"%s\"}`,
}

func kindsOfName() []secretKind {
	var list []secretKind
	for i, name := range named {
		for k := range 3 {
			syntax := syntaxes[(i*3+k)%len(syntaxes)]
			list = append(list, secretKind{fmt.Sprintf("name "+syntax, name, "…"), func(g *gen) (string, string) {
				value := g.token(14)
				return fmt.Sprintf(syntax, name, value), value
			}})
		}
	}
	return list
}

func kindsOfShape() []secretKind {
	list := []secretKind{
		{"email", func(g *gen) (string, string) { s := g.token(8) + "@example.com"; return s, s }},
		{"email with tag", func(g *gen) (string, string) { s := "a." + g.token(8) + "+x@mail.example.co.uk"; return s, s[2:] }},
		{"phone dashes", func(g *gen) (string, string) {
			s := "415-" + g.of("23456789", 3) + "-" + g.of(digitChars, 4)
			return s, s
		}},
		{"phone dots", func(g *gen) (string, string) {
			s := "212." + g.of("23456789", 3) + "." + g.of(digitChars, 4)
			return s, s
		}},
		{"phone brackets", func(g *gen) (string, string) { s := "555-" + g.of(digitChars, 4); return "(415) " + s, s }},
		{"phone E.164", func(g *gen) (string, string) { s := g.of("3456789", 10); return "+49" + s, s }},
		{"ssn", func(g *gen) (string, string) {
			s := "1" + g.of(digitChars, 2) + "-4" + g.of(digitChars, 1) + "-7" + g.of(digitChars, 3)
			return s, s
		}},
		{"jwt", func(g *gen) (string, string) {
			s := g.token(30)
			return "eyJhbGciOiJIUzI1NiJ9.eyJ" + s + "." + g.token(43), s
		}},
		{"bearer", func(g *gen) (string, string) { s := g.token(20); return "Bearer " + s, s }},
		{"authorization", func(g *gen) (string, string) { s := g.token(20); return "Authorization: Bearer " + s, s }},
		{"basic", func(g *gen) (string, string) {
			s := base64.StdEncoding.EncodeToString([]byte("user:" + g.token(9)))
			return "Basic " + s, s
		}},
		{"cookie", func(g *gen) (string, string) { s := g.token(20); return "Cookie: theme=dark; sid=" + s, s }},
		{"set-cookie", func(g *gen) (string, string) { s := g.token(20); return "Set-Cookie: sid=" + s + "; Path=/", s }},
		{"azure account key", func(g *gen) (string, string) {
			s := g.of(alnumChars+"+/", 60) + g.token(26) + "=="
			return "AccountName=x;AccountKey=" + s + ";EndpointSuffix=core.windows.net", s
		}},
		{"azure sas", func(g *gen) (string, string) {
			s := g.token(43)
			return "https://x.blob.core.windows.net/c?sv=1&sig=" + s + "%3D&se=2", s
		}},
		{"azure client secret", func(g *gen) (string, string) { s := g.token(34); return "abc8Q~" + s, s }},
		{"mysql dsn", func(g *gen) (string, string) { s := g.token(12); return "root:" + s + "@tcp(db:3306)/x", s }},
		{"telegram", func(g *gen) (string, string) { s := g.token(35); return "123456789:" + s, s }},
	}
	for _, label := range []string{"RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA ", ""} {
		list = append(list, secretKind{"private key " + label, func(g *gen) (string, string) {
			s := g.token(64)
			return "-----BEGIN " + label + "PRIVATE KEY-----\n" + s + "\n" + g.token(64) + "\n-----END " + label + "PRIVATE KEY-----\n", s
		}})
	}
	for _, scheme := range []string{"postgres", "mysql", "mongodb", "mongodb+srv", "redis", "amqp", "https", "http", "ftp", "smtp", "nats", "kafka", "ldap", "jdbc:mysql"} {
		list = append(list, secretKind{"url " + scheme, func(g *gen) (string, string) {
			s := g.token(12)
			return scheme + "://bob:" + s + "@host.example:1234/db?x=1", s
		}})
	}
	for _, head := range []string{"4", "51", "55", "2221", "34", "37", "6011", "65", "3528", "62", "36", "50"} {
		n := map[string]int{"34": 15, "37": 15, "36": 14}[head]
		list = append(list, secretKind{"card " + head, func(g *gen) (string, string) {
			s := g.luhn(head, max(n, 16-16*min(n, 1)))
			return s, s
		}})
		if n == 0 {
			list = append(list, secretKind{"card in groups " + head, func(g *gen) (string, string) {
				s := g.luhn(head, 16)
				s = s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
				return s, s
			}})
		}
	}
	for country, form := range map[string]string{
		"DE": "nnnnnnnnnnnnnnnnnn", "GB": "ccccnnnnnnnnnnnnnn", "FR": "nnnnnnnnnncccccccccccnn", "NL": "ccccnnnnnnnnnn", "CH": "nnnnncccccccccccc",
		"ES": "nnnnnnnnnnnnnnnnnnnn", "NO": "nnnnnnnnnnn", "PL": "nnnnnnnnnnnnnnnnnnnnnnnn",
	} {
		list = append(list, secretKind{"iban " + country, func(g *gen) (string, string) { s := g.iban(country, form); return s, s }})
	}
	return list
}

// allKinds are more than 200 kinds of secret.
func allKinds() []secretKind {
	return append(append(kindsOfPrefix(), kindsOfName()...), kindsOfShape()...)
}
