package hydra

import (
	"maps"
	"sync"

	"github.com/hydra-logger/hydra/destination"
)

// legacy is the account of the destination that another one has replaced, under the same name and address.
type legacy struct {
	mu    sync.Mutex
	of    *dest // until it has ended
	count destination.Status
}

// settle keeps the last account of a destination that has ended.
func (l *legacy) settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count, l.of = l.of.status(), nil
}

// addTo adds the counts to those of the successor.
func (l *legacy) addTo(s *destination.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.count
	if l.of != nil {
		c = l.of.status()
	}
	s.Delivered += c.Delivered
	s.Redelivered += c.Redelivered
	s.Retries += c.Retries
	s.DeadLettered += c.DeadLettered
	s.Fallback += c.Fallback
	s.Guests += c.Guests
	s.Dropped = addDrops(s.Dropped, c.Dropped)
	if s.LastDelivery.IsZero() {
		s.LastDelivery = c.LastDelivery
	}
	if s.LastError == "" {
		s.LastError, s.LastErrorTime = c.LastError, c.LastErrorTime
	}
}

func addDrops(a, b map[string]map[uint8]uint64) map[string]map[uint8]uint64 {
	out := map[string]map[uint8]uint64{}
	for _, m := range []map[string]map[uint8]uint64{a, b} {
		for reason, counts := range m {
			if out[reason] == nil {
				out[reason] = map[uint8]uint64{}
			}
			for priority := range maps.Keys(counts) {
				out[reason][priority] += counts[priority]
			}
		}
	}
	return out
}
