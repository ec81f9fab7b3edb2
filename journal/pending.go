package journal

import "encoding/binary"

// pendingCount is what lies between a reader's cursor and the tail.
type pendingCount struct {
	records  uint64
	bytes    int64
	oldest   int64 // unix ns, of the first record
	priority [256]uint64
}

// Pending counts the records between cursor and tail that pass, and their bytes. oldest is the time
// in the first 8 bytes of the first one, in unix nanoseconds; 0 if there is none.
func (r *Reader) Pending() (records uint64, bytes int64, oldest int64) {
	var p pendingCount
	r.countPending(&p, false)
	return p.records, p.bytes, p.oldest
}

// PendingByPriority calls f with the number of pending records of each priority that has any.
func (r *Reader) PendingByPriority(f func(priority uint8, records uint64)) {
	var p pendingCount
	r.countPending(&p, false)
	for prio, n := range p.priority {
		if n > 0 {
			f(uint8(prio), n)
		}
	}
}

// PendingRecovered is PendingByPriority for the records of earlier runs alone.
func (r *Reader) PendingRecovered(f func(priority uint8, records uint64)) {
	var p pendingCount
	r.countPending(&p, true)
	for prio, n := range p.priority {
		if n > 0 {
			f(uint8(prio), n)
		}
	}
}

func (r *Reader) countPending(p *pendingCount, recoveredOnly bool) {
	r.mu.Lock()
	probe := &Reader{j: r.j, hash: r.hash, filter: r.filter, accept: r.accept}
	r.mu.Unlock()
	acked := r.acked.Load()
	for _, s := range r.j.unread(r, acked) {
		if recoveredOnly && !s.recovered {
			continue
		}
		from := uint64(headerPage)
		if acked > s.base {
			from = max(from, acked-s.base)
		}
		if from == headerPage && p.records > 0 && probe.addTally(s, p) {
			continue
		}
		r.j.walk(s, from, func(it *item) bool {
			e := Entry{Tag: it.tag(), Priority: it.priority()}
			if payload, ok := probe.passesIn(s, it, &e); ok {
				p.add(e.Priority, payload)
			}
			return true
		})
	}
}

func (p *pendingCount) add(priority uint8, payload []byte) {
	if p.records == 0 && len(payload) >= 8 {
		p.oldest = int64(binary.LittleEndian.Uint64(payload))
	}
	p.records++
	p.bytes += int64(len(payload))
	p.priority[priority]++
}

// addTally adds a whole segment from its tally, if it has one that says enough.
func (r *Reader) addTally(s *segment, p *pendingCount) bool {
	if s.recovered || s.ended.Load() == 0 || !s.settle() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tally == nil || s.forwarded {
		return false
	}
	for k, c := range s.tally {
		if prio := uint8(k); r.matches(uint16(k>>8), prio) {
			p.records += c.records
			p.bytes += c.bytes
			p.priority[prio] += c.records
		}
	}
	return true
}

// unread lists the segments that r is not done with.
func (j *Journal) unread(r *Reader, acked uint64) []*segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*segment
	for _, s := range j.segs {
		if s.end() > acked && !s.droppedBy[r] {
			out = append(out, s)
		}
	}
	return out
}
