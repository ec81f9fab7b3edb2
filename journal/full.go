package journal

import (
	"errors"
	"time"
)

// noRoom is called when no segment could be made and producers may be waiting. It returns true
// when the answer to the event made room. The caller holds j.work.
func (j *Journal) noRoom(err error) bool {
	if j.dropOrphans(true) || j.putBackDir(err) {
		return true
	}
	ev := j.fullEvent(err)
	known := j.setFull(nil)
	if !known || time.Since(j.fullAt) >= fullRetry {
		j.mu.Lock()
		j.fullAt = time.Now()
		j.mu.Unlock()
		if j.opts.OnFull != nil && j.opts.OnFull(ev) == FullRetry {
			return true
		}
	}
	j.setFull(&ev)
	if !known {
		j.emit(Event{Kind: EventFull, Err: ev.Err, Text: "no room for another segment: " + ev.Cause.String()})
		j.nudge() // maintenance tries again from now on: nobody else does where producers don't wait
	}
	return false
}

// setFull marks the journal full, and tells those who wait. It says whether it was before.
func (j *Journal) setFull(ev *FullEvent) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	was := j.full != nil
	if ev != nil {
		j.full = ev
		if !was {
			close(j.rotated)
			j.rotated = make(chan struct{})
		}
	}
	return was
}

func (j *Journal) isFull() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.full != nil
}

func (j *Journal) isBusy() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.busy
}

func (j *Journal) isClosing() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closing
}

func (j *Journal) foundRoom() {
	j.mu.Lock()
	was := j.full != nil
	j.full = nil
	j.mu.Unlock()
	if was {
		j.emit(Event{Kind: EventRoom, Text: "there is room for records again"})
	}
}

func (j *Journal) fullEvent(err error) FullEvent {
	ev := FullEvent{Cause: causeOf(err), Err: err, Used: j.used.Load(), Quota: j.quota.Bytes, Pinning: j.pinning()}
	var own *fullError
	if errors.As(err, &own) {
		ev.Cause, ev.Err = own.cause, nil
	}
	return ev
}

// pinning lists the readers that need the oldest segment.
func (j *Journal) pinning() []*Reader {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.segs) == 0 {
		return nil
	}
	s := j.segs[0]
	end := s.base + s.claimed()
	var out []*Reader
	for _, r := range j.readers {
		if r.stored.Load() < end && !s.droppedBy[r] {
			out = append(out, r)
		}
	}
	return out
}
