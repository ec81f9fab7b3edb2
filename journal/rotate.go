package journal

import (
	"errors"
	"runtime/debug"
	"time"
	"unsafe"
)

var errFault = errors.New("journal: the file behind the segment's memory is gone or can't be read")

// endSegment is called by the one whose claim at off crossed the end of s: it fills the
// rest, ends s and puts the next segment in its place if one is ready.
func (j *Journal) endSegment(s *segment, off uint64) {
	if err := s.fill(off); err != nil {
		s.poisoned.Store(true)
	}
	s.ended.Store(off)
	s.over.Store(true)
	j.mu.Lock()
	s.filled = time.Now()
	if j.active.Load() == s && j.ready != nil && j.jumboWanted == nil && !j.closing {
		j.install(j.ready)
		j.ready = nil
	}
	j.mu.Unlock()
	if j.hurry() {
		j.wantRotation()
	}
	j.nudge()
}

// forceEnd ends s before it is full. It returns false when somebody else is doing it already.
func (j *Journal) forceEnd(s *segment) bool {
	add := (s.limit + 1) << ordinalBits
	x := s.tail.Add(add) - add
	off := x >> ordinalBits
	if off > s.limit {
		return false
	}
	s.claims.Store(x & ordinalMask)
	j.endSegment(s, off)
	return true
}

// fill writes the filler from off to the end of s.
func (s *segment) fill(off uint64) (err error) {
	rest := s.limit - off
	if rest < recordHeader || s.poisoned.Load() {
		return nil
	}
	ord := uint64(ordinalMask) // a filler takes no ordinal
	header := packHeader(uint32(ord), typePad, 0, 0)
	word := uint64(bindCRC(padPayloadCRC, s.salt, s.base+off, header))<<32 | rest
	if s.fast == 0 && s.backing.file != nil {
		var b [recordHeader]byte
		if _, err := s.backing.file.WriteAt(appendImage(b[:0], nil, header, word), int64(off)); err != nil {
			return err
		}
	}
	if s.mem == nil {
		return nil
	}
	return s.access(func() {
		storeHeader(s.mem, off, header)
		storeWord(s.mem, off, word)
	})
}

// access runs f, which touches s.mem, and turns a fault into an error.
func (s *segment) access(f func()) (err error) {
	old := debug.SetPanicOnFault(true)
	done := false
	defer func() {
		debug.SetPanicOnFault(old)
		if !done {
			s.mustBeOurs(recover())
			err = errFault
		}
	}()
	f()
	done = true
	return nil
}

// mustBeOurs panics on with what is not a fault in the memory of s.
func (s *segment) mustBeOurs(r any) {
	fault, ok := r.(interface{ Addr() uintptr })
	if !ok || len(s.mem) == 0 {
		panic(r)
	}
	from := uintptr(unsafe.Pointer(&s.mem[0]))
	if a := fault.Addr(); a < from || a >= from+uintptr(len(s.mem)) {
		panic(r)
	}
}

// poison takes s out of use after its memory or file failed. It returns the reason. The memory of a mapping is
// not trusted any more; a heap that is also written to a file is.
func (j *Journal) poison(s *segment, err error) error {
	if e := s.failure(); e != nil {
		err = e
	}
	if !s.ruined.Swap(true) {
		s.poisoned.Store(s.backing.mapped)
		j.emit(Event{Kind: EventPoisoned, File: s.backing.path, Pos: s.base, Err: err,
			Text: "the segment's file failed under it; appends go on in another segment"})
	}
	j.forceEnd(s)
	return err
}

// install makes s the active segment. The caller holds j.mu.
func (j *Journal) install(s *segment) {
	now := time.Now()
	if last := j.active.Load(); last != nil {
		j.grow(last, now)
	}
	s.installed, j.lastInstall, j.lastEnd = now, now, s.end()
	j.segs = append(j.segs, s)
	j.active.Store(s)
	j.count.segments.Add(1)
	close(j.rotated)
	j.rotated = make(chan struct{})
}

// grow sets the size of the segments to come: double while they fill within a second, half where they take ten.
// The caller holds j.mu.
func (j *Journal) grow(last *segment, now time.Time) {
	took := now.Sub(last.installed)
	j.busy = took < time.Second
	switch {
	case j.busy:
		j.nextSize = min(max(last.size*2, j.nextSize), j.maxSize)
	case took > shrinkAfter:
		j.nextSize = max(roundPage(j.nextSize/2), j.minSize)
	}
}

// wantRotation asks the rotator for the next segment. It never blocks.
func (j *Journal) wantRotation() {
	select {
	case j.rotateWanted <- struct{}{}:
	default:
	}
}

// nudge asks the maintenance goroutine to look around. It never blocks.
func (j *Journal) nudge() {
	j.wanted.Store(true)
	select {
	case j.nudged <- struct{}{}:
	default:
	}
}
