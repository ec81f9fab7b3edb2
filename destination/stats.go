package destination

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/health"
)

// Status is what a worker, or a direct destination, says of itself.
type Status struct {
	State         health.State
	Delivered     uint64
	Redelivered   uint64                      // among them: records that an earlier run may have delivered too
	Retries       uint64                      // failed deliveries
	Dropped       map[string]map[uint8]uint64 // by reason and the journal's priority
	LastError     string
	LastErrorTime time.Time
	LastDelivery  time.Time
	InFlight      time.Duration // how long the present delivery has been running, the oldest of several; 0: there is none

	DeadLettered uint64    // put aside, with their reason
	Fallback     uint64    // among the delivered: taken by the fallback while the destination was down
	Guests       uint64    // delivered for others whose fallback this is; not among the delivered
	Breaker      string    // BreakerClosed, BreakerOpen or BreakerHalfOpen
	NextTry      time.Time // after a failure; else zero
	Flying       int       // batches under way
	MayFly       int       // of them at most, now
}

// blockedAfter is how long a delivery may take before the state says blocked.
const blockedAfter = 5 * time.Second

type stats struct {
	state       atomic.Value // health.State
	delivered   atomic.Uint64
	redelivered atomic.Uint64
	retries     atomic.Uint64
	inFlight    atomic.Int64 // unix nanoseconds since when Deliver runs; 0: it does not
	last        atomic.Int64 // unix nanoseconds of the last delivery
	dead        atomic.Uint64
	fellBack    atomic.Uint64
	guests      atomic.Uint64
	flights     atomic.Int32
	calls       *calls // in place of inFlight, where several deliveries run

	mu      sync.Mutex
	dropped map[string]map[uint8]uint64
	err     string
	errTime time.Time
}

func (s *stats) arrived() { s.last.Store(time.Now().UnixNano()) }

func (s *stats) failed(err error) {
	s.mu.Lock()
	s.err, s.errTime = err.Error(), time.Now()
	s.mu.Unlock()
}

// moved counts a batch that is done with.
func (s *stats) moved(b *scratch) {
	s.delivered.Add(uint64(len(b.batch.Items) - b.notices + b.arrived - b.lost))
	s.dead.Add(uint64(b.dead))
	s.fellBack.Add(uint64(b.fellBack))
	if b.repeated > 0 {
		s.redelivered.Add(uint64(b.repeated))
	}
	for _, d := range b.drops {
		s.drop(d.reason, d.priority)
	}
	s.arrived()
}

func (s *stats) drop(reason string, priority uint8) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dropped == nil {
		s.dropped = map[string]map[uint8]uint64{}
	}
	if s.dropped[reason] == nil {
		s.dropped[reason] = map[uint8]uint64{}
	}
	s.dropped[reason][priority]++
}

func (s *stats) status() Status {
	out := Status{
		Delivered: s.delivered.Load(), Redelivered: s.redelivered.Load(), Retries: s.retries.Load(),
		State: s.state.Load().(health.State),
	}
	out.DeadLettered, out.Fallback, out.Guests = s.dead.Load(), s.fellBack.Load(), s.guests.Load()
	if at := s.since(); at != 0 && out.State != health.StateClosed {
		if out.InFlight = time.Since(time.Unix(0, at)); out.InFlight > blockedAfter {
			out.State = health.StateBlocked
		}
	}
	if at := s.last.Load(); at != 0 {
		out.LastDelivery = time.Unix(0, at)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.LastError, out.LastErrorTime = s.err, s.errTime
	out.Dropped = make(map[string]map[uint8]uint64, len(s.dropped))
	for reason, counts := range s.dropped {
		out.Dropped[reason] = maps.Clone(counts)
	}
	return out
}

// blockedFor says in words how long the present delivery has been running.
func (s *stats) blockedFor() string {
	if at := s.since(); at != 0 {
		return " for " + time.Since(time.Unix(0, at)).Round(time.Millisecond).String()
	}
	return ""
}

// calls are the deliveries that run side by side.
type calls struct {
	mu    sync.Mutex
	began map[time.Time]int
}

// begin notes that a delivery runs.
func (s *stats) begin(at time.Time) {
	if s.calls == nil {
		s.inFlight.Store(at.UnixNano())
		return
	}
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.began[at]++
}

// end notes that the delivery that began at at has returned.
func (s *stats) end(at time.Time) {
	if s.calls == nil {
		s.inFlight.Store(0)
		return
	}
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	if s.calls.began[at]--; s.calls.began[at] == 0 {
		delete(s.calls.began, at)
	}
}

// since is when the oldest delivery that runs began, in unix nanoseconds; 0 when none does.
func (s *stats) since() int64 {
	if s.calls == nil {
		return s.inFlight.Load()
	}
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	oldest := int64(0)
	for at := range s.calls.began {
		if t := at.UnixNano(); oldest == 0 || t < oldest {
			oldest = t
		}
	}
	return oldest
}
