// Package processor holds what acts on a record before it is accepted.
package processor

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/hydra-logger/hydra/record"
)

// Processor changes, enriches or drops a record before it is accepted: what it
// removes reaches no journal, no file and no wire.
//
// Process is called by many goroutines at once. The event is a copy of the record and
// may be changed in any part, but a change of its level or layer has no effect. It must
// not be kept. Process returns false to drop the record, which is counted.
type Processor interface {
	Process(ctx context.Context, e *record.Event) (keep bool)
}

// Func is a function as a Processor.
type Func func(ctx context.Context, e *record.Event) bool

// Process calls f.
func (f Func) Process(ctx context.Context, e *record.Event) bool { return f(ctx, e) }

// FailedKey is the key of the attribute that marks a record on which a processor panicked.
const FailedKey = "processor_failed"

// Chain runs processors in order. One that panics is counted, and the record
// goes on without its attributes and with a mark: what a broken processor was
// to remove must not get out.
type Chain struct {
	list   []Processor
	failed atomic.Uint64
}

// NewChain returns a chain, nil for no processors.
func NewChain(list ...Processor) *Chain {
	if len(list) == 0 {
		return nil
	}
	return &Chain{list: list}
}

// Failed returns how many calls of a processor panicked.
func (c *Chain) Failed() uint64 { return c.failed.Load() }

// Process runs the chain and reports whether the record is kept.
func (c *Chain) Process(ctx context.Context, e *record.Event) bool {
	for _, p := range c.list {
		keep, failure := run(ctx, p, e)
		if failure != "" {
			c.failed.Add(1)
			e.Message = "[withheld: a processor failed]"
			e.Attrs = append(e.Attrs[:0], slog.String(FailedKey, failure))
			return true
		}
		if !keep {
			return false
		}
	}
	return true
}

// run calls one processor. The value that it panicked with is not repeated: it may hold what was to be hidden.
func run(ctx context.Context, p Processor, e *record.Event) (keep bool, failure string) {
	defer func() {
		if v := recover(); v != nil {
			failure = fmt.Sprintf("%T panicked", p)
		}
	}()
	return p.Process(ctx, e), ""
}
