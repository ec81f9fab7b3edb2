package sanitize

import (
	"fmt"
	"strings"
)

// Options say what is taken out. The zero value takes out all but line breaks, and cuts nothing.
type Options struct {
	// KeepScripts leaves script elements and "javascript:" as they are.
	KeepScripts bool `json:"keep_scripts"`
	// KeepControls leaves control characters and terminal codes as they are.
	KeepControls bool `json:"keep_controls"`
	// KeepBidi leaves characters that turn the direction of the text as they are.
	KeepBidi bool `json:"keep_bidi"`
	// LineBreaks is "keep", "escape" (as \n) or "space". Default: keep, because every line-based
	// format escapes them itself.
	LineBreaks string `json:"line_breaks"`
	// MaxValue is the longest value in bytes; MaxRecord the most bytes that all values of a record have
	// together. What is beyond is cut, with a mark that says how much. Default: no limit.
	MaxValue  int `json:"max_value"`
	MaxRecord int `json:"max_record"`
}

// The texts that stand for what was taken out.
const (
	ScriptMark = "[SANITIZED_SCRIPT]"
	JSMark     = "[SANITIZED_JS]"
)

func (o *Options) check() error {
	switch strings.ToLower(o.LineBreaks) {
	case "", "keep", "escape", "space":
	default:
		return fmt.Errorf("sanitize: line_breaks: %q is none of keep, escape, space", o.LineBreaks)
	}
	if o.MaxValue != 0 && o.MaxValue < minLimit || o.MaxRecord != 0 && o.MaxRecord < minLimit {
		return fmt.Errorf("sanitize: max_value and max_record are 0 for no limit, or at least %d bytes", minLimit)
	}
	return nil
}

// minLimit leaves room for a mark.
const minLimit = 64
