package destination

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/record"
)

// Host delivers for another destination that is down: a [Worker] or a [Direct].
type Host interface {
	// host returns nil when the guest is delivered. It waits for it as long as most.
	host(owner *Worker, g *guest, most time.Duration) error
	title() string
	// join and part tell the host that guests may come, and that no more come.
	join()
	part()
}

// A guest is a batch of a destination that is down, which its fallback delivers: formatted anew by the fallback's
// formatter, delivered by its driver, between its own batches, once. When that fails the batch goes back. The records
// are counted where they belong: as delivered in the ledger of the destination that is down, see [Status.Fallback], and
// outside of that of the fallback, see [Status.Guests].
type guest struct {
	entries []Entry
	state   atomic.Int32 // guestWaits and so on
	done    chan error   // one, when it was taken
}

const (
	guestWaits int32 = iota
	guestTaken
	guestLeft // its owner does not wait any more
)

// fallbackPause is the time between two requests to a fallback that did not take a batch.
const fallbackPause = time.Second

// mostGuests may wait for one fallback.
const mostGuests = 16

var (
	errHostDown    = errors.New("the fallback is down itself")
	errHostStopped = errors.New("the fallback has stopped")
	// Nothing is lost because a fallback samples, or can't format something: its owner keeps the batch.
	errGuestDropped = errors.New("the fallback would drop some of the records")
	errGuestGone    = errors.New("the fallback had no time")
)

// fallBack lets the fallback deliver a batch, if it does so before the destination itself is to be tried again.
func (w *Worker) fallBack(s *scratch, b *Batch, most time.Duration) bool {
	g := newGuest(b)
	err := w.o.Fallback.host(w, g, most)
	if err != nil {
		w.stats.failed(err)
		return false
	}
	s.fellBack += len(g.entries)
	if !w.diverted.Swap(true) {
		w.event("is down; its records go to destination "+w.o.Fallback.title(), nil)
	}
	return true
}

// newGuest copies the records of a batch, so that their owner can go on without them.
func newGuest(b *Batch) *guest {
	g := &guest{done: make(chan error, 1)}
	size := 0
	for i := range b.Items {
		size += len(b.Items[i].Raw)
	}
	raw := make([]byte, 0, size)
	for i := range b.Items {
		it := &b.Items[i]
		if it.Journal == ([16]byte{}) {
			continue // a notice of what was dropped for the other destination
		}
		from := len(raw)
		raw = append(raw, it.Raw...)
		g.entries = append(g.entries, Entry{Journal: it.Journal, Position: it.Position, Priority: it.priority,
			Recovered: it.Recovered, Payload: raw[from:len(raw):len(raw)]})
	}
	return g
}

func (w *Worker) title() string { return w.o.Name }

func (w *Worker) join() { w.users.Add(1) }

func (w *Worker) part() {
	w.users.Add(-1)
	w.source.Kick()
}

// host is called by the worker of another destination.
func (w *Worker) host(owner *Worker, g *guest, most time.Duration) error {
	if len(g.entries) == 0 {
		return nil
	}
	select {
	case w.guests <- g:
	default:
		return errGuestGone
	}
	w.invited.Add(1)
	w.source.Kick()
	t := time.NewTimer(most)
	defer t.Stop()
	reason := errGuestGone
	select {
	case err := <-g.done:
		return err
	case <-t.C:
	case <-owner.ctx.Done():
	case <-w.done:
		reason = errHostStopped
	}
	if g.state.CompareAndSwap(guestWaits, guestLeft) {
		return reason
	}
	select { // it is just being delivered
	case err := <-g.done:
		return err
	case <-owner.ctx.Done():
		return owner.ctx.Err() // it may have arrived; it comes again with the next start
	}
}

// serve delivers the guests. It is called between batches of the worker's own.
func (w *Worker) serve() {
	for {
		select {
		case g := <-w.guests:
			w.invited.Add(-1)
			if g.state.CompareAndSwap(guestWaits, guestTaken) {
				g.done <- w.deliverGuest(g)
			}
		default:
			return
		}
	}
}

// deliverGuest formats and delivers a guest. All of it arrives, or the owner keeps it.
func (w *Worker) deliverGuest(g *guest) error {
	if wait, _ := w.breaker.admit(); wait > 0 {
		return errHostDown
	}
	own := w.work
	w.work = &scratch{}
	defer func() { w.work = own }()
	past := w.past
	w.past = nil
	w.formatAll(g.entries)
	w.past = past
	s := w.work
	if len(s.drops) > 0 {
		w.breaker.giveBack()
		return errGuestDropped
	}
	w.stats.state.Store(health.StateDelivering)
	if err := w.tryApart(s, &s.batch); err != nil {
		w.stats.failed(err)
		if OutcomeOf(err).Kind == Retrying {
			w.fail(s, err)
		} else {
			w.answered()
		}
		return err
	}
	w.answered()
	w.stats.guests.Add(uint64(len(g.entries)))
	w.stats.arrived()
	return nil
}

func (d *Direct) title() string { return d.o.Name }

func (d *Direct) join() {}

func (d *Direct) part() {}

// host writes a guest as one batch.
func (d *Direct) host(_ *Worker, g *guest, _ time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed.Load() {
		return errHostStopped
	}
	var v record.View
	own := d.batch
	defer func() { d.batch = own }()
	d.batch = Batch{Attempt: 1}
	b := &d.batch
	for i := range g.entries {
		e := &g.entries[i]
		if err := v.Decode(e.Payload); err != nil {
			return err
		}
		v.Journal, v.Position, v.Recovered = e.Journal, e.Position, e.Recovered
		shown, raw := &v, e.Payload
		if d.o.Chain != nil {
			reason := ""
			if shown, raw, reason = d.o.Chain.Apply(&v, e.Payload); reason != "" {
				return errGuestDropped
			}
			raw = bytes.Clone(raw)
		}
		start := len(b.Data)
		if err := d.format(shown); err != nil {
			return err
		}
		b.Items = append(b.Items, Item{Start: start, End: len(b.Data), Raw: raw, Time: v.Time, Level: v.Level,
			Journal: e.Journal, Position: e.Position, Recovered: e.Recovered})
	}
	if err := d.deliver(); err != nil {
		d.stats.failed(err)
		return err
	}
	d.stats.guests.Add(uint64(len(g.entries)))
	d.stats.arrived()
	return nil
}

// A Standby is a [Host] that may be replaced while destinations have it as their fallback.
type Standby struct {
	mu    sync.Mutex
	now   Host
	users int
}

// NewStandby returns one that h delivers for.
func NewStandby(h Host) *Standby { return &Standby{now: h} }

// Replace lets h deliver from now on. Guests that the one before has taken it delivers, if it is not stopped.
func (s *Standby) Replace(h Host) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.now
	if before == h {
		return
	}
	s.now = h
	for range s.users {
		h.join()
		before.part()
	}
}

func (s *Standby) current() Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *Standby) host(owner *Worker, g *guest, most time.Duration) error {
	return s.current().host(owner, g, most)
}

func (s *Standby) title() string { return s.current().title() }

func (s *Standby) join() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
	s.now.join()
}

func (s *Standby) part() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	s.now.part()
}
