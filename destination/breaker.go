package destination

import (
	"sync"
	"sync/atomic"
	"time"
)

// breaker knows whether a destination takes deliveries. It is closed while they succeed, opens after some failures in a
// row, and is half open while one probe, or one batch, finds out whether the destination is back: see "Release
// It!", M. Nygard, 2007. Before it opens and while it is open, a growing delay passes between tries. All
// deliveries of a destination share it.
type breaker struct {
	down atomic.Bool // the last try failed

	mu        sync.Mutex
	failures  int       // in a row
	last      time.Time // failure
	until     time.Time // no try before
	notBefore time.Time // nor when somebody hurries: the target asked for it
	probing   bool      // one delivery finds out
	changed   chan struct{}
}

// openAfter is the number of failures in a row that open the breaker.
const openAfter = 5

// leastDelay stays between tries also when somebody hurries.
const leastDelay = 50 * time.Millisecond

// admit says how long to wait before the next try, 0 when it is to be made now: who is told so reports to pass or
// fail. changed is closed when the answer may be another one.
func (b *breaker) admit() (wait time.Duration, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures == 0 {
		return 0, nil
	}
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	if b.probing {
		return time.Hour, b.changed
	}
	if wait := time.Until(b.until); wait > 0 {
		return wait, b.changed
	}
	b.probing = b.failures >= openAfter
	return 0, nil
}

// pass notes that the target has answered. It returns the number of failures before.
func (b *breaker) pass() (failures int) {
	if !b.down.Load() {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	failures = b.failures
	b.failures, b.probing = 0, false
	b.down.Store(false)
	b.announce()
	return failures
}

// fail notes a failure of a try that began at started, and the delay that follows from it, at least what the target
// asks for. Tries that ran side by side and failed together count once.
func (b *breaker) fail(started time.Time, asked time.Duration, backoff func(failures int) time.Duration) (failures int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if t := now.Add(asked); asked > 0 && t.After(b.notBefore) {
		b.notBefore = t
	}
	if b.failures > 0 && started.Before(b.last) {
		b.until = later(b.until, b.notBefore)
		return b.failures
	}
	b.until = later(now.Add(backoff(b.failures)), b.notBefore)
	b.failures++
	b.last, b.probing = now, false
	b.down.Store(true)
	b.announce()
	return b.failures
}

// giveBack undoes an admission that led to no try.
func (b *breaker) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	b.announce()
}

// hurry ends the delay, but not the one that the target asked for.
func (b *breaker) hurry() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if soon := later(b.last.Add(leastDelay), b.notBefore); soon.Before(b.until) {
		b.until = soon
		b.announce()
	}
}

// open reports whether deliveries go to the fallback.
func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures >= openAfter
}

func (b *breaker) announce() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// The states of a breaker, for [Status].
const (
	BreakerClosed   = "closed"
	BreakerOpen     = "open"
	BreakerHalfOpen = "half-open"
)

// state is the breaker's state in a word, and when the next try is made; zero when nothing has failed.
func (b *breaker) state() (word string, next time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failures == 0:
		return BreakerClosed, time.Time{}
	case b.failures < openAfter:
		return BreakerClosed, b.until
	case b.probing:
		return BreakerHalfOpen, b.until
	}
	return BreakerOpen, b.until
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
