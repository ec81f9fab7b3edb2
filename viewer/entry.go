package viewer

import (
	"log/slog"
	"time"
)

// The most that an Entry keeps of a line, so that a story has a size that does not follow from its files.
const (
	maxMessage = 4 << 10 // bytes
	maxValue   = 512     // bytes
	maxFields  = 64
	maxDepth   = 8 // of objects in objects
)

// Entry is one record as a log file holds it.
type Entry struct {
	Time     time.Time // zero when the line does not tell
	Level    slog.Level
	HasLevel bool
	Service  string // who wrote it; the file's name where the line does not tell
	Layer    string
	Logger   string
	Message  string
	IDs      IDs
	Work     Work
	Error    string // the text of the error, "" when there is none
	Fields   []Field
	Record   string // the id of the record, where the line has it

	File string // where it was read
	Line int64  // its number there, from 1; of a binary file the number of the record

	named bool      // Service comes from the line
	at    time.Time // where it stands in a story
}

// IDs are the ids that tie records together. An empty one is not there.
type IDs struct {
	Correlation, Causation, Message, Trace string
}

// Work is what hydra.Begin or a middleware says of a piece of work.
type Work struct {
	Name, ID, Parent, Phase string
	Duration                time.Duration
	HasDuration             bool
}

// Field is an attribute; objects in objects have keys with dots.
type Field struct{ Key, Value string }

// Failed reports whether the entry is an error.
func (e *Entry) Failed() bool { return e.HasLevel && e.Level >= slog.LevelError }
