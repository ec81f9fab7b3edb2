package destination

import (
	"context"
	"time"
)

// Entry is one record as the journal keeps it.
type Entry struct {
	Journal   [16]byte
	Position  uint64
	End       uint64 // the cursor's place when this record is done
	Priority  uint8
	Recovered bool
	Payload   []byte // the record's binary form; valid until Source.Release
}

// Source is where a worker's records come from: one destination's place in the journal.
// Next, Release, Wait, Intent and Ack are called by the worker's goroutines, never two at once;
// the others may be called from anywhere.
type Source interface {
	// Next fills dst with the next records of this destination's route that are complete, in order,
	// until dst is full or their payloads exceed maxBytes (the first is always taken). It does not wait:
	// 0 means that there is nothing now. It moves past records that the route excludes by itself.
	Next(dst []Entry, maxBytes int) (int, error)
	// Release ends the life of the payloads that Next returned since the last Release.
	Release()
	// Wait returns when there may be something to read, when d has passed (d < 0: no limit), or when ctx ends.
	// With urgentOnly set, only a record of urgent priority or a kick wakes it before d. It makes
	// no system call while it waits without limit.
	Wait(ctx context.Context, urgentOnly bool, d time.Duration)
	// Intent stores what the driver is about to do, together with the cursor, before a delivery whose last record ends at end.
	Intent(end Mark, intent []byte) error
	// PendingIntent returns an intent that an earlier run stored and never acknowledged, and the mark
	// that its batch ended at; nil if there is none. The worker settles it, by Ack(end) or Intent(end, nil),
	// and asks again: there may be one of each journal that was adopted.
	PendingIntent() (end Mark, intent []byte)
	// Ack moves the cursor: everything before end is done with.
	Ack(end Mark) error
	// Reached reports whether everything before m is done with.
	Reached(m Mark) bool
	// Kick ends the present Wait, or the next one. It may be called from anywhere.
	Kick()
	// Pending counts the records of this route between cursor and tail, their bytes, and the time of the oldest.
	Pending() (records uint64, bytes int64, oldest time.Time)
}

// Mark is a place in the sequence that a source reads: a journal and the position behind a record.
type Mark struct {
	Journal [16]byte
	End     uint64
}

// Pressing is a source of which a part gets dearer to read when it is not read soon.
type Pressing interface {
	// Pressed says that this is so now.
	Pressed() bool
}
