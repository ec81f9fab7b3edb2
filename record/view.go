package record

import (
	"log/slog"
	"math"
)

// Version is the version of the binary form that this package writes.
const Version = 1

// MaxDepth is how deep groups and lists nest at most in a record. The encoder cuts what
// is deeper, and the decoder refuses it.
const MaxDepth = 128

// Kind says what a [Token] is.
type Kind uint8

// The kinds of token. Their numbers are part of the binary form: new ones are added at the end.
const (
	KindNull Kind = iota
	KindBool
	KindInt
	KindUint
	KindFloat
	KindString
	KindBytes
	KindDuration
	KindTime
	KindError // an error: Str is its message, Type its type; Chain lists the errors it wraps
	KindGroup // opens a group (a JSON object); ended by KindEnd
	KindList  // opens a list; its elements have no key; ended by KindEnd
	KindEnd   // closes the innermost group or list
	// KindMark is a string that this library put in place of a value: "!PANIC: ...", "!CUT: ...", "!CYCLE: ...".
	KindMark
	// KindNumber is a number that no other kind holds exactly: Str is its text,
	// a valid JSON number (a json.Number, a *big.Int of 100 digits).
	KindNumber
)

// IDs are the identifiers that tie a record to a flow. Empty means absent.
type IDs struct {
	CorrelationID string
	CausationID   string
	MessageID     string
	TraceID       [16]byte // W3C trace context; all zero: absent
	SpanID        [8]byte
	TraceFlags    byte
}

// NoTime is the time of a record that has none: one that came through log/slog with a zero time.
const NoTime = math.MinInt64

// Source is the place in the program that made the record. Function is empty when it was not asked for.
type Source struct {
	Function string
	File     string
	Line     int
}

// View is a decoded record. Its strings point into the bytes it was decoded
// from and live as long as they do: copy what you keep. What Decode has set is not to be changed.
type View struct {
	Time    int64 // nanoseconds since 1970 UTC
	Level   slog.Level
	Layer   string
	Logger  string
	Message string
	IDs     IDs
	Source  Source

	// Set by the deliverer, not by Decode.
	Journal   [16]byte // journal uuid, zero when the record never was in a journal
	Position  uint64   // position in that journal
	Recovered bool     // an earlier run accepted it

	raw   string
	head  string // a part of raw
	attrs string // the end of raw
	plain bool
}

// Raw returns the bytes that the view was decoded from.
func (v *View) Raw() string { return v.raw }

// Head returns the bytes of level, layer, logger and message, and of which optional parts follow: equal bytes
// are equal fields. It is empty if Decode did not make the view.
func (v *View) Head() string { return v.head }

// Plain says that Decode found neither IDs nor Source. It may say so too rarely.
func (v *View) Plain() bool { return v.plain }

// Attrs returns an iterator over the record's attributes: those of the context first, then the bound
// ones, then those of the call. A key may come more than once.
func (v *View) Attrs() Attrs {
	return Attrs{s: v.attrs}
}
