package journal

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// verdict is what became of one try to put a record into a segment.
type verdict uint8

const (
	taken   verdict = iota
	tooLate         // the segment had ended; somebody else changes it
	tripped         // our claim crossed the end: we end the segment
	faulted         // the memory or the file failed under the record; it is not accepted
)

// Append accepts one record: when it returns nil, the record survives the end of the process.
// end is the position behind it. It does not keep payload and does not allocate. It waits only when no
// segment is ready: where there is no room, at most Options.MaxWait, and returns [ErrFull]; where the next
// segment is only late, as long as that takes, but a second at most. Other errors:
// [ErrClosed], [ErrTooLarge], or the failure of every segment that was tried.
func (j *Journal) Append(payload []byte, tag uint16, priority uint8) (end uint64, err error) {
	p := noescape(payload)
	header := packHeader(0, typeData, priority, tag)
	crc := crc32.Checksum(p, castagnoli)
	n := uint64(align(int64(len(p)) + recordHeader))
	s := j.active.Load()
	if n > s.fast || s.over.Load() {
		return j.appendSlow(nil, p, header, crc)
	}
	var off uint64
	if !s.guarded(p, header, crc, &off) || off+n > s.limit {
		return j.appendAgain(s, p, header, crc, off)
	}
	if off>>s.stride != (off+n)>>s.stride {
		j.advanced(s, off, n)
	}
	if uint32(priority) >= j.wakeAt.Load() {
		j.wake(priority)
	}
	return s.base + off + n, nil
}

// strides is into how many parts a segment is divided: producers look around where one begins.
const strides = 8

// advanced is called by the producer whose record reaches into another part of a segment.
func (j *Journal) advanced(s *segment, off, n uint64) {
	if off < s.half && off+n >= s.half {
		j.orderNext()
		return
	}
	if until := j.pressed.Load(); until != 0 && time.Since(j.begun) < time.Duration(until) {
		runtime.Gosched()
	}
}

// orderNext asks for the next segment, and lets the goroutine that makes it begin where callers keep all
// processors busy: else it waits for one of them to be preempted, and then they all wait for the segment.
func (j *Journal) orderNext() {
	j.nudge()
	if j.isBusy() {
		runtime.Gosched()
	}
}

// AppendWait is Append that waits for room until ctx ends. It returns the context's error then.
func (j *Journal) AppendWait(ctx context.Context, payload []byte, tag uint16, priority uint8) (end uint64, err error) {
	p := noescape(payload)
	return j.appendSlow(ctx, p, packHeader(0, typeData, priority, tag), crc32.Checksum(p, castagnoli))
}

// guarded runs the window with faults turned into a result. It returns false when the
// memory under the segment failed; the claim at *off is dead then.
func (s *segment) guarded(p []byte, header uint64, crc uint32, off *uint64) (ok bool) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if !ok {
			s.mustBeOurs(recover())
		}
	}()
	s.put(p, header, crc, off)
	return true
}

// appendAgain goes on after the first try of Append did not succeed.
func (j *Journal) appendAgain(s *segment, p []byte, header uint64, crc uint32, off uint64) (uint64, error) {
	n := uint64(align(int64(len(p)) + recordHeader))
	switch {
	case off+n <= s.limit:
		s.addDead(off, n)
		j.poison(s, errFault)
	case off <= s.limit:
		j.endSegment(s, off)
	}
	return j.appendSlow(nil, p, header, crc)
}

// maxTries bounds how many failing segments one record is tried on.
const maxTries = 3

// appendSlow is Append where the first try is not possible or failed: the segment has ended, is written
// instead of mapped, or is too small for the record. ctx is nil where the wait is bounded by Options.MaxWait.
func (j *Journal) appendSlow(ctx context.Context, p []byte, header uint64, crc uint32) (uint64, error) {
	n := uint64(align(int64(len(p)) + recordHeader))
	if n > j.maxRecord {
		return 0, fmt.Errorf("%w: %d bytes, at most %d fit", ErrTooLarge, len(p), j.maxRecord)
	}
	w := patience{j: j, ctx: ctx}
	defer w.stop()
	for tries := 0; ; {
		s := j.active.Load()
		if n > s.maxRecord && !s.closed() {
			end, err := j.appendJumbo(&w, p, header, crc)
			if w.ctx == nil || !errors.Is(err, ErrFull) {
				return end, err
			}
			if err := w.pause(); err != nil {
				return 0, err
			}
			continue
		}
		off, v := s.try(p, n, header, crc)
		switch v {
		case taken:
			j.accepted(s, off, n, uint8(header>>40))
			return s.base + off + n, nil
		case tripped:
			j.endSegment(s, off)
		case faulted:
			s.addDead(off, n)
			err := j.poison(s, errFault)
			if tries++; tries >= maxTries {
				return 0, fmt.Errorf("journal: %d segments failed under one record: %w", tries, err)
			}
		}
		if err := w.await(s); err != nil {
			return 0, err
		}
	}
}

// accepted does what follows a commit off the fast path.
func (j *Journal) accepted(s *segment, off, n uint64, priority uint8) {
	if off>>s.stride != (off+n)>>s.stride {
		j.advanced(s, off, n)
	}
	if uint32(priority) >= j.wakeAt.Load() {
		j.wake(priority)
	}
}

// try puts a record of n bytes, padded and with header, into s.
func (s *segment) try(p []byte, n, header uint64, crc uint32) (off uint64, v verdict) {
	if s.tail.Load()>>ordinalBits > s.limit {
		return 0, tooLate
	}
	ok := false
	if s.fast > 0 || s.backing.file == nil {
		ok = s.guarded(p, header, crc, &off)
	} else {
		ok = s.putFile(p, header, crc, &off)
	}
	switch {
	case off+n > s.limit && off <= s.limit:
		return off, tripped
	case off > s.limit:
		return off, tooLate
	case !ok:
		return off, faulted
	}
	return off, taken
}

var imagePool = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

// putFile is put for the write backend: the record goes into the file with one write, then into
// the heap that live readers use.
func (s *segment) putFile(p []byte, header uint64, crc uint32, off *uint64) bool {
	n := uint64(len(p)) + recordHeader
	padded := uint64(align(int64(n)))
	x := s.tail.Add(padded<<ordinalBits|1) - (padded<<ordinalBits | 1)
	at := x >> ordinalBits
	*off = at
	if at+padded > s.limit {
		return true
	}
	failpoint(failAfterClaim)
	header |= x & ordinalMask
	word := uint64(bindCRC(crc, s.salt, s.base+at, header))<<32 | n
	buf := imagePool.Get().(*[]byte)
	defer imagePool.Put(buf)
	*buf = appendImage((*buf)[:0], p, header, word)
	if _, err := s.backing.file.WriteAt(*buf, int64(at)); err != nil {
		s.fail(err)
		return false
	}
	failpoint(failBeforeCommit)
	m := s.mem[at : at+padded]
	storeClaim(wordAt(m), le(claimedBit|n))
	copy(m[8:], (*buf)[8:])
	storeWord(m, 0, word)
	return true
}

// patience waits for the next segment, at most once in full per Append.
type patience struct {
	j     *Journal
	ctx   context.Context
	timer *time.Timer
	begun time.Time
}

// await returns when s is not the active segment any more.
func (w *patience) await(s *segment) error {
	if w.ctx != nil && w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	j := w.j
	j.mu.Lock()
	for j.active.Load() == s && !j.closing {
		if w.ctx == nil && j.full != nil {
			j.mu.Unlock()
			return ErrFull
		}
		ch := j.rotated
		j.waiters++
		j.mu.Unlock()
		err := w.once(ch)
		j.mu.Lock()
		j.waiters--
		if err != nil && j.active.Load() == s && !w.mayGoOn() {
			j.mu.Unlock()
			return err
		}
	}
	closed := j.closing
	j.mu.Unlock()
	if closed {
		return ErrClosed
	}
	return nil
}

// stubborn is how long an append waits beyond Options.MaxWait while there is room and the next segment is only
// late, because the machine is busy: a late call is better than a lost record.
const stubborn = time.Second

// mayGoOn says whether to wait on after MaxWait. The caller holds j.mu.
func (w *patience) mayGoOn() bool {
	return w.ctx == nil && w.j.full == nil && time.Since(w.begun) < stubborn
}

func (w *patience) once(ch chan struct{}) error {
	w.j.wantRotation()
	if w.ctx != nil {
		select {
		case <-ch:
			return nil
		case <-w.ctx.Done():
			return w.ctx.Err()
		}
	}
	if w.timer == nil {
		w.begun = time.Now()
		w.timer = time.NewTimer(w.j.opts.MaxWait)
	}
	select {
	case <-ch:
		w.j.waited(time.Since(w.begun))
		return nil
	case <-w.timer.C:
		w.timer.Reset(w.j.opts.MaxWait)
		return ErrFull
	}
}

// largeRetry is how often a large record that waits without limit asks whether there is room.
const largeRetry = 20 * time.Millisecond

// pause waits before a large record asks for room again: nobody is told when there is enough.
func (w *patience) pause() error {
	t := time.NewTimer(largeRetry)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

func (w *patience) stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
}
