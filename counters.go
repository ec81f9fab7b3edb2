package hydra

import (
	"sync"
	"sync/atomic"

	"github.com/hydra-logger/hydra/health"
)

// counters counts by tag. It is striped: each pooled accepter owns a stripe, so
// that callers on different processors rarely share a cache line.
type counters struct {
	tags    int
	mu      sync.Mutex
	stripes []*stripe
}

type stripe struct {
	counts []atomic.Uint64
	users  int
}

// maxStripes bounds the memory; more accepters than that share.
const maxStripes = 64

func newCounters(tags int) *counters { return &counters{tags: tags} }

// stripe hands out a stripe for an accepter that was just made.
func (c *counters) stripe() *stripe {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.stripes) < maxStripes {
		const pad = 16 // counters of different stripes stay a cache line apart
		s := &stripe{counts: make([]atomic.Uint64, c.tags, c.tags+pad)}
		c.stripes = append(c.stripes, s)
		return s
	}
	least := c.stripes[0]
	for _, s := range c.stripes {
		if s.users < least.users {
			least = s
		}
	}
	least.users++
	return least
}

func (s *stripe) add(tag uint16) { s.counts[tag].Add(1) }

// sum returns the count of one tag over all stripes.
func (c *counters) sum(tag uint16) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var n uint64
	for _, s := range c.stripes {
		n += s.counts[tag].Load()
	}
	return n
}

// bandCounts counts by band, for what happens rarely: drops, adopted records.
type bandCounts [bandCount]atomic.Uint64

func (b *bandCounts) add(level band, n uint64) { b[level].Add(n) }

func (b *bandCounts) report() health.Counts {
	var out health.Counts
	for i := range b {
		if n := b[i].Load(); n > 0 {
			if out == nil {
				out = health.Counts{}
			}
			out[bandNames[i]] = n
		}
	}
	return out
}

// drops counts dropped records by reason and band.
type drops struct {
	mu       sync.Mutex
	byReason map[string]*bandCounts
}

func (d *drops) reason(reason string) *bandCounts {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byReason == nil {
		d.byReason = map[string]*bandCounts{}
	}
	b := d.byReason[reason]
	if b == nil {
		b = &bandCounts{}
		d.byReason[reason] = b
	}
	return b
}

func (d *drops) add(reason string, level band, n uint64) {
	if n > 0 {
		d.reason(reason).add(level, n)
	}
}

func (d *drops) report() map[string]health.Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string]health.Counts{}
	for reason, b := range d.byReason {
		if c := b.report(); c != nil {
			out[reason] = c
		}
	}
	return out
}
