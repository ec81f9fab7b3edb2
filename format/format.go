// Package format turns records into bytes: one file for each wire format.
package format

import "github.com/hydra-logger/hydra/record"

// Formatter turns one record into the bytes of one destination's format.
//
// A formatter belongs to one goroutine at a time and may keep state between
// calls (a cached timestamp). It must not keep the view or parts of it, and it
// must accept any input: what it can't express it escapes or replaces, so
// Append has no error.
type Formatter interface {
	// Append appends the formatted record, with its terminator, to dst.
	Append(dst []byte, v *record.View) []byte
}
