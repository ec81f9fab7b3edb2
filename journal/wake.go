package journal

import (
	"context"
	"time"
)

// nobody is a threshold above every priority.
const nobody = 256

// waiter is one who may be woken by a record. Guarded by Journal.wakeMu.
type waiter struct {
	threshold uint32 // lowest priority that wakes it
	waiting   bool
	ch        chan struct{} // buffered by one
}

// wake is called by a producer whose record's priority reached wakeAt.
//
//	producer: commit word ; load wakeAt >= priority? wake
//	reader:   store wakeAt ; look at the word again ; sleep
//
// Both order store before load, so that one of them sees the other: the reader by a fence, which with light commits
// stands in for that of the producer.
func (j *Journal) wake(priority uint8) {
	j.wakeMu.Lock()
	for _, w := range j.waiting {
		if w.waiting && uint32(priority) >= w.threshold {
			w.waiting = false
			w.signal()
		}
	}
	j.lowerWake()
	j.wakeMu.Unlock()
}

func (w *waiter) signal() {
	select {
	case w.ch <- struct{}{}:
	default:
	}
}

// lowerWake computes wakeAt. The caller holds wakeMu.
func (j *Journal) lowerWake() {
	at := uint32(nobody)
	for _, w := range j.waiting {
		if w.waiting {
			at = min(at, w.threshold)
		}
	}
	j.wakeAt.Store(at)
}

// register makes w wait for records from threshold on.
func (j *Journal) register(w *waiter, threshold uint32) {
	j.wakeMu.Lock()
	w.threshold, w.waiting = threshold, true
	j.lowerWake()
	j.wakeMu.Unlock()
	if lightCommits && canFence() {
		fence()
	}
}

// unregister ends w's wait.
func (j *Journal) unregister(w *waiter) {
	j.wakeMu.Lock()
	w.waiting = false
	j.lowerWake()
	j.wakeMu.Unlock()
}

func (j *Journal) addWaiter(w *waiter) {
	w.ch = make(chan struct{}, 1)
	j.wakeMu.Lock()
	j.waiting = append(j.waiting, w)
	j.wakeMu.Unlock()
}

// Wait returns when there may be something to read, when d has passed (d < 0: no limit), or when ctx
// ends. With urgentOnly, only a record of the reader's urgent priority or [Reader.Kick] ends it before d.
func (r *Reader) Wait(ctx context.Context, urgentOnly bool, d time.Duration) {
	threshold := uint32(0)
	if urgentOnly {
		threshold = uint32(r.urgent)
	}
	r.j.register(&r.waiter, threshold)
	defer r.j.unregister(&r.waiter)
	if r.somethingFrom(threshold) {
		r.drain()
		return
	}
	var timeout <-chan time.Time
	if d >= 0 {
		timeout = r.startTimer(d)
		defer r.timer.Stop()
	}
	select {
	case <-r.waiter.ch:
	case <-timeout:
	case <-ctx.Done():
	}
}

func (r *Reader) startTimer(d time.Duration) <-chan time.Time {
	if r.timer == nil {
		r.timer = time.NewTimer(d)
	} else {
		r.timer.Reset(d)
	}
	return r.timer.C
}

// drain takes a signal that is not needed any more.
func (r *Reader) drain() {
	select {
	case <-r.waiter.ch:
	default:
	}
}

// Kick ends the reader's Wait, also the next one if it is not waiting now.
func (r *Reader) Kick() { r.waiter.signal() }

// urgentScan bounds how many unread records a Wait looks at for an urgent one.
const urgentScan = 1024

// somethingFrom says whether a complete record of at least the priority lies unread.
func (r *Reader) somethingFrom(priority uint32) bool {
	r.mu.Lock()
	s, pos, closed := r.seg, r.pos, r.closed
	r.mu.Unlock()
	if closed {
		return true
	}
	for {
		if s == nil {
			if s = r.j.segmentAt(pos); s == nil {
				return false
			}
			pos = max(pos, s.base+headerPage)
		}
		yes, end := s.anyFrom(pos-s.base, priority)
		if yes || !end {
			return yes
		}
		pos, s = s.end(), nil
	}
}

// anyFrom looks for a complete record of at least the priority from off on. end says that
// the search is to go on in the next segment.
func (s *segment) anyFrom(off uint64, priority uint32) (yes, end bool) {
	var v view
	v.open(s)
	defer v.close()
	if !v.held {
		return false, true
	}
	if !v.live() {
		settled := s.settled()
		return settled && off < s.claimed(), settled
	}
	err := s.access(func() {
		var it item
		for range urgentScan {
			switch v.next(off, &it) {
			case foundRecord:
				if uint32(it.priority()) >= priority {
					yes = true
					return
				}
				off += it.length
			case foundSkip:
				off += it.length
			case foundEnd:
				end = true
				return
			default:
				return
			}
		}
		yes = true
	})
	return yes || err != nil, end
}

// pressure is how long producers make way for a reader after it was last found to be pressed.
const pressure = 20 * time.Millisecond

// Pressed says whether so much lies unread that segments soon lose their memory: what is read from files costs more, in
// the end producers too. While it is so, producers yield their processor now and then, so that a reader whose goroutine
// has to share processors with many of them gets on.
func (r *Reader) Pressed() bool {
	j := r.j
	if j.backend == BackendMemory || j.Tail()-r.acked.Load() < uint64(j.mappedLim.Bytes)/4 {
		return false
	}
	j.pressed.Store(int64(time.Since(j.begun) + pressure))
	return true
}
