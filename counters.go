package hydra

import (
	"slices"
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
	wide := slices.DeleteFunc(slices.Clone(c.stripes), func(s *stripe) bool { return len(s.counts) < c.tags })
	if len(wide) < maxStripes {
		const pad = 16 // counters of different stripes stay a cache line apart
		s := &stripe{counts: make([]atomic.Uint64, c.tags, c.tags+pad)}
		c.stripes = append(c.stripes, s)
		return s
	}
	least := wide[0]
	for _, s := range wide {
		if s.users < least.users {
			least = s
		}
	}
	least.users++
	return least
}

// count counts a record as submitted.
func (a *accepter) count(e *engine, tag uint16) {
	if int(tag) >= len(a.stripe.counts) { // it was made before a reload
		a.stripe = e.submitted.stripe()
	}
	a.stripe.counts[tag].Add(1)
}

// grow makes room for more tags in the stripes that are handed out from now on, at least twice as much, so that many
// reloads leave few stripes behind.
func (c *counters) grow(tags int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if tags > c.tags {
		c.tags = min(max(tags, 2*c.tags), mostLayers*bandCount)
	}
}

// sum returns the count of one tag over all stripes.
func (c *counters) sum(tag uint16) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var n uint64
	for _, s := range c.stripes {
		if int(tag) < len(s.counts) {
			n += s.counts[tag].Load()
		}
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
