package journal

import "hash/crc32"

// ShedOldestSegment gives up the oldest sealed segment of this reader that holds enough records below a priority, and
// keeps its others: they are accepted again, for this reader alone, with their position, in a segment of their
// own, for which the quota is exceeded until the old one is gone. count is called as by [Reader.DropOldestSegment].
// It returns false when no segment holds a quarter of what could go, or when there is no room for what is kept;
// nothing has changed then. It is for [Options.OnFull] alone.
func (r *Reader) ShedOldestSegment(below uint8, count func(priority uint8, records uint64, bytes int64)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	for _, s := range r.droppables() {
		if s.keptFor == r && s.keptBelow >= below {
			continue // it is what an earlier call kept
		}
		var lost losses
		kept, least := r.sort(s, below, &lost)
		if least {
			continue
		}
		if len(kept) > 0 && !r.keepAll(s, kept, below) {
			return false
		}
		r.giveUp(s)
		lost.report(count)
		return true
	}
	return false
}

// keptRecord is a record that is accepted again.
type keptRecord struct {
	body   []byte // with the header of a forwarded record
	header uint64
}

func (k *keptRecord) size() uint64 { return uint64(align(int64(len(k.body)) + recordHeader)) }

// sort divides what this reader has not read of s. least says that too little of it could go: less than a quarter.
func (r *Reader) sort(s *segment, below uint8, lost *losses) (kept []keptRecord, least bool) {
	var keep, gone uint64
	r.walkRest(s, func(e *Entry, it *item, payload []byte) {
		if e.Priority < below {
			lost.add(e.Priority, payload)
			gone += it.length
			return
		}
		origin := s.base + it.off
		if it.kind() == typeForward {
			origin, _, _ = splitForward(it.payload)
		}
		kept = append(kept, keptRecord{joinForward(origin, r.owner(), payload), packHeader(0, typeForward, e.Priority, it.tag())})
		keep += it.length
	})
	return kept, gone*3 < keep || gone == 0
}

// keepAll puts records of from into a segment of their own behind the active one, which has ended: all of them, or none.
// The caller holds j.work, as every caller of OnFull does.
func (r *Reader) keepAll(from *segment, kept []keptRecord, below uint8) bool {
	j := r.j
	size := uint64(headerPage)
	for i := range kept {
		size += kept[i].size()
	}
	last := j.active.Load()
	if last.ended.Load() == 0 || last.closed() || j.readyOne() != nil {
		return false
	}
	if j.used.Load()+roundPage(int64(size)) > j.quota.Bytes+max(from.size, j.quota.Bytes/4) {
		return false // others still need what was given up before
	}
	s, err := j.keepSegment(roundPage(int64(size)))
	if err != nil {
		return false
	}
	for i := range kept {
		k := &kept[i]
		if _, v := s.try(k.body, k.size(), k.header, crc32.Checksum(k.body, castagnoli)); v != taken {
			_ = j.discard(s.backing) // the failure is of this file; the caller goes on without it
			return false
		}
	}
	off := s.tail.Load() >> ordinalBits
	if s.fill(off) != nil {
		_ = j.discard(s.backing)
		return false
	}
	s.tail.Store((s.limit + 1) << ordinalBits)
	s.ended.Store(off)
	s.keptFor, s.keptBelow = r, below
	j.mu.Lock()
	j.segs = append(j.segs, s)
	j.lastEnd = s.end()
	j.mu.Unlock()
	return true
}

// keepSegment makes a segment that nobody else writes to.
func (j *Journal) keepSegment(size int64) (*segment, error) {
	b, err := j.makeBacking(size)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	base := j.lastEnd
	j.mu.Unlock()
	s, err := j.stamp(b, base, 0)
	if err != nil {
		_ = j.discard(b)
		return nil, err
	}
	return s, nil
}
