package hydra

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrClosed is returned by methods of a logger that is closed.
var ErrClosed = errors.New("hydra: the logger is closed")

// InUseError says that a state directory is in use in this process by a logger
// with another configuration.
type InUseError struct {
	Dir    string // the state directory
	Name   string // the logger that was to be opened
	Holder string // the logger that has it
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("hydra: logger %q: the state directory %s is in use by logger %q with another configuration: "+
		"give one of them another name or journal.dir, or open both with the same configuration", e.Name, e.Dir, e.Holder)
}

// PendingError says what is not delivered: when Flush's context ended, or at Close.
type PendingError struct {
	Name    string            // the logger
	Pending map[string]uint64 // records by destination
	// Kept is the state directory in which they stay for the next start; empty
	// when there is none, and after Close they are lost and counted as dropped.
	Kept string
	// Cause is why the wait ended.
	Cause error
}

func (e *PendingError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "hydra: logger %q: not delivered:", e.Name)
	for i, name := range slices.Sorted(maps.Keys(e.Pending)) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %d records to %s", e.Pending[name], name)
	}
	if e.Kept != "" {
		fmt.Fprintf(&b, "; kept in %s for the next start or hydralog recover", e.Kept)
	} else {
		b.WriteString("; there is no state directory to keep them in")
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, " (%v)", e.Cause)
	}
	return b.String()
}

func (e *PendingError) Unwrap() error { return e.Cause }

func (e *PendingError) total() uint64 {
	var n uint64
	for _, v := range e.Pending {
		n += v
	}
	return n
}
