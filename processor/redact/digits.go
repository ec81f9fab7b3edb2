package redact

import "strings"

// digits looks at the digits that begin at i for cards, social security numbers, phones and IBANs.
// skip passes over the digits.
func (r *Redactor) digits(s string, from, i int, m *match) (found bool, skip int) {
	end := digitsEnd(s, i)
	n := end - i
	if i > 0 && isWordByte(s[i-1]) {
		if n >= 2 && r.on.has(detIBAN) && i >= 2 && i-2 >= from && (isUpper(s[i-1]) && isUpper(s[i-2]) || namesIBAN(s, i-2)) && iban(s, i-2, r.on.has(detEntropy), m) {
			return true, 0
		}
		return r.lettersAndDigits(s, from, i, m)
	}
	if r.said(s, from, i, m) || r.on.has(detCloudKey) && leadingDigits(s, i, end, m) {
		return true, 0
	}
	if end < len(s) && isWordByte(s[end]) {
		return false, alnumEnd(s, end) - i
	}
	if n < 3 {
		return false, n
	}
	if r.on.has(detCard) && n >= 4 && card(s, i, n, r.on.has(detEntropy), m) {
		return true, 0
	}
	if (n == 3 || n == 9) && r.on.has(detSSN) && (ssn(s, i, m) || n == 9 && namesSSN(s, i) && !tiedLeft(s, i) && !tiedRight(s, end) && m.whole(detSSN, i, end)) {
		return true, 0
	}
	if (n == 3 || n == 6 || n == 10) && r.on.has(detPhone) && phone(s, i, n, m) {
		return true, 0
	}
	return false, n
}

// lettersAndDigits looks at a word with the digit at i, before which letters stand. skip passes over the word.
func (r *Redactor) lettersAndDigits(s string, from, i int, m *match) (found bool, skip int) {
	start := i
	for start > from && (isLower(s[start-1]) || isUpper(s[start-1])) {
		start--
	}
	end := alnumEnd(s, i)
	if start == i || start > 0 && isWordByte(s[start-1]) {
		return r.said(s, from, start, m), end - i
	}
	if r.on.has(detCloudKey) && end-start >= 28 && (serviceKey(s, start, end, m) || end-start == 32 && isHex(s[start:end]) && dashedKey(s, start, end, m)) {
		return true, 0
	}
	return r.said(s, from, start, m), end - i
}

func digitsEnd(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// tied reports whether the text at i goes on from digits or to digits with a dash or a dot: part of
// a UUID, a version, a decimal.
func tiedLeft(s string, i int) bool {
	return i >= 2 && (s[i-1] == '-' || s[i-1] == '.') && isDigit(s[i-2])
}

func tiedRight(s string, end int) bool {
	return end+1 < len(s) && (s[end] == '-' || s[end] == '.') && isDigit(s[end+1])
}

// maxCard is how many digits a card number has at most (ISO/IEC 7812).
const maxCard = 19

// card finds a card number: 13 to 19 digits in one piece, or 16 in fours, or 15 as 4-6-5, or 14 as 4-6-4, with a correct
// check digit. In one piece it must begin as an issuer's do. unchecked leaves the check digit out.
func card(s string, i, n int, unchecked bool, m *match) bool {
	if n > maxCard || tiedLeft(s, i) || n != 4 && n != 8 && n < 12 {
		return false
	}
	var d [maxCard]byte
	count, breaks, lines := 0, uint32(0), false
	at := i
	for {
		for at < len(s) && isDigit(s[at]) {
			if count == maxCard {
				return false
			}
			d[count] = s[at] - '0'
			count++
			at++
		}
		if at < len(s) && isWordByte(s[at]) {
			return false
		}
		if !tiedRight(s, at) && goodCard(d[:count], breaks, unchecked) && (!lines || issuer(d[:count])) && !isOtherNumber(s, i, count, breaks) {
			return m.whole(detCard, i, at)
		}
		if at+1 >= len(s) || s[at] != '-' && s[at] != ' ' && s[at] != '\t' && s[at] != '\n' || !isDigit(s[at+1]) || count > 16 {
			return false
		}
		breaks |= 1 << count
		lines = lines || s[at] == '\n'
		at++
	}
}

// isOtherNumber reports whether digits in one piece stand behind a name that is not that of a card: order_id=, offset: and the like.
// For 13 and 19 digits, as times and ids have them and few cards, any word is one that names no card.
func isOtherNumber(s string, i, n int, breaks uint32) bool {
	if breaks != 0 {
		return false
	}
	k := i
	for k > 0 && strings.IndexByte(" =:\"'", s[k-1]) >= 0 {
		k--
	}
	first := k
	for first > 0 && k-first < 24 && isASCIIWord(s[first-1]) {
		first--
	}
	if k == i || first == k {
		return false
	}
	word := strings.ToLower(s[first:k])
	word = word[strings.LastIndexByte(word, '_')+1:]
	switch word {
	case "id", "ids", "orderid", "ts", "seq", "offset", "timestamp", "snowflake", "lsn", "nonce", "message", "msg", "order", "tweet":
		return !strings.HasPrefix(strings.ToLower(s[first:k]), "card")
	}
	if n != 13 && n != 19 {
		return false
	}
	for _, w := range []string{"card", "visa", "pan", "cc", "number", "num", "no", "charged", "with", "payment", "paid", "got"} {
		if strings.HasSuffix(word, w) {
			return false
		}
	}
	return true
}

// goodCard reports whether digits with breaks before some of them are a card number.
func goodCard(d []byte, breaks uint32, unchecked bool) bool {
	switch n := len(d); {
	case breaks == 0:
		if n < 13 || !issuer(d) {
			return false
		}
	case n == 16 && breaks&^(1<<4|1<<8|1<<12) == 0:
		if !issuer(d) && (breaks != 1<<4|1<<8|1<<12 || years(d)) {
			return false
		}
	case (n == 15 || n == 14) && breaks == 1<<4|1<<10, n == 19 && breaks == 1<<4|1<<8|1<<12|1<<16:
		if !issuer(d) {
			return false
		}
	default:
		return false
	}
	return unchecked || luhn(d)
}

// issuer reports whether digits begin as the numbers of a card network do, and have its length.
func issuer(d []byte) bool {
	n := len(d)
	two := int(d[0])*10 + int(d[1])
	four := two*100 + int(d[2])*10 + int(d[3])
	switch {
	case d[0] == 4: // Visa
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case two == 34 || two == 37: // American Express
		return n == 15
	case two == 36 || two == 38 || two == 30: // Diners Club
		return n == 14 || n == 16
	case two == 35, four == 6011, two == 65, four >= 6440 && four <= 6499, two == 62: // JCB, Discover, UnionPay
		return n == 16 || n == 19
	case two == 50 || two >= 56 && two <= 58 || two == 63 || two == 67: // Maestro
		return n == 16
	}
	return false
}

// years reports whether four groups may be years.
func years(d []byte) bool {
	for k := 0; k < 16; k += 4 {
		if two := d[k]*10 + d[k+1]; two != 19 && two != 20 {
			return false
		}
	}
	return true
}

// luhn checks the check digit (ISO/IEC 7812-1, annex B). Zeros alone are no number.
func luhn(d []byte) bool {
	sum, any := 0, byte(0)
	for k := range d {
		v := int(d[len(d)-1-k])
		any |= d[k]
		if k%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return any != 0 && sum%10 == 0
}

// ssn finds a social security number of the United States, 123-45-6789, that can have been given out.
func ssn(s string, i int, m *match) bool {
	const size = len("123-45-6789")
	if len(s)-i < size || s[i+3] != '-' || s[i+6] != '-' || tiedLeft(s, i) {
		return false
	}
	t := s[i : i+size]
	if digitsEnd(t, 4) != 6 || digitsEnd(s, i+7) != i+size || tiedRight(s, i+size) {
		return false
	}
	if i+size < len(s) && isWordByte(s[i+size]) {
		return false
	}
	if t[:3] == "000" || t[:3] == "666" || t[4:6] == "00" || t[7:] == "0000" {
		return false
	}
	return m.whole(detSSN, i, i+size)
}

// namesSSN reports whether what stands before i is ssn= or the like.
func namesSSN(s string, i int) bool {
	k := i
	for k > 0 && i-k < 4 && strings.IndexByte(" =:\"'#", s[k-1]) >= 0 {
		k--
	}
	return k >= 3 && k < i && strings.EqualFold(s[k-3:k], "ssn") && (k == 3 || !isASCIIWord(s[k-4]) || s[k-4] == '_')
}

// ibanTable has for each country the length of its numbers (registry of SWIFT).
const ibanTable = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28" +
	"HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29" +
	"RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

func ibanSize(a, b byte) int {
	for k := 0; k < len(ibanTable); k += 4 {
		if ibanTable[k] == a && ibanTable[k+1] == b {
			return int(ibanTable[k+2]-'0')*10 + int(ibanTable[k+3]-'0')
		}
	}
	return 0
}

// iban finds an account number at i, in one piece or in groups of four, whose check digits are right (ISO 13616, mod 97).
func iban(s string, i int, unchecked bool, m *match) bool {
	if i > 0 && isWordByte(s[i-1]) {
		return false
	}
	size := ibanSize(upper(s[i]), upper(s[i+1]))
	if size == 0 {
		return false
	}
	var t [34]byte
	at, n := i, 0
	for at < len(s) && n < size {
		c := s[at]
		if isLower(s[i]) {
			c = upper(c)
		}
		switch {
		case isDigit(c) || isUpper(c):
			t[n] = c
			n++
		case (c == ' ' || c == '-') && n%4 == 0:
		default:
			return false
		}
		at++
	}
	if n < size || at < len(s) && isWordByte(s[at]) || !unchecked && mod97(t[:n]) != 1 {
		return false
	}
	return m.whole(detIBAN, i, at)
}

// namesIBAN reports whether a number in lower case at i stands behind the word.
func namesIBAN(s string, i int) bool {
	return isLower(s[i]) && isLower(s[i+1]) && strings.Contains(strings.ToLower(s[max(0, i-8):i]), "iban")
}

// mod97 is the remainder of the number that letters (A is 10) and digits make with the first four at the end.
func mod97(t []byte) int {
	v := 0
	for k := range t {
		c := t[(k+4)%len(t)]
		if isDigit(c) {
			v = (v*10 + int(c-'0')) % 97
		} else {
			v = (v*100 + int(c-'A') + 10) % 97
		}
	}
	return v
}
