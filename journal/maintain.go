package journal

import (
	"errors"
	"time"
)

const (
	shrinkAfter = 10 * time.Second // without rotation: spares go
	ackedLimit  = time.Hour        // an acknowledged segment is gone then at the latest
	fullRetry   = time.Second      // between tries when there is no room
)

// maintain is the journal's one background goroutine. It sleeps without a timer unless something is due.
func (j *Journal) maintain() {
	defer close(j.stopped)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		if due := j.step(); due > 0 {
			timer.Reset(due)
		} else {
			timer.Stop()
		}
		select {
		case <-j.nudged:
		case <-j.syncWaiter.ch:
		case <-timer.C:
		case <-j.stop:
			return
		}
	}
}

// step does all that can be done now, and says when to come again: 0 for never.
func (j *Journal) step() time.Duration {
	j.deliverEvents()
	j.serveJumbo()
	j.rotateIfEnded()
	j.release()
	if j.wantSpare() {
		_ = j.prepare(false) // the rotation tries again, and reports
	}
	j.populateActive()
	j.rest()
	j.syncIfDue()
	return j.due()
}

// rotateIfEnded puts a new segment in the place of an active one that has ended.
func (j *Journal) rotateIfEnded() {
	s := j.active.Load()
	if s.ended.Load() == 0 || s.closed() {
		return
	}
	for j.readyOne() == nil {
		j.release() // a segment that was given back needs no room
		err := j.prepare(true)
		if err != nil && !j.noRoom(err) {
			return
		}
	}
	j.mu.Lock()
	if j.active.Load() == s && j.ready != nil && !j.closing {
		j.install(j.ready)
		j.ready = nil
	}
	j.mu.Unlock()
	failpoint(failPublished)
	j.foundRoom()
}

func (j *Journal) readyOne() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ready
}

// wantSpare says whether the next segment should be made now: the active one is more than half
// full or, where segments fill quickly, always.
func (j *Journal) wantSpare() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.active.Load()
	if j.ready != nil || j.closing || j.full != nil || s.closed() || s.ended.Load() != 0 {
		return false
	}
	return j.busy && time.Since(s.installed) < time.Second || s.claimed() >= s.half
}

// prepare makes j.ready.
func (j *Journal) prepare(urgent bool) error {
	j.mu.Lock()
	last := j.active.Load()
	size, base := j.nextSize, j.lastEnd
	if !urgent && time.Since(last.installed) < time.Second/2 && last.claimed() >= last.half {
		size = min(max(size, last.size*2), j.maxSize) // it will be full within a second
	}
	j.mu.Unlock()
	b := j.takeSpare(size, urgent)
	if b == nil {
		var err error
		if b, err = j.fresh(size, urgent); err != nil {
			return err
		}
	}
	s, err := j.stamp(b, base, 0)
	if err != nil {
		return errors.Join(err, j.discard(b))
	}
	j.mu.Lock()
	j.ready = s
	j.mu.Unlock()
	return nil
}

// populateActive takes the page faults of a segment that was published before all of it was populated.
func (j *Journal) populateActive() {
	for {
		s := j.active.Load()
		b := s.backing
		if s.closed() || !b.mapped || b.populated >= b.size || s.ended.Load() != 0 {
			return
		}
		from := max(b.populated, int64(s.claimed())&^(headerPage-1))
		b.populated = from
		if err := b.populate(min(from+populateStep, b.size)); err != nil {
			j.forceEnd(s)
			return
		}
	}
}

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
	spare := j.ready
	if s.claimed() >= s.half {
		spare = nil
	} else {
		j.ready = nil
	}
	j.nextSize, j.busy = j.minSize, false
	replace := s.claimed() > headerPage && j.drained(s) && (s.size > j.minSize || age >= ackedLimit)
	replace = replace || s.size > j.minSize && s.claimed() == headerPage
	j.mu.Unlock()
	if spare != nil {
		j.dropSpare(spare.backing)
	}
	for _, b := range j.pool {
		j.dropSpare(b)
	}
	j.pool = nil
	if replace && j.forceEnd(s) {
		j.rotateIfEnded()
		j.release()
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
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.active.Load()
	sooner := func(d time.Duration) {
		if d = max(d, time.Millisecond); next == 0 || d < next {
			next = d
		}
	}
	if j.full != nil {
		sooner(fullRetry - time.Since(j.fullAt))
	}
	age := time.Since(j.lastInstall)
	used := s.claimed() > headerPage
	switch {
	case s.closed():
	case age < shrinkAfter && (len(j.pool) > 0 || j.ready != nil || j.nextSize > j.minSize || s.size > j.minSize):
		sooner(shrinkAfter - age)
	case used && age < ackedLimit:
		sooner(ackedLimit - age)
	}
	// Later than that, the acknowledgement that empties the segment nudges.
	j.wantDrained.Store(used && (s.size > j.minSize && age >= shrinkAfter || age >= ackedLimit))
	return next
}
