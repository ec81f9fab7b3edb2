package redact

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// prefix is how the keys of a service begin, and how many characters they have behind it at least.
type prefix struct {
	text string
	more int
	det  detector
}

// prefixes end in one of _ - . ~ : that is where they are met.
var prefixes = []prefix{
	{"sk-", 20, detAPIKey}, {"sk_live_", 10, detAPIKey}, {"sk_test_", 10, detAPIKey}, {"rk_live_", 10, detAPIKey}, {"rk_test_", 10, detAPIKey},
	{"whsec_", 16, detAPIKey}, {"ghp_", 20, detCloudKey}, {"gho_", 20, detCloudKey}, {"ghu_", 20, detCloudKey}, {"ghs_", 20, detCloudKey},
	{"ghr_", 20, detCloudKey}, {"github_pat_", 20, detCloudKey}, {"glpat-", 16, detCloudKey}, {"gldt-", 16, detCloudKey}, {"glrt-", 16, detCloudKey},
	{"glptt-", 16, detCloudKey}, {"xoxb-", 10, detCloudKey}, {"xoxp-", 10, detCloudKey}, {"xoxa-", 10, detCloudKey}, {"xoxr-", 10, detCloudKey},
	{"xoxs-", 10, detCloudKey}, {"xoxe-", 10, detCloudKey}, {"xoxe.xoxp-", 10, detCloudKey}, {"xapp-", 10, detCloudKey}, {"npm_", 30, detCloudKey},
	{"pypi-", 40, detCloudKey}, {"hf_", 30, detCloudKey}, {"dop_v1_", 30, detCloudKey}, {"doo_v1_", 30, detCloudKey}, {"dor_v1_", 30, detCloudKey},
	{"shpat_", 30, detCloudKey}, {"shpss_", 30, detCloudKey}, {"shpca_", 30, detCloudKey}, {"shppa_", 30, detCloudKey}, {"sq0atp-", 20, detCloudKey},
	{"sq0csp-", 20, detCloudKey}, {"GOCSPX-", 20, detCloudKey}, {"ya29.", 20, detCloudKey}, {"SG.", 30, detCloudKey}, {"key-", 32, detCloudKey},
	{"hvs.", 20, detCloudKey}, {"hvb.", 20, detCloudKey}, {"hvr.", 20, detCloudKey}, {"dp.pt.", 30, detCloudKey}, {"dp.st.", 30, detCloudKey},
	{"lin_api_", 30, detCloudKey}, {"ntn_", 30, detCloudKey}, {"secret_", 40, detCloudKey}, {"glsa_", 30, detCloudKey}, {"glc_", 30, detCloudKey},
	{"NRAK-", 20, detCloudKey}, {"sbp_", 30, detCloudKey}, {"nfp_", 30, detCloudKey}, {"HRKU-", 20, detCloudKey}, {"pscale_tkn_", 30, detCloudKey},
	{"pscale_pw_", 30, detCloudKey}, {"pscale_oauth_", 30, detCloudKey}, {"PMAK-", 30, detCloudKey}, {"r8_", 30, detCloudKey}, {"gsk_", 30, detCloudKey},
	{"xai-", 30, detCloudKey}, {"pplx-", 30, detCloudKey}, {"dckr_pat_", 20, detCloudKey}, {"bkua_", 30, detCloudKey}, {"CCIPAT_", 30, detCloudKey},
	{"sntrys_", 30, detCloudKey}, {"sntryu_", 30, detCloudKey}, {"aio_", 24, detCloudKey}, {"pul-", 30, detCloudKey}, {"rubygems_", 30, detCloudKey},
	{"squ_", 30, detCloudKey}, {"sqp_", 30, detCloudKey}, {"figd_", 30, detCloudKey}, {"pnu_", 30, detCloudKey}, {"rdme_", 30, detCloudKey},
	{"xkeysib-", 30, detCloudKey}, {"xsmtpsib-", 30, detCloudKey}, {"shippo_live_", 30, detCloudKey}, {"tfp_", 30, detCloudKey}, {"duffel_live_", 30, detCloudKey},
	{"fio-u-", 30, detCloudKey}, {"CFPAT-", 30, detCloudKey}, {"CLOJARS_", 30, detCloudKey}, {"ops_", 60, detCloudKey}, {"phc_", 30, detCloudKey},
	{"phx_", 30, detCloudKey}, {"AGE-SECRET-KEY-", 30, detCloudKey}, {"FLWSECK-", 20, detCloudKey}, {"FLWSECK_TEST-", 20, detCloudKey},
	{"tskey-", 16, detCloudKey}, {"pat-na1-", 30, detCloudKey}, {"EZAK_", 30, detCloudKey},
	{"waka_", 30, detCloudKey}, {"vercel_", 20, detCloudKey}, {"sgp_", 30, detCloudKey}, {"jfrt_", 30, detCloudKey}, {"nvapi-", 30, detCloudKey},
	{"akp_", 30, detCloudKey}, {"thc_", 30, detCloudKey}, {"hvs_", 30, detCloudKey}, {"frp_", 30, detCloudKey}, {"fo1_", 30, detCloudKey},
	{"glcbt-", 16, detCloudKey}, {"glft-", 16, detCloudKey}, {"gloas-", 30, detCloudKey}, {"glsoat-", 16, detCloudKey}, {"glimt-", 16, detCloudKey},
	{"glagent-", 30, detCloudKey}, {"glffct-", 16, detCloudKey}, {"mfa.", 80, detCloudKey}, {"sl.", 100, detCloudKey}, {"dp.ct.", 30, detCloudKey},
	{"dp.sa.", 30, detCloudKey}, {"dp.scim.", 30, detCloudKey}, {"dp.audit.", 30, detCloudKey}, {"fm2_", 60, detCloudKey}, {"sb_secret_", 20, detCloudKey},
	{"xoxc-", 10, detCloudKey}, {"xoxd-", 10, detCloudKey}, {"t1.", 80, detCloudKey}, {"access-sandbox-", 32, detCloudKey}, {"access-production-", 32, detCloudKey},
	{"access-development-", 32, detCloudKey}, {"sdk-", 36, detCloudKey},
}

// prefixTable has the prefixes by the letter before their last byte.
type prefixTable [256][]prefix

func newPrefixTable(on set) *prefixTable {
	var t prefixTable
	for _, p := range prefixes {
		if on.has(p.det) {
			before := p.text[len(p.text)-2]
			t[before] = append(t[before], p)
		}
	}
	return &t
}

// prefixed finds a key at the end of whose prefix s[i] stands.
func (r *Redactor) prefixed(s string, from, i int, m *match) bool {
	if i == from {
		return false
	}
	if s[i] == '~' {
		return r.on.has(detCloudKey) && azureSecret(s, from, i, m)
	}
	if s[i] == '.' && r.on.has(detCloudKey) && dotted(s, from, i, m) {
		return true
	}
	for _, p := range r.prefixes[s[i-1]] {
		start := i + 1 - len(p.text)
		if start < from || p.text[len(p.text)-1] != s[i] || s[start:i+1] != p.text || start > 0 && isASCIIWord(s[start-1]) {
			continue
		}
		end := tokenEnd(s, i+1)
		if p.text == "sdk-" && !isUUID(s[i+1:end]) {
			continue
		}
		if end-i-1 >= p.more && random(s[i+1:end], p.more) {
			return m.whole(p.det, start, end)
		}
	}
	return false
}

// tokenEnd is where the letters, digits and _-. of a key end; a dot or dash at the end is not in it.
func tokenEnd(s string, i int) int {
	for i < len(s) && (isASCIIWord(s[i]) || s[i] == '-' || s[i] == '.') {
		i++
	}
	for i > 0 && (s[i-1] == '.' || s[i-1] == '-') {
		i--
	}
	return i
}

// random reports whether what follows a prefix is no words with dashes: it has a digit, or n letters without a break.
func random(s string, n int) bool {
	run := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			return true
		}
		if run++; s[i] == '-' || s[i] == '_' || s[i] == '.' {
			run = 0
		} else if run >= n {
			return true
		}
	}
	return false
}

// azureSecret finds a client secret of Entra ID: three characters, a digit, Q~, and 31 or more.
func azureSecret(s string, from, i int, m *match) bool {
	if i-from < 5 || s[i-1] != 'Q' || !isDigit(s[i-2]) || i > 5 && isASCIIWord(s[i-6]) {
		return false
	}
	end := i + 1
	for end < len(s) && (isASCIIWord(s[end]) || strings.IndexByte("-.~", s[end]) >= 0) {
		end++
	}
	return end-i > 31 && m.whole(detCloudKey, i-5, end)
}

// accessKey finds the keys that begin with letters alone at i: those of AWS, of Google and some others.
func accessKey(s string, i int, m *match) bool {
	if i > 0 && isASCIIWord(s[i-1]) || len(s)-i < 20 {
		return false
	}
	end := i
	for end < len(s) && (isASCIIWord(s[end]) || s[end] == '-') {
		end++
	}
	n := end - i
	switch s[i : i+4] {
	case "AKIA", "ASIA", "ABIA", "ACCA", "AGPA", "AIDA", "AROA", "ANPA", "ANVA", "APKA", "AIPA":
		return n == 20 && capitals(s[i:end]) && m.whole(detCloudKey, i, end)
	case "AIza":
		return n >= 39 && m.whole(detCloudKey, i, end)
	case "AKID":
		return n == 36 && m.whole(detCloudKey, i, end)
	case "LTAI":
		return n >= 20 && n <= 30 && m.whole(detCloudKey, i, end)
	case "ATAT":
		return n >= 100 && m.whole(detCloudKey, i, end)
	case "LS0t":
		return encodedPrivateKey(s, i, m)
	}
	return false
}

func capitals(s string) bool {
	for i := range len(s) {
		if !isUpper(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// jwt finds a JSON Web Token (RFC 7519) at the J of its eyJ: two or more parts of base64url.
func jwt(s string, from, i int, m *match) bool {
	start := i - 2
	if start < from || s[start:i] != "ey" || start > 0 && isASCIIWord(s[start-1]) {
		return false
	}
	end, parts, part := i+1, 1, i
	for end < len(s) && (isASCIIWord(s[end]) || strings.IndexByte("-.=", s[end]) >= 0) {
		if s[end] == '.' {
			if end-part < 4 {
				break
			}
			parts++
			part = end
		}
		end++
	}
	if parts < 2 && end-start < 40 {
		return false
	}
	for s[end-1] == '.' {
		end--
	}
	return m.whole(detJWT, start, end)
}

// botToken finds the token of a Telegram bot around the colon at i.
func botToken(s string, from, i int, m *match) bool {
	start := i
	for start > from && isDigit(s[start-1]) {
		start--
	}
	if n := i - start; n < 8 || n > 10 {
		return false
	}
	end := tokenEnd(s, i+1)
	return end-i-1 == 35 && m.whole(detCloudKey, start, end)
}

// minScheme is the length of the shortest "Basic" with a credential.
const minScheme = 12

// scheme finds a credential behind Bearer or Basic at i.
func (r *Redactor) scheme(s string, i int, m *match) bool {
	if i > 0 && isASCIIWord(s[i-1]) || len(s)-i < minScheme {
		return false
	}
	bearer := r.on.has(detBearer) && strings.EqualFold(s[i:i+6], "bearer") && (s[i+6] == ' ' || s[i+6] == '+') // + is a space in a query
	basic := r.on.has(detBasic) && strings.EqualFold(s[i:i+5], "basic") && (s[i+5] == ' ' || s[i+5] == '+')
	if !bearer && !basic {
		return false
	}
	start := i + 6
	for start < len(s) && (s[start] == ' ' || s[start] == '+') {
		start++
	}
	end := start
	for end < len(s) && (isASCIIWord(s[end]) || strings.IndexByte("-._~+/", s[end]) >= 0) {
		end++
	}
	for end < len(s) && s[end] == '=' {
		end++
	}
	for end > start && s[end-1] == '.' {
		end--
	}
	text := s[start:end]
	if bearer {
		return len(text) >= 8 && (strings.ContainsAny(text, "0123456789") || len(text) >= 24) && m.value(detBearer, start, end)
	}
	return userPassword(text) && m.value(detBasic, start, end)
}

// userPassword reports whether text is user:password in base64 (RFC 7617).
func userPassword(text string) bool {
	text = strings.TrimRight(text, "=")
	var buf [256]byte
	if base64.RawStdEncoding.DecodedLen(len(text)) > len(buf) {
		return strings.ContainsAny(text, "0123456789")
	}
	var in [344]byte
	n, err := base64.RawStdEncoding.Decode(buf[:], in[:copy(in[:], text)])
	return err == nil && bytes.IndexByte(buf[:n], ':') >= 0
}
