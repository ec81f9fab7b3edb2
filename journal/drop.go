package journal

import (
	"context"
	"encoding/binary"
	"hash/crc32"
)

// forwardHeader comes before the payload of a forwarded record: original position, hash of the reader or 0 for all.
const forwardHeader = 16

// isDropped says whether r gave s up.
func (j *Journal) isDropped(s *segment, r *Reader) bool {
	if !s.anyDropped.Load() {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return s.droppedBy[r]
}

// DropOldestSegment gives up this reader's oldest sealed segment of which nothing is in flight. count is
// called for the records in it that would have passed, by priority. It returns false when there is none.
func (r *Reader) DropOldestSegment(count func(priority uint8, records uint64, bytes int64)) bool {
	return r.drop(false, count)
}

// DropNewestSegment is DropOldestSegment for the newest one.
func (r *Reader) DropNewestSegment(count func(priority uint8, records uint64, bytes int64)) bool {
	return r.drop(true, count)
}

func (r *Reader) drop(newest bool, count func(uint8, uint64, int64)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	s := r.droppable(newest)
	if s == nil {
		return false
	}
	var lost losses
	r.walkRest(s, func(e *Entry, _ *item, payload []byte) { lost.add(e.Priority, payload) })
	r.giveUp(s)
	lost.report(count)
	return true
}

// losses counts what is given up, by priority.
type losses [256]tallyCount

func (l *losses) add(priority uint8, payload []byte) {
	l[priority].records++
	l[priority].bytes += int64(len(payload))
}

func (l *losses) report(count func(priority uint8, records uint64, bytes int64)) {
	for p := range l {
		if l[p].records > 0 && count != nil {
			count(uint8(p), l[p].records, l[p].bytes)
		}
	}
}

// walkRest calls f with the records of s that this reader has not read and that pass. The caller holds r.mu.
func (r *Reader) walkRest(s *segment, f func(e *Entry, it *item, payload []byte)) {
	from := headerPage + uint64(0)
	if r.pos > s.base {
		from = max(from, r.pos-s.base)
	}
	r.j.walk(s, from, func(it *item) bool {
		e := Entry{Tag: it.tag(), Priority: it.priority(), Recovered: s.recovered}
		if payload, passes := r.passesIn(s, it, &e); passes {
			f(&e, it, payload)
		}
		return true
	})
}

// droppable returns the oldest or newest sealed segment of this reader that is not in flight. The caller holds r.mu.
func (r *Reader) droppable(newest bool) *segment {
	list := r.droppables()
	switch {
	case len(list) == 0:
		return nil
	case newest:
		return list[len(list)-1]
	}
	return list[0]
}

// droppables are the sealed segments of this reader that are not in flight, oldest first. The caller holds r.mu.
func (r *Reader) droppables() []*segment {
	j := r.j
	j.mu.Lock()
	defer j.mu.Unlock()
	acked, active := r.acked.Load(), j.active.Load()
	inFlight := acked < r.out
	var list []*segment
	for _, s := range j.segs {
		end := s.base + s.ended.Load()
		if s == active || s.ended.Load() <= headerPage || end <= acked || end <= r.pos || s.droppedBy[r] || !s.settleLocked() {
			continue
		}
		if inFlight && s.base < r.out {
			continue
		}
		list = append(list, s)
	}
	return list
}

// giveUp marks s as dropped by r, and moves the cursor where it can. The caller holds r.mu.
func (r *Reader) giveUp(s *segment) {
	j := r.j
	j.mu.Lock()
	if s.droppedBy == nil {
		s.droppedBy = map[*Reader]bool{}
	}
	s.droppedBy[r] = true
	s.anyDropped.Store(true)
	j.mu.Unlock()
	if acked := r.acked.Load(); acked >= r.out && (r.pos >= s.base || j.segmentAt(r.pos) == s) {
		r.pos, r.seg = s.end(), nil
		r.out = r.pos
		r.acked.Store(r.pos)
		_ = r.persist() // written again with the next Ack
	}
	j.nudge()
}

// owner is the reader's mark in forwarded records; 0 means all readers.
func (r *Reader) owner() uint64 { return max(r.hash, 1) }

// takesForward says whether a forwarded record is for r: it is r's own, or one whose first place was lost. Whether
// the cursor had passed that place says nothing: it also passes what it finds lost. Rather twice than never.
func (r *Reader) takesForward(origin, owner uint64) bool {
	if owner != 0 {
		return owner == r.owner()
	}
	return !r.j.readable(origin)
}

// readable says whether the record at pos can still be read where it was first, by every reader in its turn.
func (j *Journal) readable(pos uint64) bool {
	if pos >= j.first {
		return true // this run's: it was read there before this copy was
	}
	s := j.segmentAt(pos)
	if s == nil || pos < s.base {
		return false
	}
	var v view
	v.open(s)
	defer v.close()
	var it item
	return v.next(pos-s.base, &it) == foundRecord
}

// walk calls f with every complete record of s from off on, until f returns false.
func (j *Journal) walk(s *segment, off uint64, f func(*item) bool) {
	var v view
	v.open(s)
	defer v.close()
	if !v.live() && !s.settled() {
		return
	}
	var it item
	step := func() {
		for {
			switch v.next(off, &it) {
			case foundRecord:
				if !f(&it) {
					return
				}
				off += it.length
			case foundSkip:
				off += it.length
			case foundBad:
				off = v.resync(off)
			default:
				return
			}
		}
	}
	if v.live() {
		_ = s.access(step) // the reader reports it when it comes there
		return
	}
	step()
}

// appendForward accepts a record again that lay elsewhere.
func (j *Journal) appendForward(ctx context.Context, origin, owner uint64, payload []byte, tag uint16, priority uint8) (uint64, error) {
	b := joinForward(origin, owner, payload)
	return j.appendSlow(ctx, b, packHeader(0, typeForward, priority, tag), crc32.Checksum(b, castagnoli))
}

func joinForward(origin, owner uint64, payload []byte) []byte {
	b := make([]byte, forwardHeader, forwardHeader+len(payload))
	binary.LittleEndian.PutUint64(b, origin)
	binary.LittleEndian.PutUint64(b[8:], owner)
	return append(b, payload...)
}

func splitForward(b []byte) (origin, owner uint64, payload []byte) {
	if len(b) < forwardHeader {
		return 0, 0, b
	}
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), b[forwardHeader:]
}
