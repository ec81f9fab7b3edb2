package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// jumboRequest asks the maintenance goroutine for a segment that holds one large record.
type jumboRequest struct {
	length uint64 // of the record, with header, padded
	done   chan struct{}
	s      *segment
	err    error
}

// appendJumbo puts a record that is too large for an ordinary segment into one of its own. The
// place of that segment is right behind the active one, which ends.
func (j *Journal) appendJumbo(w *patience, p []byte, header uint64, crc uint32) (uint64, error) {
	n := uint64(align(int64(len(p)) + recordHeader))
	req := &jumboRequest{length: n, done: make(chan struct{})}
	if err := j.wantJumbo(w, req); err != nil {
		return 0, err
	}
	<-req.done // the maintenance goroutine always answers, at Close too
	if req.err != nil {
		return 0, req.err
	}
	s := req.s
	if err := s.fillJumbo(p, header, crc); err != nil {
		s.addDead(headerPage, n)
		j.finishJumbo(s)
		return 0, fmt.Errorf("journal: large record: %w", err)
	}
	j.finishJumbo(s)
	end := s.base + headerPage + n
	for old := j.largeEnd.Load(); old < end && !j.largeEnd.CompareAndSwap(old, end); old = j.largeEnd.Load() {
	}
	j.wake(uint8(header >> 40))
	return end, nil
}

// wantJumbo hands the request over; one is served at a time.
func (j *Journal) wantJumbo(w *patience, req *jumboRequest) error {
	for {
		j.mu.Lock()
		if j.closing {
			j.mu.Unlock()
			return ErrClosed
		}
		if j.jumboWanted == nil {
			j.jumboWanted = req
			j.mu.Unlock()
			j.wantRotation()
			return nil
		}
		other := j.jumboWanted.done
		j.mu.Unlock()
		if err := w.once(other); err != nil {
			return err
		}
	}
}

// fillJumbo writes the record, its commit word last.
func (s *segment) fillJumbo(p []byte, header uint64, crc uint32) error {
	n := uint64(len(p)) + recordHeader
	word := uint64(bindCRC(crc, s.salt, s.base+headerPage, header))<<32 | n
	f := s.backing.file
	if f == nil {
		copy(s.mem[headerPage+recordHeader:], p)
		storeHeader(s.mem, headerPage, header)
		storeWord(s.mem, headerPage, word)
		return nil
	}
	b := appendImage(make([]byte, 0, n+recordAlign), p, header, word)
	claim := binary.LittleEndian.AppendUint64(nil, claimedBit|n)
	for _, part := range []struct {
		b   []byte
		off int64
	}{{claim, headerPage}, {b[8:], headerPage + 8}, {b[:8], headerPage}} {
		if _, err := f.WriteAt(part.b, part.off); err != nil {
			return err
		}
	}
	return nil
}

// finishJumbo opens the segment to readers.
func (j *Journal) finishJumbo(s *segment) {
	s.complete.Store(true)
	s.tail.Store(s.ended.Load() << ordinalBits)
	j.nudge()
}

// serveJumbo makes the segment that was asked for.
func (j *Journal) serveJumbo() {
	j.mu.Lock()
	req := j.jumboWanted
	closing := j.closing
	j.mu.Unlock()
	if req == nil {
		return
	}
	if closing {
		req.err = ErrClosed
	} else {
		req.s, req.err = j.makeJumbo(req.length)
		for errors.Is(req.err, ErrFull) && !j.isClosing() && (j.releaseOne(false) || j.roomForLarge(req.err)) {
			req.s, req.err = j.makeJumbo(req.length)
		}
	}
	j.mu.Lock()
	j.jumboWanted = nil
	j.mu.Unlock()
	close(req.done)
}

// roomForLarge asks for room as noRoom does. The journal is not full for ordinary records because of a large one.
func (j *Journal) roomForLarge(err error) bool {
	return j.dropOrphans(true) || j.opts.OnFull != nil && j.opts.OnFull(j.fullEvent(err)) == FullRetry
}

// makeJumbo ends the active segment, puts the large one behind it, and a new active one behind that.
func (j *Journal) makeJumbo(length uint64) (*segment, error) {
	size := roundPage(headerPage + int64(length))
	if err := j.mayGrow(size); err != nil {
		return nil, errors.Join(ErrFull, err)
	}
	makeIt := j.makeFile
	if j.backend == BackendMemory {
		makeIt = j.makeBacking
	}
	b, err := makeIt(size)
	if err != nil {
		return nil, errors.Join(ErrFull, err)
	}
	active := j.active.Load()
	j.forceEnd(active)
	if !j.waitEnded(active) {
		return nil, errors.Join(ErrFull, j.discard(b))
	}
	ready, err := j.unnameReady()
	if err != nil {
		return nil, errors.Join(ErrFull, err, j.discard(b))
	}
	j.mu.Lock()
	base := j.lastEnd
	j.mu.Unlock()
	s, err := j.stamp(b, base, segFlagJumbo)
	if err != nil {
		return nil, errors.Join(ErrFull, err, j.discard(b))
	}
	s.ended.Store(headerPage + length)
	j.mu.Lock()
	j.segs = append(j.segs, s)
	j.lastEnd = s.end()
	j.mu.Unlock()
	if ready != nil {
		_ = j.makeReady(ready) // the rotation makes another one, and reports
	}
	return s, nil
}

// unnameReady takes back the ready segment, whose place the large one takes.
func (j *Journal) unnameReady() (*backing, error) {
	j.mu.Lock()
	ready := j.ready
	j.ready = nil
	j.mu.Unlock()
	if ready == nil {
		return nil, nil
	}
	b := ready.backing
	if b.file == nil {
		return b, nil
	}
	if err := j.rename(b, j.sparePath()); err != nil {
		return nil, errors.Join(err, j.discard(b))
	}
	b.named = false
	return b, nil
}

// waitEnded waits for the one who is ending s.
func (j *Journal) waitEnded(s *segment) bool {
	for deadline := time.Now().Add(fullRetry); s.ended.Load() == 0; {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(10 * time.Microsecond)
	}
	return true
}
