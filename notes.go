package hydra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// notes tells the outside what happens to the logger itself. It never goes
// through the logger: a logger that reports on itself through itself loops.
type notes struct {
	name    string
	fn      func(Event)
	mu      sync.Mutex
	last    time.Time
	skipped int
	silent  atomic.Bool // reliability_error_policy: silent
	raise   atomic.Bool // raise, or strict_reliability_mode: Close returns failures
	raised  []error     // the first maxRaised of them
}

const maxRaised = 16

// failures are what Close returns beside its own errors.
func (n *notes) failures() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return errors.Join(n.raised...)
}

// write hands an event to the user's function, or writes it to standard error, at most one a second
// and none where the configuration says silent.
func (n *notes) write(ev Event) {
	n.mu.Lock()
	if n.raise.Load() && ev.Err != nil && len(n.raised) < maxRaised {
		n.raised = append(n.raised, fmt.Errorf("hydra: logger %q: %s: %w", n.name, ev.label(), ev.Err))
	}
	n.mu.Unlock()
	if n.fn != nil {
		n.fn(ev)
		return
	}
	if n.silent.Load() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.last) < time.Second {
		n.skipped++
		return
	}
	n.last = time.Now()
	skipped := ""
	if n.skipped > 0 {
		skipped = fmt.Sprintf(" (%d more not shown)", n.skipped)
		n.skipped = 0
	}
	complain(ended, "hydra: logger %q: %s%s\n", n.name, ev.String(), skipped)
}

// ended is the context of who does not wait: those who log.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// complain writes a line to standard error, as far as there is room before ctx ends. A pipe that nobody reads holds nobody
// up, and one whose reader has gone ends no program.
func complain(ctx context.Context, format string, args ...any) {
	_ = printTo(ctx, realStderr(), fmt.Sprintf(format, args...)) // there is no other place to say it
}

// closeComplaint is how long the complaint that a logger could not be closed waits for a slow reader.
const closeComplaint = time.Second

func complainAtClose(err error) {
	ctx, cancel := context.WithTimeout(context.Background(), closeComplaint)
	defer cancel()
	complain(ctx, "hydra: %v\n", err)
}

// String is the event in one line.
func (ev Event) String() string {
	s := ev.label()
	if ev.Err != nil {
		s += ": " + ev.Err.Error()
	}
	return s
}

// label is the event without its error.
func (ev Event) label() string {
	if ev.Subject != "" {
		return ev.Subject + ": " + ev.Text
	}
	return ev.Text
}

// afterCloseCount counts calls made after Close, and complains at most once a second.
type afterCloseCount struct {
	n    atomic.Uint64
	last atomic.Int64 // unix nanoseconds of the last complaint
}

func (e *engine) afterClose(layer string, level slog.Level, msg string) {
	n := e.after.n.Add(1)
	now := time.Now().UnixNano()
	last := e.after.last.Load()
	if now-last < int64(time.Second) || !e.after.last.CompareAndSwap(last, now) {
		return
	}
	const most = 200
	if msg = e.chain().Text(msg); len(msg) > most {
		msg = msg[:most]
	}
	complain(ended, "hydra: logger %q is closed: %d log calls after Close were not written; the last: layer %q, %v, %q\n",
		e.name, n, layer, level, msg)
}

// unknownLayers counts the records of layers that are not configured, by name.
type unknownLayers struct {
	mu     sync.Mutex
	counts map[string]*atomic.Uint64
}

// Names beyond maxUnknown are counted together: a name may come from outside.
const (
	maxUnknown   = 100
	otherUnknown = "(other names)"
)

func (u *unknownLayers) counter(name string) *atomic.Uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counts == nil {
		u.counts = map[string]*atomic.Uint64{}
	}
	c := u.counts[name]
	if c == nil && len(u.counts) >= maxUnknown {
		name = otherUnknown
		c = u.counts[name]
	}
	if c == nil {
		c = &atomic.Uint64{}
		u.counts[name] = c
	}
	return c
}

func (u *unknownLayers) report() map[string]uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out map[string]uint64
	for name, c := range u.counts {
		if n := c.Load(); n > 0 {
			if out == nil {
				out = map[string]uint64{}
			}
			out[name] = n
		}
	}
	return out
}
