package hydratest

import (
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"time"
)

// Matcher says which records a test means. Its text is for the message of a test that fails.
type Matcher struct {
	text  string
	match func(*Record) bool
}

// String describes the matcher.
func (m Matcher) String() string { return m.text }

// Match reports whether a record is meant.
func (m Matcher) Match(r Record) bool { return m.match(&r) }

// Where returns a matcher with a function of one's own.
func Where(text string, match func(Record) bool) Matcher {
	return Matcher{text, func(r *Record) bool { return match(*r) }}
}

// HasMessage matches records with exactly this message.
func HasMessage(msg string) Matcher {
	return Matcher{fmt.Sprintf("message %q", msg), func(r *Record) bool { return r.Message == msg }}
}

// MessageContains matches records whose message contains part.
func MessageContains(part string) Matcher {
	return Matcher{fmt.Sprintf("a message with %q", part), func(r *Record) bool { return strings.Contains(r.Message, part) }}
}

// Level matches records of exactly this level.
func Level(level slog.Level) Matcher {
	return Matcher{fmt.Sprintf("level %d", int(level)), func(r *Record) bool { return r.Level == level }}
}

// Layer matches records of a layer.
func Layer(name string) Matcher {
	return Matcher{fmt.Sprintf("layer %q", name), func(r *Record) bool { return r.Layer == name }}
}

// HasCorrelationID matches records of a flow.
func HasCorrelationID(id string) Matcher {
	return Matcher{fmt.Sprintf("correlation id %q", id), func(r *Record) bool { return r.IDs.CorrelationID == id }}
}

// HasKey matches records with an attribute at path, whatever its value; see [Record.Attr].
func HasKey(path string) Matcher {
	return Matcher{fmt.Sprintf("attribute %s", path), func(r *Record) bool { _, ok := r.Attr(path); return ok }}
}

// HasAttr matches records with this attribute; see [Record.Attr] for the path. Numbers are equal when they
// have the same value, whatever their types; times when they are the same instant; an error, and the text of
// an error, is equal to an error with the same message.
func HasAttr(path string, want any) Matcher {
	return Matcher{fmt.Sprintf("attribute %s=%v", path, want), func(r *Record) bool {
		got, ok := r.Attr(path)
		return ok && equal(got, want)
	}}
}

// And matches records that all of the matchers match; without any, all records.
func And(list ...Matcher) Matcher {
	return Matcher{join(list, " and "), func(r *Record) bool {
		for _, m := range list {
			if !m.match(r) {
				return false
			}
		}
		return true
	}}
}

// Or matches records that one of the matchers matches.
func Or(list ...Matcher) Matcher {
	return Matcher{join(list, " or "), func(r *Record) bool {
		for _, m := range list {
			if m.match(r) {
				return true
			}
		}
		return false
	}}
}

// Not matches records that m does not match.
func Not(m Matcher) Matcher {
	return Matcher{"not " + m.text, func(r *Record) bool { return !m.match(r) }}
}

func join(list []Matcher, word string) string {
	if len(list) == 0 {
		return "anything"
	}
	texts := make([]string, len(list))
	for i, m := range list {
		texts[i] = m.text
	}
	if len(list) == 1 {
		return texts[0]
	}
	return "(" + strings.Join(texts, word) + ")"
}

func find(records []Record, m Matcher) []Record {
	var out []Record
	for i := range records {
		if m.match(&records[i]) {
			out = append(out, records[i])
		}
	}
	return out
}

func equal(got, want any) bool {
	if g, ok := got.(error); ok {
		switch w := want.(type) {
		case error:
			return g.Error() == w.Error()
		case string:
			return g.Error() == w
		}
		return false
	}
	if g, ok := got.(time.Time); ok {
		w, ok := want.(time.Time)
		return ok && g.Equal(w)
	}
	if isNumber(got) && isNumber(want) {
		return sameNumber(reflect.ValueOf(got), reflect.ValueOf(want))
	}
	return reflect.DeepEqual(got, want)
}

func isNumber(x any) bool {
	v := reflect.ValueOf(x)
	return v.IsValid() && (v.CanInt() || v.CanUint() || v.CanFloat())
}

func sameNumber(a, b reflect.Value) bool {
	switch {
	case a.CanFloat() || b.CanFloat():
		return float(a) == float(b) && !math.IsNaN(float(a))
	case a.CanInt() && b.CanInt():
		return a.Int() == b.Int()
	case a.CanUint() && b.CanUint():
		return a.Uint() == b.Uint()
	case a.CanInt():
		return a.Int() >= 0 && uint64(a.Int()) == b.Uint()
	}
	return b.Int() >= 0 && uint64(b.Int()) == a.Uint()
}

func float(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	}
	return v.Float()
}
