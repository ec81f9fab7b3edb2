package redact

// The characters at which something may be found. All others are passed over at a table's look-up each.
const (
	atNothing uint8 = iota
	atSign
	atEquals
	atColon
	atDigit
	atPlus
	atParen
	atDash
	atJoint // _ and . and ~: ends of the prefixes of keys
	atB
	atJ
	atA
	atL
	atLess
	atWide
	atPercent
	atQuote
)

const (
	hotRedact   = 1
	hotSanitize = 2
	hotColon    = 4 // "javascript:" may be before it
)

// fillClasses says which characters matter to the detectors that are on.
func (r *Redactor) fillClasses() {
	put := func(class uint8, chars string, when ...detector) {
		if !r.on.has(when[0]) && (len(when) == 1 || r.on&setOf(when...) == 0) {
			return
		}
		for i := range len(chars) {
			r.class[chars[i]] = class
		}
	}
	keyed := []detector{detPassword, detToken, detSecret, detAPIKey, detCookie, detPersonal, detKeys}
	put(atSign, "@", detEmail, detUserInfo)
	put(atEquals, "=", keyed...)
	put(atColon, ":", append(keyed, detUserInfo)...)
	put(atDigit, "0123456789", append(keyed, detPhone, detSSN, detCard, detIBAN, detCloudKey)...)
	put(atPlus, "+", detPhone)
	put(atParen, "(", detPhone)
	put(atDash, "-", append(keyed, detPrivateKey, detCloudKey)...)
	put(atJoint, "_.~", detAPIKey, detCloudKey, detCookie)
	put(atB, "bB", detBearer, detBasic)
	put(atJ, "J", detJWT)
	put(atA, "A", detCloudKey)
	put(atL, "L", detCloudKey)
	put(atLess, "<", keyed...)
	put(atWide, "\xEF", keyed...)
	put(atPercent, "%", append(keyed, detEmail, detPhone, detSSN, detCard, detIBAN, detCloudKey, detPrivateKey, detBearer, detUserInfo)...)
	put(atQuote, "'\"", keyed...)
	for b := range 256 {
		if r.class[b] != atNothing {
			r.hot[b] |= hotRedact
		}
		if r.clean != nil && r.clean.Hot(byte(b)) {
			r.hot[b] |= hotSanitize
			if b == ':' {
				r.hot[b] ^= hotSanitize | hotColon
			}
		}
	}
}

// heat returns what may be found in s: nothing, in most.
func (r *Redactor) heat(s string) uint8 {
	var h uint8
	hot := &r.hot
	for i := range len(s) {
		h |= hot[s[i]]
	}
	return h
}

// next finds the first match in s that begins at from or later.
func (r *Redactor) next(s string, from int, m *match) bool {
	i := from
	for i < len(s) {
		class := r.class[s[i]]
		if class == atNothing {
			i++
			continue
		}
		found, skip := r.look(class, s, from, i, m)
		if found {
			return true
		}
		i += max(skip, 1)
	}
	return false
}

// look asks the detectors of a character. skip is how many bytes hold no beginning of a secret.
func (r *Redactor) look(class uint8, s string, from, i int, m *match) (found bool, skip int) {
	switch class {
	case atSign:
		return r.on.has(detEmail) && email(s, from, i, m) || r.on.has(detUserInfo) && (dsn(s, from, i, m) || oracle(s, from, i, m)), 1
	case atEquals:
		return r.keyed(s, from, i, m), 1
	case atColon:
		if len(s) > i+2 && s[i+1] == '/' && s[i+2] == '/' {
			return r.on.has(detUserInfo) && userInfo(s, i+3, m) || r.on.has(detCloudKey) && webhook(s, i+3, m), 3
		}
		return r.keyed(s, from, i, m) || r.on.has(detCloudKey) && (botToken(s, from, i, m) || colonKey(s, from, i, m)) || r.account(s, from, i, m), 1
	case atDigit:
		return r.digits(s, from, i, m)
	case atPlus:
		return plusPhone(s, i, m), 1
	case atParen:
		return parenPhone(s, i, m), 1
	case atDash:
		return r.dash(s, from, i, m)
	case atJoint:
		return r.prefixed(s, from, i, m), 1
	case atB:
		return r.scheme(s, i, m), 1
	case atJ:
		return jwt(s, from, i, m), 1
	case atA, atL:
		return accessKey(s, i, m), 1
	case atLess:
		return r.element(s, i, m), 1
	case atWide:
		return r.wideSeparator(s, from, i, m), 1
	case atPercent:
		return r.percent(s, from, i, m), 1
	case atQuote:
		return r.quote(s, from, i, m), 1
	}
	return false, 1
}
