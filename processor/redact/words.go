package redact

import "strings"

// verdict is what a name says about its value.
type verdict struct {
	det     detector
	hit     bool
	allowed bool // by AllowKeys
	plural  bool // "tokens": its numbers are counts
	login   bool // "credentials": never a count
	weak    bool // "pass": a secret in `pass=hunter2`, not in `pass: 12`
	schemes bool // "authorization": a scheme stands before the secret
	pair    bool // "auth": a secret where it is user:password in base64
	number  bool // "card": what has the shape of det is hidden, numbers too
}

// hides reports whether a text that stands under the name in a tree is hidden.
func (v verdict) hides(text string) bool {
	return v.hit && (!v.weak || len(text) >= 4 && !isWordLike(text) && strings.ContainsAny(text, "0123456789!@#$%^&*"))
}

// or is v, or the verdict of the name beside the key, which may be "value".
func (v verdict) or(named verdict, key string) verdict {
	if named.hit && !named.plural && !v.hit && !v.allowed && isValueKey(key) {
		return named
	}
	return v
}

// hidesNumbers reports the same of a number.
func (v verdict) hidesNumbers() bool { return v.hit && !v.plural && !v.weak }

// kinds are the last words of names whose values are secrets. What a name means
// is decided at its end: access_token is a token, token_count is a count.
var kinds = map[string]verdict{
	"password": {det: detPassword}, "passwd": {det: detPassword}, "pwd": {det: detPassword}, "passphrase": {det: detPassword},
	"passcode": {det: detPassword}, "pswd": {det: detPassword}, "passwort": {det: detPassword}, "kennwort": {det: detPassword},
	"senha": {det: detPassword}, "contrasena": {det: detPassword},
	"pass": {det: detPassword, weak: true}, "pw": {det: detPassword, weak: true}, "psk": {det: detSecret, weak: true}, "bindpw": {det: detPassword},
	"userpw": {det: detPassword}, "rootpw": {det: detPassword}, "dbpw": {det: detPassword},
	"token": {det: detToken}, "jwt": {det: detToken}, "jsessionid": {det: detToken}, "phpsessid": {det: detToken}, "wresult": {det: detToken}, "authorization": {det: detToken, schemes: true}, "bearer": {det: detToken},
	"secret": {det: detSecret}, "credential": {det: detSecret},
	"apikey": {det: detAPIKey}, "cookie": {det: detCookie},
	"contraseña": {det: detPassword}, "пароль": {det: detPassword}, "Пароль": {det: detPassword}, "密码": {det: detPassword},
	"密碼": {det: detPassword}, "口令": {det: detPassword}, "パスワード": {det: detPassword}, "비밀번호": {det: detPassword}, "wachtwoord": {det: detPassword},
	"motdepasse": {det: detPassword}, "hasło": {det: detPassword}, "salasana": {det: detPassword}, "lösenord": {det: detPassword}, "heslo": {det: detPassword},
	"passwords": {det: detPassword, plural: true}, "passphrases": {det: detPassword, plural: true},
	"tokens": {det: detToken, plural: true}, "cookies": {det: detCookie, plural: true}, "apikeys": {det: detAPIKey, plural: true},
	"secrets": {det: detSecret, plural: true}, "credentials": {det: detSecret, plural: true, login: true}, "creds": {det: detSecret, plural: true, login: true},
}

// keyOf are the words that make a "key" behind them a secret.
var keyOf = map[string]detector{
	"api": detAPIKey, "access": detAPIKey, "subscription": detAPIKey, "consumer": detAPIKey, "account": detAPIKey, "shared": detAPIKey,
	"storage": detAPIKey, "instrumentation": detAPIKey, "auth": detAPIKey, "webhook": detAPIKey, "secret": detSecret, "private": detSecret, "signing": detSecret,
	"signature": detSecret, "encryption": detSecret, "encrypt": detSecret, "decryption": detSecret, "master": detSecret, "ssh": detSecret,
	"pgp": detSecret, "gpg": detSecret, "rsa": detSecret, "hmac": detSecret, "jwt": detSecret, "cipher": detSecret, "aes": detSecret,
	"symmetric": detSecret, "session": detSecret, "sas": detSecret, "preshared": detSecret, "app": detAPIKey, "application": detAPIKey,
	"license": detAPIKey, "insert": detAPIKey, "ingest": detAPIKey, "fastly": detAPIKey, "rapidapi": detAPIKey, "pre-shared": detSecret,
}

// pairs are names of two words.
var pairs = map[string]detector{
	"secret id": detSecret, "password hash": detPassword, "passwd hash": detPassword, "pwd hash": detPassword, "x auth": detToken,
	"proxy auth": detToken, "basic auth": detToken, "http auth": detToken, "amz signature": detToken, "goog signature": detToken, "rediscli auth": detPassword, "redis auth": detPassword, "key base": detSecret,
	"de passe": detPassword, "key data": detSecret, "saml response": detToken, "saml request": detToken, "saml assertion": detToken,
	"honeycomb team": detAPIKey, "tableau auth": detToken,
	"authorization code": detPersonal, "verification code": detPersonal, "otp code": detPersonal, "mfa code": detPersonal,
	"password confirmation": detPassword, "password confirm": detPassword, "password repeat": detPassword, "unlock code": detPersonal,
	"session id": detPersonal, "birth date": detPersonal, "birthdate": detPersonal, "card number": detPersonal,
	"account number": detPersonal, "routing number": detPersonal, "passport number": detPersonal, "license number": detPersonal,
	"security number": detPersonal, "tax id": detPersonal, "national id": detPersonal, "security code": detPersonal,
	"full name": detPersonal, "first name": detPersonal, "last name": detPersonal, "maiden name": detPersonal,
	"street address": detPersonal, "home address": detPersonal, "postal address": detPersonal, "phone number": detPersonal,
}

// personal are last words that say so at level high.
var personal = []string{"pin", "cvv", "cvc", "cvv2", "csc", "ssn", "dob", "otp", "totp", "sid", "sessionid", "passport", "iban", "birthdate", "birthday", "surname", "lastname", "firstname"}

// endings are what names that are written in one word end with: dbpassword, authtoken.
var endings = []struct {
	text string
	det  detector
}{
	{"password", detPassword}, {"passwd", detPassword}, {"passphrase", detPassword}, {"userpwd", detPassword}, {"dbpwd", detPassword},
	{"apikey", detAPIKey}, {"accesskey", detAPIKey}, {"secretkey", detSecret}, {"privatekey", detSecret}, {"signingkey", detSecret},
	{"encryptionkey", detSecret}, {"token", detToken}, {"secret", detSecret}, {"credentials", detSecret}, {"passwordhash", detPassword},
}

// shapes are last words of names under which texts and numbers of one shape alone are secrets.
var shapes = map[string]verdict{
	"auth": {det: detBasic, pair: true},
	"card": {det: detCard, number: true}, "pan": {det: detCard, number: true}, "creditcard": {det: detCard, number: true}, "cardnumber": {det: detCard, number: true},
	"phone": {det: detPhone, number: true}, "mobile": {det: detPhone, number: true}, "msisdn": {det: detPhone, number: true}, "telephone": {det: detPhone, number: true},
	"phonenumber": {det: detPhone, number: true}, "ssn": {det: detSSN, number: true}, "number": {number: true},
}

// shapeOf is the verdict on a name that says what shape its value has.
func shapeOf(name string, on set) verdict {
	before, last := words(name)
	v := shapes[last]
	if last == "number" {
		switch before {
		case "card":
			v.det = detCard
		case "phone", "mobile":
			v.det = detPhone
		case "security":
			v.det = detSSN
		default:
			return verdict{}
		}
	}
	if !v.pair && !v.number || !on.has(v.det) {
		return verdict{}
	}
	return v
}

// shaped reports whether a text is what the name says: user:password in base64, the digits of a card, a phone, a social security number.
func (v verdict) shaped(text string) bool {
	switch {
	case v.pair:
		return len(text) >= minScheme && userPassword(text)
	case !v.number || len(text) < 9 || digitsEnd(text, 0) != len(text):
		return false
	}
	switch v.det {
	case detCard:
		var m match
		return card(text, 0, len(text), false, &m)
	case detPhone:
		return len(text) >= 10 && len(text) <= 13
	}
	return len(text) == 9
}

// maxWords is how many bytes of the end of a name are looked at.
const maxWords = 64

// words returns the last word of a name and the one before, in lower case: of accessToken, X-Access-Token and
// db.access_token2, "access" and "token".
func words(name string) (before, last string) {
	name = strings.TrimRight(name[max(len(name)-maxWords, 0):], "0123456789_-. []")
	out := make([]byte, 0, 2*maxWords)
	for i := range len(name) {
		c := name[i]
		if !isWordByte(c) || c == '_' || startsWord(name, i) {
			if n := len(out); n > 0 && out[n-1] != ' ' {
				out = append(out, ' ')
			}
		}
		if isWordByte(c) && c != '_' {
			out = append(out, lower(c))
		}
	}
	all := strings.Fields(string(out))
	if n := len(all); n > 1 {
		return all[n-2], all[n-1]
	} else if n == 1 {
		return "", all[0]
	}
	return "", ""
}

// startsWord reports whether a capital at i begins a word: accessToken, APIKey.
func startsWord(name string, i int) bool {
	if i == 0 || !isUpper(name[i]) {
		return false
	}
	prev := name[i-1]
	return isLower(prev) || isDigit(prev) || isUpper(prev) && i+1 < len(name) && isLower(name[i+1])
}

// judge decides what a name means, by its last words.
func judge(name string) verdict {
	before, last := words(name)
	if v, ok := kinds[last]; ok {
		v.hit = true
		return v
	}
	if d, ok := keyOf[before]; ok && (last == "key" || last == "keys") {
		return verdict{det: d, hit: true, plural: last == "keys"}
	}
	if d, ok := pairs[before+" "+last]; ok {
		return verdict{det: d, hit: true}
	}
	for _, p := range personal {
		if last == p {
			return verdict{det: detPersonal, hit: true}
		}
	}
	for _, e := range endings {
		if strings.HasSuffix(last, e.text) {
			return verdict{det: e.det, hit: true}
		}
	}
	return verdict{}
}

func isDigit(c byte) bool { return c-'0' < 10 }
func isUpper(c byte) bool { return c-'A' < 26 }
func isLower(c byte) bool { return c-'a' < 26 }

func lower(c byte) byte {
	if isUpper(c) {
		return c | 0x20
	}
	return c
}

func upper(c byte) byte {
	if isLower(c) {
		return c &^ 0x20
	}
	return c
}

// isWordByte is \w of a regular expression, and all that is not ASCII.
func isWordByte(c byte) bool { return isDigit(c) || isUpper(c) || isLower(c) || c == '_' || c >= 0x80 }
