package journal

import (
	"errors"
	"runtime"
	"time"
)

// maintain is the journal's background goroutine: it makes spares, frees what is acknowledged and gives back what
// is not needed. It sleeps without a timer unless something is due.
func (j *Journal) maintain() {
	defer j.ended.Done()
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

// rotator is the goroutine that producers wait for: it does nothing else, so that it is there at once. No file
// is touched in the goroutine of a producer, because a call on a file can take as long as the device likes.
func (j *Journal) rotator() {
	defer j.ended.Done()
	for {
		select {
		case <-j.rotateWanted:
		case <-j.stop:
			return
		}
		j.work.Lock()
		j.serveJumbo()
		j.rotateIfEnded()
		j.work.Unlock()
	}
}

// step does all that can be done now, and says when to come again: 0 for never.
func (j *Journal) step() time.Duration {
	for more := true; more; {
		j.wanted.Store(false)
		j.deliverEvents()
		more = j.workOne()
	}
	if j.hurry() { // there was no room; there may be now
		j.wantRotation()
	}
	j.dropOrphans(false)
	j.rest()
	j.syncIfDue()
	return j.due()
}

// workOne does one piece of what keeps rotations from waiting. It says whether there was one.
// What takes long is done without a lock, on files and segments that nobody else knows.
func (j *Journal) workOne() bool {
	switch {
	case j.wantSpare(false) && j.readyFromPool():
	case j.wantSpare(true) && (j.releaseOne(true) || j.readyFresh()):
	case j.releaseOne(false), j.unmapOne():
	default:
		return false
	}
	return true
}

// readyFromPool makes a spare of the pool the next segment.
func (j *Journal) readyFromPool() bool {
	j.work.Lock()
	defer j.work.Unlock()
	if !j.wantSpare(false) {
		return false
	}
	b := j.takeSpare(false)
	return b != nil && j.makeReady(b) == nil
}

// readyFresh makes a new file the next segment.
func (j *Journal) readyFresh() bool {
	if j.making.Swap(true) {
		return false
	}
	defer j.making.Store(false)
	b, err := j.fresh(j.spareSize(), false)
	if err != nil {
		return false // the rotation tries again, and reports
	}
	j.work.Lock()
	defer j.work.Unlock()
	if j.readyOne() != nil {
		j.addSpare(b)
		return true
	}
	return j.makeReady(b) == nil
}

// spareSize is the size of the next segment, made ahead.
func (j *Journal) spareSize() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	last := j.active.Load()
	if time.Since(last.installed) < time.Second/2 && last.claimed() >= last.half {
		return min(max(j.nextSize, last.size*2), j.maxSize) // it will be full within a second
	}
	return j.nextSize
}

// makeReady stamps b for the place behind the newest segment. The caller holds j.work.
func (j *Journal) makeReady(b *backing) error {
	j.mu.Lock()
	base := j.lastEnd
	j.mu.Unlock()
	s, err := j.stamp(b, base, 0)
	if err != nil {
		return errors.Join(err, j.discard(b))
	}
	j.mu.Lock()
	j.ready = s
	j.mu.Unlock()
	return nil
}

// helpOut is called by readers: where all processors are busy, the next segment comes before more reading. What else there is
// to do, as to remove files, is left to the maintenance goroutine: a reader that is behind has no time for it.
func (j *Journal) helpOut() {
	if !j.wanted.Load() || !j.hurry() && !j.wantSpare(false) || !j.wanted.Swap(false) || !j.life.TryRLock() {
		return
	}
	defer j.life.RUnlock()
	if j.hurry() && !j.isFull() {
		runtime.Gosched() // who makes it may be waiting for a processor
	}
	if j.workOne() {
		j.wanted.Store(true)
	}
}

// rotateIfEnded puts a new segment in the place of an active one that has ended. The caller holds j.work.
func (j *Journal) rotateIfEnded() {
	for tries := 0; ; tries++ {
		err := j.rotate()
		if err == nil {
			return
		}
		var own *fullError
		if tries == 0 && !errors.As(err, &own) && causeOf(err) == FullError {
			continue // a call that failed once
		}
		if !j.noRoom(err) {
			return
		}
	}
}

// rotate is rotateIfEnded that returns the lack of room. The caller holds j.work.
func (j *Journal) rotate() error {
	s := j.active.Load()
	if !j.hurry() || j.isClosing() {
		return nil
	}
	if j.readyOne() == nil {
		b, err := j.urgentBacking()
		if err != nil {
			return err
		}
		if err := j.makeReady(b); err != nil {
			return err
		}
	}
	j.mu.Lock()
	if j.active.Load() == s && j.ready != nil && !j.closing && j.jumboWanted == nil {
		j.install(j.ready)
		j.ready = nil
	}
	j.mu.Unlock()
	failpoint(failPublished)
	j.foundRoom()
	j.nudge() // for the next one
	return nil
}

// urgentBacking gets what the next segment needs, while producers wait for it.
func (j *Journal) urgentBacking() (*backing, error) {
	for {
		if b := j.takeSpare(true); b != nil {
			return b, nil
		}
		if s := j.takeAcked(true); s != nil { // what is used again needs no room
			if b := j.freeSegment(s, true); b != nil {
				return b, nil
			}
		}
		j.mu.Lock()
		size := min(j.nextSize, max(urgentSize, j.minSize))
		j.mu.Unlock()
		b, err := j.fresh(size, true)
		if err == nil || !j.releaseOne(false) { // which stores the cursors first: that alone may free segments
			return b, err
		}
	}
}

func (j *Journal) readyOne() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ready
}

// wantSpare says whether the next segment should be made ready now: where segments fill quickly, always; else, and
// where it has to be a fresh file, when the active one is more than half full: until then one may come back.
func (j *Journal) wantSpare(fresh bool) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.active.Load()
	if j.ready != nil || j.closing || j.full != nil || s.closed() || s.ended.Load() != 0 {
		return false
	}
	return s.claimed() >= s.half || !fresh && j.busy && time.Since(s.installed) < time.Second
}
