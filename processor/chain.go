package processor

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/record"
)

// FailedKey is the key of the attribute that marks a record on which a processor panicked.
const FailedKey = "processor_failed"

// Withheld is the message of a record on which a processor panicked.
const Withheld = "[withheld: a processor failed]"

// withheldMessage stands for a message that a processor would perhaps have changed.
const withheldMessage = "[withheld: the processors did not see it]"

// Chain runs processors in order. One that panics is counted, and the record
// goes on without its attributes and with a mark: what a broken processor was
// to remove must not get out. Its methods are safe for concurrent use.
type Chain struct {
	links    []*link
	emitters []int // places in links
	siever   *link // the first that has a sieve, or nil
	sieve    *record.Sieve
	emitting *sync.Mutex // shared with successors
}

// link is one processor with what is known of it.
type link struct {
	Processor
	from     Processor // as it was given
	name     string
	reason   string
	emitter  Emitter // or nil, as the next two
	decider  Decider
	screener Screener
	panics   atomic.Uint64
}

// named is a processor with the name that the configuration gave it.
type named struct {
	Processor
	name string
}

// Named gives a processor the name by which health and marks speak of it. Default: the name of its type.
func Named(name string, p Processor) Processor { return &named{Processor: p, name: name} }

// Unwrap returns the processor that [Named] got.
func Unwrap(p Processor) Processor {
	for {
		n, ok := p.(*named)
		if !ok {
			return p
		}
		p = n.Processor
	}
}

// NewChain returns a chain, nil for no processors.
func NewChain(list ...Processor) *Chain { return (*Chain)(nil).Successor(list...) }

// Successor returns a chain that takes the place of this one, which may be nil: what was counted of a processor that both
// have is counted on, and the two do not ask emitters at the same time.
func (c *Chain) Successor(list ...Processor) *Chain {
	if len(list) == 0 {
		return nil
	}
	next := &Chain{emitting: &sync.Mutex{}}
	if c != nil {
		next.emitting = c.emitting
	}
	for i, p := range list {
		l := c.link(p)
		if l == nil {
			l = newLink(p)
		}
		if l.emitter != nil {
			next.emitters = append(next.emitters, i)
		}
		next.links = append(next.links, l)
	}
	next.findSieve()
	return next
}

func (c *Chain) findSieve() {
	for _, l := range c.links {
		if s, ok := l.Processor.(Siever); ok {
			if c.sieve = s.Sieve(); c.sieve != nil {
				c.siever = l
				return
			}
		}
	}
}

// link returns that of a processor, nil if there is none.
func (c *Chain) link(p Processor) *link {
	if c == nil || !reflect.ValueOf(p).Comparable() {
		return nil
	}
	for _, l := range c.links {
		if reflect.TypeOf(l.from) == reflect.TypeOf(p) && l.from == p {
			return l
		}
	}
	return nil
}

func newLink(p Processor) *link {
	l := &link{Processor: Unwrap(p), from: p, reason: ReasonProcessor}
	l.name = fmt.Sprintf("%T", l.Processor)
	if n, ok := p.(*named); ok {
		l.name = n.name
	}
	if r, ok := l.Processor.(Reasoner); ok {
		l.reason = r.Reason()
	}
	l.emitter, _ = l.Processor.(Emitter)
	l.decider, _ = l.Processor.(Decider)
	l.screener, _ = l.Processor.(Screener)
	return l
}

// Text returns a message of a record that was not accepted, for the diagnostics, as the chain would have left it: without its
// secrets. When a processor cannot say what it would have changed, the message is withheld. A nil chain returns it as it is.
func (c *Chain) Text(msg string) (out string) {
	if c == nil {
		return msg
	}
	defer func() {
		if recover() != nil {
			out = Withheld
		}
	}()
	for _, l := range c.links {
		switch p := l.Processor.(type) {
		case TextRedactor:
			msg = p.RedactString(msg)
		default:
			if l.decider == nil && l.emitter == nil {
				return withheldMessage
			}
		}
	}
	return msg
}

// Failed returns how many calls of a processor panicked, or failed and said so.
func (c *Chain) Failed() uint64 {
	var n uint64
	for _, l := range c.links {
		n += l.failures()
	}
	return n
}

// FailedNames returns the names of the processors that failed, separated by commas.
func (c *Chain) FailedNames() string {
	var names []string
	for _, l := range c.links {
		if l.failures() > 0 {
			names = append(names, l.name)
		}
	}
	return strings.Join(names, ", ")
}

// WithoutEmitters returns the chain of the processors that make no records of their own, nil when there are none. What
// they fail on is counted for both.
func (c *Chain) WithoutEmitters() *Chain {
	if !c.Emits() {
		return c
	}
	quiet := &Chain{emitting: c.emitting}
	for _, l := range c.links {
		if l.emitter == nil {
			quiet.links = append(quiet.links, l)
		}
	}
	if len(quiet.links) == 0 {
		return nil
	}
	quiet.siever, quiet.sieve = c.siever, c.sieve
	return quiet
}

// Each calls f for each processor, in order, with its name and how often it failed. The chain may be nil.
func (c *Chain) Each(f func(name string, p Processor, failed uint64)) {
	if c == nil {
		return
	}
	for _, l := range c.links {
		f(l.name, l.Processor, l.failures())
	}
}

// Reasons are the reasons for which the chain drops. The chain may be nil.
func (c *Chain) Reasons() []string {
	if c == nil {
		return nil
	}
	var out []string
	for _, l := range c.links {
		out = append(out, l.reason)
	}
	return out
}

// failures is how often a processor panicked, or failed and said so.
func (l *link) failures() uint64 {
	n := l.panics.Load()
	if f, ok := l.Processor.(Failer); ok {
		n += f.Failed()
	}
	return n
}

// Process runs the chain and reports whether the record is kept.
func (c *Chain) Process(ctx context.Context, e *record.Event) bool {
	return c.Apply(ctx, e) == ""
}

// Apply runs the chain and returns why the record is dropped, "" when it is kept.
func (c *Chain) Apply(ctx context.Context, e *record.Event) (reason string) {
	return c.from(0, ctx, e)
}

func (c *Chain) from(first int, ctx context.Context, e *record.Event) (reason string) {
	for _, l := range c.links[first:] {
		keep, ok := l.run(ctx, e)
		if !ok {
			withhold(e, l.name)
			return ""
		}
		if !keep {
			return l.reason
		}
	}
	return ""
}

// run calls one processor. The value that it panicked with is not repeated: it may hold what was to be hidden.
func (l *link) run(ctx context.Context, e *record.Event) (keep, ok bool) {
	defer func() {
		if !ok {
			_ = recover()
			l.panics.Add(1)
		}
	}()
	return l.Process(ctx, e), true
}

func withhold(e *record.Event, name string) {
	e.Message = Withheld
	e.Attrs = append(e.Attrs[:0], slog.String(FailedKey, name+" panicked"))
}

// Emits reports whether a processor of the chain makes records of its own.
func (c *Chain) Emits() bool { return c != nil && len(c.emitters) > 0 }

// Ready reports whether an [Emitter] has something that belongs before the record that was just processed.
func (c *Chain) Ready() bool {
	for _, i := range c.emitters {
		if c.links[i].emitter.Ready() {
			return true
		}
	}
	return false
}

// Emit asks every [Emitter] for its records, in order, runs the processors behind it over each, and calls out with
// the record and with why it is dropped, "" when it is kept. It returns when the next one will be due, zero when nothing waits.
// After Closing it does nothing.
func (c *Chain) Emit(ctx context.Context, when Occasion, out func(e *record.Event, reason string)) (next time.Time) {
	c.emitting.Lock()
	defer c.emitting.Unlock()
	return c.emitAll(ctx, when, out)
}

// TryEmit is Emit, but does nothing while another goroutine emits.
func (c *Chain) TryEmit(ctx context.Context, when Occasion, out func(e *record.Event, reason string)) {
	if c.emitting.TryLock() {
		defer c.emitting.Unlock()
		c.emitAll(ctx, when, out)
	}
}

func (c *Chain) emitAll(ctx context.Context, when Occasion, out func(e *record.Event, reason string)) (next time.Time) {
	for _, i := range c.emitters {
		at := c.emit(i, when, func(e *record.Event) {
			level, layer := e.Level, e.Layer
			reason := c.from(i+1, ctx, e)
			e.Level, e.Layer = level, layer
			out(e, reason)
		})
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// emit calls one emitter. One that panics is counted; what it had emitted before stays.
func (c *Chain) emit(i int, when Occasion, out func(e *record.Event)) (next time.Time) {
	l := c.links[i]
	ok := false
	defer func() {
		if !ok {
			_ = recover()
			l.panics.Add(1)
			next = time.Time{}
		}
	}()
	next = l.emitter.Emit(when, out)
	ok = true
	return next
}
