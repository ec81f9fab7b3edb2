package redact

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hydra-logger/hydra/processor/sanitize"
)

// Options say what is hidden, and how. The zero value is the security extension of the original with
// security_level medium. The JSON names are those of a configuration's `extensions: {x: {type: security}}`.
type Options struct {
	// Patterns are the original's names: email, phone, ssn, credit_card, api_key, password, token,
	// secret. When there are any, only they and Detectors are looked for, whatever the level. As
	// in the original, a name that is unknown is ignored, see [Redactor.UnknownPatterns]; the names of Detectors are known too.
	Patterns []string `json:"patterns"`
	// Level is low (credentials), medium (and e-mail, phone, ssn, cards, IBAN), high (and personal data by key: birth
	// dates, addresses, PINs) or strict (and whatever looks random). Default: medium.
	Level string `json:"security_level"`
	// Detectors are added to those of Patterns or Level; a name that begins with "-" is taken away.
	Detectors []string `json:"detectors"`
	// Redaction false turns all redaction off, Sanitization all sanitization. Default: true.
	Redaction    *bool `json:"redaction_enabled"`
	Sanitization *bool `json:"sanitization_enabled"`
	// Sanitize says what sanitization does.
	Sanitize sanitize.Options `json:"sanitize"`
	// MaxDepth is how deep groups and lists are looked into; what is nested deeper is hidden as a
	// whole. Default: as deep as a record goes.
	MaxDepth int `json:"max_depth"`

	// Keys are further names whose values are hidden: exact ("pin_code" is also pinCode and PIN-CODE), globs ("*_ref"),
	// or paths from the root ("user.address.*", "**.raw"): * stands for any text within a name, ** for any names.
	Keys []string `json:"keys"`
	// AllowKeys are names, globs and paths whose values are left as they are, with all below them.
	AllowKeys []string `json:"allow_keys"`

	// Rules are regular expressions (RE2) of your own.
	Rules []Rule `json:"rules"`
	// Custom are rules as the original's add_pattern takes them.
	Custom []Rule `json:"custom"`
	// GoRules are rules written in Go.
	GoRules []GoRule `json:"-"`

	// Action is what happens to a secret: replace, mask (keeps the last four characters of those that have at
	// least twelve), hash (HMAC-SHA256, so that equal values can still be joined), drop. Default: replace.
	Action string `json:"action"`
	// Actions are other actions for detectors and rules, by name.
	Actions map[string]string `json:"actions"`
	// HashKey is the key of hash, at least 16 bytes. Who has it can try values out.
	HashKey string `json:"hash_key"`

	// ExemptLayers keep their records as they are. Say so for an encrypted audit store alone: its journal holds the secrets.
	ExemptLayers []string `json:"exempt_layers"`
}

// Rule is a regular expression and what stands for its matches.
type Rule struct {
	// Name in counts and Actions. Default: rule-1, rule-2, …
	Name string `json:"name"`
	// Regex in the syntax of RE2, at most 1,000 bytes.
	Regex string `json:"regex"`
	// Replacement may refer to groups: \1, \g<name>, $1, ${name}. Default: [REDACTED].
	Replacement *string `json:"replacement"`
	// Action in place of the replacement: mask, hash or drop.
	Action string `json:"action"`
}

// GoRule is a rule in Go.
type GoRule struct {
	// Name in counts and Actions.
	Name string
	// Find returns the place of the first secret in text; start < 0: none. It is called by many goroutines at
	// once. When it panics, the whole text is hidden.
	Find func(text string) (start, end int)
	// Replacement. Default: [REDACTED].
	Replacement string
}

// The limits of what a configuration may ask for.
const (
	maxRules    = 64
	maxRegex    = 1000
	maxReplace  = 256
	maxKeys     = 1000
	maxKey      = 256
	minHashKey  = 16
	minHashText = "at least 16 bytes that nobody can guess"
)

// unknownPatterns returns the names of Patterns that nothing is known by.
func (o *Options) unknownPatterns() []string {
	var list []string
	for _, name := range o.Patterns {
		if _, ok := detectorByName(name); !ok && patternSets[strings.ToLower(name)] == 0 {
			list = append(list, name)
		}
	}
	return list
}

// detectors returns what Patterns, Level and Detectors ask for.
func (o *Options) detectors() (set, error) {
	s, err := levelOf(o.Level)
	if err != nil {
		return 0, err
	}
	if len(o.Patterns) > 0 {
		s = 0
	}
	for _, name := range o.Patterns {
		s |= patternSets[strings.ToLower(name)]
		if d, ok := detectorByName(name); ok {
			s |= setOf(d)
		}
	}
	for _, name := range o.Detectors {
		bare, less := strings.CutPrefix(name, "-")
		d, ok := detectorByName(bare)
		switch {
		case !ok:
			return 0, fmt.Errorf("redact: detectors: %q is none of %s", bare, strings.Join(detectorNames[:detKeys], ", "))
		case less:
			s &^= setOf(d)
		default:
			s |= setOf(d)
		}
	}
	return s, nil
}

// UnknownPatterns are those of Patterns that mean nothing.
func (o *Options) UnknownPatterns() (unknown []string) {
	for _, name := range o.Patterns {
		_, detector := detectorByName(name)
		if _, pattern := patternSets[strings.ToLower(name)]; !pattern && !detector {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// PatternNames are the names that Patterns knows, without those of Detectors, sorted.
func PatternNames() []string { return slices.Sorted(maps.Keys(patternSets)) }

func (o *Options) check() error {
	switch {
	case o.MaxDepth < 0:
		return errors.New("redact: max_depth: must not be negative")
	case len(o.Rules)+len(o.Custom) > maxRules:
		return fmt.Errorf("redact: rules: at most %d", maxRules)
	case len(o.Keys) > maxKeys || len(o.AllowKeys) > maxKeys:
		return fmt.Errorf("redact: keys: at most %d", maxKeys)
	}
	for _, k := range slices.Concat(o.Keys, o.AllowKeys) {
		if k == "" || len(k) > maxKey {
			return fmt.Errorf("redact: keys: %.40q: a key has 1 to %d bytes", k, maxKey)
		}
	}
	return nil
}

func isOn(b *bool) bool { return b == nil || *b }
