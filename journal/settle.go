package journal

import (
	"encoding/binary"
	"time"
)

// graceAfterFault is how long producers may still be inside a segment that failed.
const graceAfterFault = time.Second

// tally counts records by tag and priority.
type tally map[uint32]tallyCount

type tallyCount struct {
	records uint64
	bytes   int64
}

// tallyRun counts records of one tag and priority, which mostly come one after another, before they go into the map.
type tallyRun struct {
	key uint32
	tallyCount
}

func (t tally) add(run *tallyRun, it *item, bytes int) {
	if k := uint32(it.tag())<<8 | uint32(it.priority()); k != run.key {
		t.flush(run)
		run.key = k
	}
	run.records++
	run.bytes += int64(bytes)
}

func (t tally) flush(run *tallyRun) {
	if run.records > 0 {
		c := t[run.key]
		t[run.key] = tallyCount{c.records + run.records, c.bytes + run.bytes}
	}
	run.tallyCount = tallyCount{}
}

// settled says whether every claim of a segment whose memory is given up or failed has come to an end.
func (s *segment) settled() bool {
	if s.complete.Load() || !s.poisoned.Load() {
		return s.complete.Load()
	}
	s.j.mu.Lock()
	defer s.j.mu.Unlock()
	return s.settledLocked()
}

// settledLocked is settled for a caller that holds j.mu.
func (s *segment) settledLocked() bool {
	if s.complete.Load() {
		return true
	}
	if !s.poisoned.Load() || s.ended.Load() == 0 || time.Since(s.filled) < graceAfterFault {
		return false
	}
	s.complete.Store(true)
	return true
}

// settleFailed opens failed segments to readers when their producers have had their time. It returns how long
// the next one takes; 0 if there is none.
func (j *Journal) settleFailed() (next time.Duration) {
	j.mu.Lock()
	segs, readers := append([]*segment(nil), j.segs...), append([]*Reader(nil), j.readers...)
	j.mu.Unlock()
	for _, s := range segs {
		if !s.poisoned.Load() || s.complete.Load() {
			continue
		}
		if !s.settled() {
			next = graceAfterFault / 10
			continue
		}
		for _, r := range readers {
			r.Kick()
		}
	}
	return next
}

// settle walks over the commit words of an ended segment, from where it stopped the last time. It returns
// true when all claims are committed or dead, and has counted the records then.
func (s *segment) settle() bool {
	if s.poisoned.Load() || s.ended.Load() == 0 {
		return s.settled()
	}
	return s.settleMemory()
}

// settleLocked is settle for a caller that holds j.mu.
func (s *segment) settleLocked() bool {
	if s.poisoned.Load() || s.ended.Load() == 0 {
		return s.settledLocked()
	}
	return s.settleMemory()
}

// settleMemory is settle for a segment that has ended and whose memory is trusted.
func (s *segment) settleMemory() bool {
	if s.complete.Load() || s.jumbo { // whose producer says when it is complete; it need not have memory
		return s.complete.Load()
	}
	end := s.ended.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.access(func() { s.check(end) })
	if err != nil || s.checked < end {
		return false
	}
	s.seen.end, s.seen.state = end, 1
	s.complete.Store(true)
	return true
}

// check moves s.checked over complete records up to end. The caller holds s.mu.
func (s *segment) check(end uint64) {
	if s.tally == nil {
		s.tally = tally{}
	}
	var run tallyRun
	defer func() { s.tally.flush(&run) }() // also when the memory fails half way
	for s.checked < end {
		s.fetchAhead(end)
		word := loadWord(s.mem, s.checked)
		if word == 0 || word&claimedBit != 0 {
			n := s.deadLocked(s.checked)
			if n == 0 {
				return
			}
			s.seen.holes++
			s.checked += n
			continue
		}
		it := item{length: uint64(align(int64(word & lengthMask))), header: loadHeader(s.mem, s.checked)}
		payload := s.mem[s.checked+recordHeader:][:word&lengthMask-recordHeader]
		s.note(&it, payload, &run)
		s.checked += it.length
	}
}

// lookAhead is how far in front of the record at hand check reads: some records.
const lookAhead = 512

// fetchAhead reads memory that check comes to later. Where a record ends is known when its word is read, so that
// the walk waits for each one, unless it is in a cache by then: of records of different lengths that takes 10 ns in place of 45.
// A producer may be writing there: what is read is not used, and the race detector, which does not know that, is spared it.
func (s *segment) fetchAhead(end uint64) {
	if at := s.checked + lookAhead; at+256 <= end && !raceEnabled {
		m := s.mem[at : at+256]
		s.ahead += m[0] + m[64] + m[128] + m[192]
	}
}

// note counts one record.
func (s *segment) note(it *item, payload []byte, run *tallyRun) {
	if k := it.kind(); k != typeData && k != typeForward {
		return
	}
	s.seen.records++
	s.forwarded = s.forwarded || it.kind() == typeForward
	s.tally.add(run, it, len(payload))
	if len(payload) < 8 {
		return
	}
	t := int64(binary.LittleEndian.Uint64(payload))
	if s.seen.minTime == 0 || t < s.seen.minTime {
		s.seen.minTime = t
	}
	s.seen.maxTime = max(s.seen.maxTime, t)
}

func (s *segment) deadLocked(off uint64) uint64 {
	for _, d := range s.dead {
		if d.off == off {
			return d.length
		}
	}
	return 0
}

// seal writes the seal of a complete segment, so that the next start need not read it.
func (s *segment) seal() error {
	s.mu.Lock()
	block, sealed := s.seen, s.sealed
	s.sealed = true
	s.mu.Unlock()
	if sealed || s.recovered || s.backing.file == nil {
		return nil
	}
	return s.writePage(offSeal, block.encode)
}
