// Package lines reads the log lines that other programs write: it recognises
// JSON lines of the common loggers and keeps their time, level, message and
// fields, guesses the level of text lines, and puts the lines of a stack trace
// back together.
package lines

import (
	"log/slog"
	"time"
)

// The levels, with the numbers of log/slog.
const (
	levelTrace    slog.Level = -8
	levelNotice   slog.Level = 2
	levelCritical slog.Level = 12
)

// Record is what one line says, or the lines of one stack trace.
type Record struct {
	Time     time.Time // zero when the line does not tell
	Level    slog.Level
	HasLevel bool   // Level was in the line
	Layer    string // a JSON line's own layer, "" when it has none
	Message  string
	Attrs    []slog.Attr
	JSON     bool
}

// Parse reads one line without its end, or the lines of one trace. It accepts any bytes;
// what is no JSON object is text, and all of it is the message.
func Parse(text []byte) Record {
	if r, ok := parseJSON(text); ok {
		return r
	}
	r := Record{Message: string(text)}
	r.Level, r.HasLevel = guessLevel(text)
	return r
}
