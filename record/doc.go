// Package record is the event in flight: its compact binary form, how it is
// built from slog attributes, and how it is read back.
package record
