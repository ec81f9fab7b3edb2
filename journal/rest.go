package journal

import "time"

const (
	shrinkAfter = 10 * time.Second // without rotation: spares go
	ackedLimit  = time.Hour        // an acknowledged segment is gone then at the latest
	fullRetry   = time.Second      // between tries when there is no room
)

// rest gives back what an idle journal does not need: spares ten seconds after the last rotation, a large
// active segment when all of it is acknowledged, and acknowledged records of any after an hour.
func (j *Journal) rest() {
	j.mu.Lock()
	s := j.active.Load()
	age := time.Since(j.lastInstall)
	if j.closing || s.closed() || age < shrinkAfter {
		j.mu.Unlock()
		return
	}
	spares := append(j.pool, j.shelf...)
	j.pool, j.shelf = nil, nil
	j.nextSize, j.busy = j.minSize, false
	replace := s.claimed() > headerPage && j.drained(s) && (s.size > j.minSize || age >= ackedLimit)
	replace = replace || s.size > j.minSize && s.claimed() == headerPage
	if j.ready != nil && (replace || s.claimed() < s.half) {
		spares = append(spares, j.ready.backing)
		j.ready = nil
	}
	j.mu.Unlock()
	for _, b := range spares {
		j.dropSpare(b)
	}
	if !replace || !j.forceEnd(s) {
		return
	}
	j.work.Lock()
	j.rotateIfEnded()
	j.work.Unlock()
	for j.releaseOne(false) {
	}
}

// drained says whether every reader has acknowledged all of s. The caller holds j.mu.
func (j *Journal) drained(s *segment) bool {
	tail := s.base + s.claimed()
	for _, r := range j.readers {
		if r.acked.Load() < tail {
			return false
		}
	}
	return len(j.readers) > 0
}

// due says when the maintenance goroutine has to look again without being asked.
func (j *Journal) due() time.Duration {
	next := j.untilSync()
	if d := j.settleFailed(); d > 0 && (next == 0 || d < next) {
		next = d
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.active.Load()
	sooner := func(d time.Duration) {
		if d = max(d, time.Millisecond); next == 0 || d < next {
			next = d
		}
	}
	if d := j.untilOrphan(); d > 0 {
		sooner(d)
	}
	if j.full != nil {
		sooner(fullRetry - time.Since(j.fullAt))
	}
	age := time.Since(j.lastInstall)
	used := s.claimed() > headerPage
	switch {
	case s.closed():
	case age < shrinkAfter && (len(j.pool)+len(j.shelf) > 0 || j.ready != nil || j.nextSize > j.minSize || s.size > j.minSize):
		sooner(shrinkAfter - age)
	case used && age < ackedLimit:
		sooner(ackedLimit - age)
	}
	// The first acknowledgement in a segment starts the hour. Later than that, the one that empties it nudges.
	j.wantDrained.Store(!used || s.size > j.minSize && age >= shrinkAfter || age >= ackedLimit)
	return next
}
