package processor

import (
	"context"

	"github.com/hydra-logger/hydra/record"
)

// Screener is a processor that can tell from a record that was not yet taken apart whether it
// would change or drop it. Records that no processor of a chain touches go on as they were
// encoded: that is several times as fast as taking them apart.
//
// Screen is called by many goroutines at once. It must return true when in doubt, must not
// keep v, and must not count on Process being called.
type Screener interface {
	Processor
	Screen(ctx context.Context, v *record.View) (touch bool)
}

// TextRedactor is a processor that can say what it makes of a message alone. What the diagnostics say of records that were
// not accepted goes through it.
type TextRedactor interface {
	Processor
	RedactString(s string) string
}

// Siever is a Screener that can tell the same while the record is encoded, which is cheaper still.
type Siever interface {
	Screener
	// Sieve is asked once. nil: it can't tell.
	Sieve() *record.Sieve
}

// Decider is a processor that keeps or drops most records without changing them, and needs no more for it than a
// record that was not taken apart.
//
// Decide is called by many goroutines at once, in place of Process. It must not keep v. With the
// verdict Take it has changed nothing in its own state: Process is called for the same record.
type Decider interface {
	Processor
	Decide(ctx context.Context, v *record.View) Verdict
}

// Verdict is what a [Decider] makes of a record.
type Verdict uint8

// The verdicts.
const (
	Take Verdict = iota // call Process
	Pass                // it goes on as it is
	Drop                // it is dropped, as if Process had returned false
)

// Begin runs the chain over a record that is not taken apart, as far as that goes. When reason is empty, Continue has to be called
// with at unless that is Len: then no processor touches the record. passed says that the record passed the chain's Sieve.
func (c *Chain) Begin(ctx context.Context, v *record.View, passed bool) (at int, reason string) {
	for i, l := range c.links {
		if passed && l == c.siever {
			continue
		}
		switch l.decide(ctx, v) {
		case Take:
			return i, ""
		case Drop:
			return i, l.reason
		}
	}
	return len(c.links), ""
}

// Sieve returns the sieve of the first processor that has one; nil: none has. alone says that there is no other processor: a record
// that passes needs no Begin. The chain may be nil.
func (c *Chain) Sieve() (s *record.Sieve, alone bool) {
	if c == nil || c.siever == nil {
		return nil, false
	}
	return c.sieve, len(c.links) == 1
}

// Continue runs the processors from at on over the record.
func (c *Chain) Continue(at int, ctx context.Context, e *record.Event) (reason string) {
	return c.from(at, ctx, e)
}

// Len is the number of processors.
func (c *Chain) Len() int { return len(c.links) }

// decide asks one processor. One that panics meets the same in Process, where it is counted and the record marked.
func (l *link) decide(ctx context.Context, v *record.View) (verdict Verdict) {
	if l.decider == nil && l.screener == nil {
		return Take
	}
	ok := false
	defer func() {
		if !ok {
			_ = recover()
			verdict = Take
		}
	}()
	verdict = Take
	if l.decider != nil {
		verdict = l.decider.Decide(ctx, v)
	} else if !l.screener.Screen(ctx, v) {
		verdict = Pass
	}
	ok = true
	return verdict
}
