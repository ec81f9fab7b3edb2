package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// action is what happens to a secret.
type action uint8

const (
	actReplace action = iota
	actMask
	actHash
	actDrop
)

func actionOf(name string) (action, error) {
	switch strings.ToLower(name) {
	case "", "replace":
		return actReplace, nil
	case "mask":
		return actMask, nil
	case "hash":
		return actHash, nil
	case "drop":
		return actDrop, nil
	}
	return 0, fmt.Errorf("redact: action: %q is none of replace, mask, hash, drop", name)
}

const (
	mark       = "[REDACTED]"
	failedMark = "[REDACTED: a rule failed]"
	depthMark  = "[REDACTED: nested deeper than max_depth]"
	markHead   = "[REDACTED"
	hashHead   = "[HMAC:"
	stars      = "****"
	minMasked  = 12 // characters that a secret has at least when its last four are shown
)

// marks are the original's replacements, by detector.
var marks = [detectorCount]string{
	detEmail: "[REDACTED_EMAIL]", detPhone: "[REDACTED_PHONE]", detSSN: "[REDACTED_SSN]", detCard: "[REDACTED_CARD]",
	detAPIKey: "[REDACTED_API_KEY]", detCloudKey: "[REDACTED_API_KEY]", detIBAN: "[REDACTED_IBAN]", detJWT: "[REDACTED_JWT]",
	detPrivateKey: "[REDACTED_PRIVATE_KEY]",
}

// isMark reports whether a whole value is what an earlier run left.
func isMark(s string) bool {
	if len(s) >= 2 && s[len(s)-1] == ']' {
		if rest, ok := strings.CutPrefix(s, markHead); ok {
			return strings.Trim(rest[:len(rest)-1], "_ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" || s == failedMark || s == depthMark
		}
		if rest, ok := strings.CutPrefix(s, hashHead); ok {
			return len(rest) == 33 && strings.Trim(rest[:32], "0123456789abcdef") == ""
		}
	}
	rest, ok := strings.CutPrefix(s, stars)
	return ok && (strings.Trim(rest, "*") == "" || utf8.RuneCountInString(rest) == 4)
}

// hidden returns what stands for a secret.
func (r *Redactor) hidden(id int, secret, replacement string) string {
	switch r.rules[id].action {
	case actMask:
		return masked(secret)
	case actHash:
		return r.hashed(detector(min(id, int(detectorCount))), secret)
	case actDrop:
		return ""
	}
	return replacement
}

func masked(secret string) string {
	if utf8.RuneCountInString(secret) < minMasked {
		return stars
	}
	k := len(secret)
	for range 4 {
		_, n := utf8.DecodeLastRuneInString(secret[:k])
		k -= n
	}
	return stars + secret[k:]
}

// hashed returns the first half of the secret's HMAC-SHA256. Spaces and dashes in numbers, and the case of e-mail
// addresses, make no difference.
func (r *Redactor) hashed(d detector, secret string) string {
	switch d {
	case detCard, detPhone, detSSN, detIBAN:
		secret = strings.Map(func(c rune) rune {
			if strings.ContainsRune(" -.()+", c) {
				return -1
			}
			return c
		}, secret)
	case detEmail:
		secret = strings.ToLower(secret)
	}
	h := hmac.New(sha256.New, r.hashKey)
	_, _ = h.Write([]byte(secret))
	return hashHead + hex.EncodeToString(h.Sum(nil)[:16]) + "]"
}
