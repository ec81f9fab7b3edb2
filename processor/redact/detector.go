package redact

import (
	"fmt"
	"slices"
	"strings"
)

// detector is one kind of secret. Its name is used in options, counts and the table of levels.
type detector uint8

const (
	detPassword detector = iota
	detToken
	detSecret
	detAPIKey
	detCloudKey
	detJWT
	detBearer
	detBasic
	detPrivateKey
	detUserInfo
	detCookie
	detEmail
	detPhone
	detSSN
	detCard
	detIBAN
	detPersonal
	detEntropy
	detKeys   // keys that the options name
	detTag    // fields with the tag log:"secret", which the record's encoder hides
	detFailed // a rule that panicked
	detDepth  // nested deeper than max_depth
	detectorCount
)

var detectorNames = [detectorCount]string{
	"password", "token", "secret", "api_key", "cloud_key", "jwt", "bearer", "basic", "private_key", "url_userinfo",
	"cookie", "email", "phone", "ssn", "credit_card", "iban", "personal", "entropy", "keys", "tag", "failed", "depth",
}

func (d detector) String() string { return detectorNames[d] }

// set is a set of detectors.
type set uint32

func (s set) has(d detector) bool { return s&(1<<d) != 0 }

func setOf(list ...detector) set {
	var s set
	for _, d := range list {
		s |= 1 << d
	}
	return s
}

// The levels: each has what the one before has.
var (
	credentials = setOf(detPassword, detToken, detSecret, detAPIKey, detCloudKey, detJWT, detBearer, detBasic,
		detPrivateKey, detUserInfo, detCookie)
	levelMedium = credentials | setOf(detEmail, detPhone, detSSN, detCard, detIBAN)
	levelHigh   = levelMedium | setOf(detPersonal)
	levelStrict = levelHigh | setOf(detEntropy)
)

// levelOf returns the detectors of a security_level.
func levelOf(name string) (set, error) {
	switch strings.ToLower(name) {
	case "low":
		return credentials, nil
	case "", "medium":
		return levelMedium, nil
	case "high":
		return levelHigh, nil
	case "strict":
		return levelStrict, nil
	}
	return 0, fmt.Errorf("redact: level: %q is none of low, medium, high, strict", name)
}

// patternSets are the detectors behind the original's eight names: what each pattern was meant to find.
var patternSets = map[string]set{
	"email":       setOf(detEmail, detUserInfo), // its expression took the password for a part of the address
	"phone":       setOf(detPhone),
	"ssn":         setOf(detSSN),
	"credit_card": setOf(detCard, detIBAN),
	"api_key":     setOf(detAPIKey, detCloudKey),
	"password":    setOf(detPassword, detUserInfo),
	"token":       setOf(detToken, detBearer, detBasic, detJWT, detCookie),
	"secret":      setOf(detSecret, detPrivateKey),
}

// detectorByName finds a detector that may be named in options.
func detectorByName(name string) (detector, bool) {
	i := slices.Index(detectorNames[:detKeys], strings.ToLower(name))
	return detector(max(i, 0)), i >= 0
}
