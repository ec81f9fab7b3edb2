package journal

import "time"

// noteStuck remembers since when the reader waits for a claim. The caller holds r.mu.
func (r *Reader) noteStuck(off uint64) {
	s := r.seg
	if off >= s.claimed() {
		r.stuck = time.Time{}
	} else if r.stuck.IsZero() || r.stuckAt != r.pos {
		r.stuck, r.stuckAt = time.Now(), r.pos
	}
}

// stalled is how long the reader has been waiting for a record that was claimed and not completed.
func (r *Reader) stalled() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stuck.IsZero() || r.stuckAt != r.pos {
		return 0
	}
	return time.Since(r.stuck)
}

// count follows the ordinals, which tell how many records a bad place cost. The caller holds r.mu.
func (r *Reader) count(it *item) {
	if r.gap > 0 {
		missing := uint64(1)
		if r.ordSure && it.ordinal() > r.lastOrd+1 {
			missing = uint64(it.ordinal() - (r.lastOrd + 1))
		}
		r.lose(missing)
	}
	r.lastOrd, r.ordSure = it.ordinal(), true
}

// lose counts records that can't be delivered. The caller holds r.mu.
func (r *Reader) lose(records uint64) {
	r.lost += records
	r.lostBytes += r.gap
	r.gap = 0
}

// skipBad goes over bytes of a file that are no record. The caller holds r.mu.
func (r *Reader) skipBad(off uint64) {
	s := r.seg
	to := r.view.resync(off)
	r.gap += int64(to - off)
	if to >= r.view.end {
		r.lose(r.missingAtEnd(s))
	}
	r.pos = s.base + to
	cause := &CorruptError{File: s.backing.path, Position: s.base + off, Length: int64(to - off), Reason: "no record with a valid checksum"}
	r.j.emit(Event{Kind: EventCorruption, File: s.backing.path, Pos: cause.Position, Err: cause,
		Text: "destination " + r.name + " moves past bytes that can't be read"})
}

// missingAtEnd is how many records lie between the last one that was read and the end of s. The caller holds r.mu.
func (r *Reader) missingAtEnd(s *segment) uint64 {
	claims := s.claims.Load()
	if claims == 0 || !r.ordSure {
		return 1 // no record behind tells how many there were
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	missing := claims - uint64(r.lastOrd+1)
	return missing - min(missing, uint64(len(s.dead)))
}

// Skipped is how many records this reader could not deliver because their bytes were lost, and how many bytes.
func (r *Reader) Skipped() (records uint64, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost, r.lostBytes
}
