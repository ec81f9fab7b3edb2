// Package destination holds what stands between the journal and the outside:
// [Driver], the small part that an author of a destination writes, and [Worker],
// which does the rest for all of them: batching, retry, order, the ledger.
package destination

import (
	"context"
	"log/slog"
)

// Driver talks to the outside.
//
// Deliver is called from one goroutine at a time. It owns nothing: the batch
// and all it points to are valid until Deliver returns and must not be kept or
// changed. It returns nil when every record has arrived, in the sense of this
// destination. An error means that the batch is delivered again after a while,
// whole and with the same bytes, with [Batch.Attempt] one higher: see [Retry]. A
// batch with Attempt 1 after a failed one says that the failed one was given up.
// Deliver returns soon after ctx ends; what it then left undone is retried by
// the worker, or stays in the journal.
//
// Package destinationtest checks these rules.
//
// Close releases what the driver holds. Nothing is delivered after it. It is
// called once, and also when Deliver has never been called.
type Driver interface {
	Deliver(ctx context.Context, b *Batch) error
	Close(ctx context.Context) error
}

// Reopener is a driver that can open its target again, after another program moved it.
type Reopener interface {
	Reopen() error
}

// Local is a driver whose Deliver only touches this machine and returns in
// microseconds when all is well. With no state directory local destinations are
// written before the log call returns.
type Local interface {
	Local() bool
}

// Describer names the target of a driver for people: a path, "stdout", a URL without credentials.
type Describer interface {
	Describe() string
}

// Checkpointer is a driver that can tell after a crash which of its last bytes
// arrived. The worker keeps the driver's state with the cursor.
type Checkpointer interface {
	// Intent is called before each attempt to deliver a batch, by the goroutine that then delivers it, and says in
	// at most 64 bytes what is about to be written where. nil: it can't say. The bytes are used until the next call.
	Intent(b *Batch) []byte
	// Recover is called before the first Deliver, with the intent that was stored last and was not
	// acknowledged; once for each run that left one. delivered reports that the whole batch of that
	// intent has arrived. When it has not, Recover has removed what arrived of it, or returns an error
	// that says why it could not and the records of that batch may be written twice.
	Recover(intent []byte) (delivered bool, err error)
}

// Batch is a run of records in order, formatted.
type Batch struct {
	// Data holds the formatted records one after another.
	Data []byte
	// Items has one element a record.
	Items []Item
	// Attempt counts deliveries of this batch, from 1.
	Attempt int
}

// Item is one record of a batch.
type Item struct {
	Start, End int    // of its bytes in Batch.Data
	Raw        []byte // the record's binary form, for record.View.Decode
	Time       int64  // nanoseconds since 1970 UTC
	Level      slog.Level
	Journal    [16]byte // with Position: the record's stable id; zero for a record that is not the journal's
	Position   uint64
	Recovered  bool // accepted by an earlier run
}

// Sharer is a driver that knows whether others write to its target too: then nothing is
// ever cut off it, and a crash may leave a record there twice.
type Sharer interface {
	OtherWriters() bool
}
