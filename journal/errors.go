package journal

import (
	"errors"
	"fmt"
)

// Errors of a journal.
var (
	// ErrFull says that there was no room, or not in time; the record was not accepted.
	ErrFull = errors.New("journal: full: no room for another record")
	// ErrClosed says that the journal is closed; the record was not accepted.
	ErrClosed = errors.New("journal: closed")
	// ErrTooLarge says that a record is larger than a quarter of the quota, or than 1 GiB.
	ErrTooLarge = errors.New("journal: the record is too large")
)

// CorruptError says that bytes of a journal are not what was written.
type CorruptError struct {
	File     string
	Position uint64 // of the first bad byte
	Length   int64  // bytes that can't be read
	Reason   string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("journal: %s: %d bytes at position %d: %s", e.File, e.Length, e.Position, e.Reason)
}
