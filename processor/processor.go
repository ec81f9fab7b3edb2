// Package processor holds what acts on a record before it is accepted, or, where it is
// attached to a destination, before it is formatted.
package processor

import (
	"context"
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// Processor changes, enriches or drops a record. One of a logger runs before the record is accepted:
// what it removes reaches no journal, no file and no wire. One of a destination runs before the record
// is formatted, and acts on what that destination sees alone.
//
// Process is called by many goroutines at once. The event is a copy of the record and
// may be changed in any part, but a change of its level or layer has no effect. It must
// not be kept: its strings and values live until Process returns. Process returns false
// to drop the record, which is counted; see [Reasoner]. The context is the call's, never
// nil; of a destination it is context.Background().
type Processor interface {
	Process(ctx context.Context, e *record.Event) (keep bool)
}

// Func is a function as a Processor.
type Func func(ctx context.Context, e *record.Event) bool

// Process calls f.
func (f Func) Process(ctx context.Context, e *record.Event) bool { return f(ctx, e) }

// Reasoner is a processor that says why it drops, in the ledger's words. It is asked
// once. Default: [ReasonProcessor].
type Reasoner interface {
	Reason() string
}

// The reasons in use. A reason never changes its meaning.
const (
	ReasonProcessor    = "processor"    // a processor that names no reason of its own
	ReasonSampled      = "sampled"      // left out by sampling
	ReasonRateLimited  = "rate_limited" // above the rate of its key
	ReasonDeduplicated = "deduplicated" // repeats another one; a summary has the number
	ReasonKeptBack     = "kept_back"    // held until an error of its flow; counted as submitted again when that comes
)

// Failer is a processor that withholds a part of a record when it fails on it, in place of
// panicking, and counts how often. The count is in health.
type Failer interface {
	Failed() uint64
}

// Binder is a processor that adds the same attributes to every record. Those of a logger's
// are encoded once, when the logger opens, so that they cost a record the copying of a few
// bytes. They stand before all others.
type Binder interface {
	// Bind returns the attributes. only says that Process would do nothing beside: it is not called then.
	// Of a destination, the attributes are appended to each record before Process is called.
	Bind() (attrs []slog.Attr, only bool)
}

// Emitter is a processor that makes records of its own: summaries, records that it kept back.
// They go through the processors behind it and are accepted and counted as a call's are.
// A destination takes no Emitter.
type Emitter interface {
	Processor
	// Emit calls out with each record that is to be made at this occasion. The event that out gets is
	// used until out returns. Emit returns when it has something to emit next; the zero time: not before the next call of Process.
	// It is called by one goroutine at a time, while others call Process.
	Emit(when Occasion, out func(e *record.Event)) (next time.Time)
	// Ready reports that a call of Process left something that belongs before its record. Emit is called then, with
	// [Asked], before the record is accepted. It is asked after each Process and must be cheap.
	Ready() bool
}

// Occasion says why records are asked for.
type Occasion uint8

// The occasions.
const (
	Due     Occasion = iota // time has passed: what is due
	Asked                   // Ready said so: what is due, and what belongs before the record at hand
	Flushed                 // the user flushes: summaries up to now
	Closing                 // the last call: everything; from now on Process holds nothing back
)
