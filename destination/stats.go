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
	InFlight      time.Duration // how long the present delivery has been running; 0: there is none
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
	s.delivered.Add(uint64(len(b.batch.Items) - b.notices + b.arrived))
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
	if at := s.inFlight.Load(); at != 0 && out.State != health.StateClosed {
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
	if at := s.inFlight.Load(); at != 0 {
		return " for " + time.Since(time.Unix(0, at)).Round(time.Millisecond).String()
	}
	return ""
}
