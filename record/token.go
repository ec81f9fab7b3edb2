package record

import (
	"math"
	"time"
)

// Token is one step of an attribute walk: a value with its key, or the
// beginning or end of a group or list. Fields that do not belong to the kind are unspecified.
type Token struct {
	Kind Kind
	Zone int32  // time: offset of its zone, in seconds east of UTC
	Key  string // empty in lists and at KindEnd
	// Num is the value of: bool (0 or 1), int (as uint64(int64)), uint, float (its bits),
	// duration (nanoseconds, as uint64(int64)), time (nanoseconds since 1970 UTC, as uint64(int64),
	// only when InNanos says so).
	Num uint64
	// Str is the value of: string, bytes (the raw ones), number, mark; error: its message.
	Str string
	// Type is the type name of an error, as reflect prints it: "*fs.PathError".
	Type string

	chain string
	sec   int64
	far   bool
}

// Bool returns the value of a bool.
func (t *Token) Bool() bool { return t.Num != 0 }

// Int returns the value of an int.
func (t *Token) Int() int64 { return int64(t.Num) }

// Float returns the value of a float, which may be NaN or infinite.
func (t *Token) Float() float64 { return math.Float64frombits(t.Num) }

// Duration returns the value of a duration.
func (t *Token) Duration() time.Duration { return time.Duration(int64(t.Num)) }

// InNanos reports whether a time fits in Num. Those before 1678 and after 2262,
// the zero time among them, don't: use Time.
func (t *Token) InNanos() bool { return !t.far }

// Time returns the value of a time, in its zone. It allocates when the zone is not UTC.
func (t *Token) Time() time.Time {
	var v time.Time
	if t.far {
		v = time.Unix(t.sec, int64(t.Num))
	} else {
		v = time.Unix(0, int64(t.Num))
	}
	if t.Zone == 0 {
		return v.UTC()
	}
	return v.In(time.FixedZone("", int(t.Zone)))
}

// Chain returns an iterator over the errors that an error wraps (not the error itself, which is Str
// and Type), depth first: for a chain of Unwrap, outermost first. It is empty when it wraps none.
func (t *Token) Chain() Chain {
	if t.Kind != KindError {
		return Chain{}
	}
	return Chain{s: t.chain}
}

// Link is one error of a chain.
type Link struct {
	Depth   int // 1 for what the error wraps directly, 2 for what that wraps, and so on
	Type    string
	Message string
}

// Chain walks the errors that an error wraps.
type Chain struct {
	s string
	i int
}

// Next stores the next link in l and reports whether there was one.
func (c *Chain) Next(l *Link) bool {
	if c.i >= len(c.s) {
		return false
	}
	depth, i := getUvarint(c.s, c.i)
	var ok bool
	if l.Type, i, ok = getString(c.s, i); !ok {
		c.i = len(c.s)
		return false
	}
	if l.Message, i, ok = getString(c.s, i); !ok {
		c.i = len(c.s)
		return false
	}
	l.Depth = int(min(depth, math.MaxInt32))
	c.i = i
	return true
}
