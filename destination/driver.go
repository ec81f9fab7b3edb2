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
// Deliver is called from one goroutine at a time, unless the driver is [Concurrent]. It owns nothing: the batch
// and all it points to are valid until Deliver returns and must not be kept or
// changed. It returns nil when every record has arrived, in the sense of this
// destination. An error says what became of the batch:
//
//   - [Retry], or any other error: it is delivered again after a while, whole and with the same bytes, with
//     [Batch.Attempt] one higher.
//   - [Reject]: the target will never take it, and has taken nothing of it. The worker finds the record that is at fault.
//   - [Partial]: some records arrived, and these did not.
//
// A batch with Attempt 1 after a failed one says that the failed one was given up, or cut into smaller ones.
// Deliver returns soon after ctx ends; what it then left undone is retried by
// the worker, or stays in the journal. The context ends when the time that the configuration gives a delivery is over:
// that is retried too.
//
// A driver, or the client library that it uses, may log. What it logs with ctx, or a context made of it, to the logger
// whose destination this is goes to all destinations but this one: it would go round for ever. A client that takes a
// logger but no context is to be given one that does not lead here.
//
// Errors hold no credential and no record: they are shown in health and kept in the dead letter.
//
// Package destinationtest checks these rules.
//
// Close releases what the driver holds. Nothing is delivered after it. It is
// called once, and also when Deliver has never been called.
type Driver interface {
	Deliver(ctx context.Context, b *Batch) error
	Close(ctx context.Context) error
}

// Prober is a driver that can find out, without delivering anything, whether its target would take a delivery now.
// While deliveries fail the worker probes in place of trying a whole batch: soon after a failure, then at
// growing intervals. It is also what `hydralog doctor` calls.
//
// Probe connects and authenticates. nil means that deliveries make sense again; it promises nothing. It is not called
// while Deliver runs, unless the driver is [Concurrent], and returns soon after ctx ends. Its errors hold no credential.
type Prober interface {
	Probe(ctx context.Context) error
}

// Authenticator is a driver that can find out whether its target takes the credentials, without delivering a record, where Probe asks something
// that needs none. `hydralog doctor` calls it after Probe, under the same rules.
type Authenticator interface {
	Authenticate(ctx context.Context) error
}

// Concurrent is a driver whose Deliver may be called by several goroutines at once, Concurrent() at most. The worker
// does so only where the destination is configured with `ordered: false`, and begins with one: it finds out how many pay.
// It is asked once, before the first delivery. 1 or less: one at a time. A [Checkpointer] is always called one at a time.
type Concurrent interface {
	Concurrent() int
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

// Settler is a driver with work to do beside deliveries, such as compressing old files. Settled is called once, when
// [Checkpointer.Recover] was called for all that earlier runs left, and before the first Deliver. It returns soon.
type Settler interface {
	Settled()
}

// Rotator is a driver that can put away what it has written so far, and begin anew.
type Rotator interface {
	Rotate(ctx context.Context) error
}

// Troubled is a driver in which something beside deliveries can fail. Trouble is what fails now, nil when nothing does. It
// does not wait for a delivery.
type Troubled interface {
	Trouble() error
}

// Reporter is a driver that reports the beginning and, with a nil error, the end of its troubles. OnEvent is called
// before the first delivery; fn does not block.
type Reporter interface {
	OnEvent(fn func(text string, err error))
}

// settled tells a driver that nothing of an earlier run is asked for any more.
func settled(d Driver) {
	if s, ok := d.(Settler); ok {
		defer func() { _ = recover() }()
		s.Settled()
	}
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
	priority   uint8
}

// Sharer is a driver that knows whether others write to its target too: then nothing is
// ever cut off it, and a crash may leave a record there twice.
type Sharer interface {
	OtherWriters() bool
}

// Sizer is a driver that says how large a batch suits its target, where the configuration says nothing. BatchBytes is the
// size at which a batch is delivered although there is more; 0 for the worker's own.
type Sizer interface {
	BatchBytes() int
}
