package journal

import (
	"errors"
	"time"
)

// maxPool is how many spares are kept beside the ready one.
const maxPool = 2

// takeAcked removes from the list a segment that nobody needs any more, and returns it; nil if there is none.
// It prefers one whose memory can be used again; with urgent it returns no other.
func (j *Journal) takeAcked(urgent bool) *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	early := len(j.readers) == 0 || len(j.expected) > 0 // somebody who needs records may not be there yet
	best := -1
	for i, s := range j.segs {
		if !j.free(s) || early && !s.blank() {
			continue
		}
		if j.reusable(s, urgent) {
			best = i
			break
		}
		if best < 0 && !urgent {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	s := j.segs[best]
	j.segs = append(j.segs[:best:best], j.segs[best+1:]...)
	return s
}

// free says whether nobody needs s any more. The caller holds j.mu.
func (j *Journal) free(s *segment) bool {
	return s != j.active.Load() && s.ended.Load() != 0 && !(s.jumbo && !s.complete.Load()) && s.uses.Load() == 0 && !j.needed(s)
}

// needed says whether a reader or an orphaned cursor still wants records of s. The caller holds j.mu.
func (j *Journal) needed(s *segment) bool {
	end := s.base + s.ended.Load()
	if s.blank() {
		return false
	}
	for _, r := range j.readers {
		if r.stored.Load() < end && !s.droppedBy[r] {
			return true
		}
	}
	for _, o := range j.orphans {
		if o.acked < end {
			return true
		}
	}
	return false
}

// releaseOne frees one segment that every reader has acknowledged; with urgent, only one that can be used
// again. It says whether there was one.
func (j *Journal) releaseOne(urgent bool) bool {
	j.persistCursors()
	s := j.takeAcked(urgent)
	if s == nil {
		return false
	}
	if b := j.freeSegment(s, urgent); b != nil {
		j.addSpare(b)
	}
	return true
}

// freeSegment ends the life of s, which is in no list any more. It returns what can be used again.
func (j *Journal) freeSegment(s *segment, urgent bool) *backing {
	if j.opts.Durability == DurabilityInterval {
		j.syncCursors()
	}
	failpoint(failCursorSynced)
	s.retire()
	j.mu.Lock()
	reuse := j.reusable(s, urgent)
	j.mu.Unlock()
	if reuse && j.used.Load() <= j.quota.Bytes { // more is used while records are kept in other segments
		if b, err := j.recycle(s); err == nil {
			j.count.recycled.Add(1)
			return b
		}
	}
	if j.shelve(s) {
		return nil
	}
	if err := j.discard(s.backing); err != nil {
		j.emit(Event{Kind: EventCleanup, File: s.backing.path, Err: err, Text: "an acknowledged segment could not be removed"})
	}
	failpoint(failSegmentRemoved)
	return nil
}

// reusable says whether s can begin a new life: its mapping can, which is its file too; a heap that was
// written to a file can't, because old records stay in the file. The caller holds j.mu.
func (j *Journal) reusable(s *segment, urgent bool) bool {
	b := s.backing
	if !b.mapped || s.poisoned.Load() || s.recovered || s.jumbo || s.keptFor != nil || s.failed.Load() || j.closing {
		return false
	}
	kept := len(j.pool)
	if j.ready != nil {
		kept++
	}
	return urgent && kept == 0 || kept < maxPool && b.size >= j.nextSize && time.Since(j.lastInstall) < shrinkAfter
}

// addSpare keeps b for a later segment.
func (j *Journal) addSpare(b *backing) {
	j.mu.Lock()
	closing := j.closing
	if !closing {
		j.pool = append(j.pool, b)
	}
	j.mu.Unlock()
	if closing {
		j.dropSpare(b)
	}
}

// takeSpare returns a spare that is as large as segments are now; a smaller one too when producers wait for it.
func (j *Journal) takeSpare(urgent bool) *backing {
	for {
		j.mu.Lock()
		if len(j.pool) == 0 {
			j.mu.Unlock()
			return nil
		}
		b, size := j.pool[len(j.pool)-1], j.nextSize
		j.pool = j.pool[:len(j.pool)-1]
		j.mu.Unlock()
		if b.size >= size || urgent {
			return b
		}
		j.dropSpare(b)
	}
}

func (j *Journal) dropSpare(b *backing) {
	if err := j.discard(b); err != nil {
		j.emit(Event{Kind: EventCleanup, File: b.path, Err: err, Text: "a spare segment could not be removed"})
	}
}

// fresh makes a new backing of size bytes, or a smaller one where there is not that much room.
func (j *Journal) fresh(size int64, urgent bool) (*backing, error) {
	for {
		if b := j.again(size, urgent); b != nil {
			return b, nil
		}
		err := j.mayGrow(size)
		if err == nil {
			if !urgent && !j.makeMapRoom(size) && size > j.minSize {
				size = max(roundPage(size/2), j.minSize)
				continue
			}
			var b *backing
			if b, err = j.makeBacking(size); err == nil {
				j.count.created.Add(1)
				return b, nil
			}
		}
		if size <= j.minSize {
			return nil, err
		}
		var full *fullError
		if !errors.As(err, &full) && causeOf(err) != FullDisk {
			return nil, err
		}
		size = max(roundPage(size/2), j.minSize)
	}
}

// again is fresh from the shelf, nil if nothing of that size is there.
func (j *Journal) again(size int64, urgent bool) *backing {
	j.mu.Lock()
	fits := len(j.shelf) > 0 && (urgent || size == j.nextSize)
	j.mu.Unlock()
	if !fits || !urgent && !j.makeMapRoom(size) {
		return nil
	}
	return j.fromShelf()
}

// fullError is a lack of room that the journal's own limits make.
type fullError struct{ cause FullCause }

func (e *fullError) Error() string {
	return "journal: no room for another segment: " + e.cause.String()
}

// mayGrow says whether the limits allow size more bytes of files.
func (j *Journal) mayGrow(size int64) error {
	for j.used.Load()+size > j.quota.Bytes {
		b := j.takeSpare(true)
		if b == nil {
			b, _ = j.takeShelved()
		}
		if b == nil {
			return &fullError{FullQuota}
		}
		j.dropSpare(b)
	}
	if j.backend == BackendMemory {
		return nil
	}
	u, err := j.fs.Usage(j.dir)
	if err != nil {
		return nil // not known here: the allocation will say
	}
	if u.Free >= size && u.Free-size < j.reserve.Bytes { // less than that: the allocation says so
		return &fullError{FullReserve}
	}
	return nil
}

// unmapOne brings the mapped memory back under the limit after producers that waited were served first.
func (j *Journal) unmapOne() bool {
	if j.backend == BackendMemory || mapped.room() >= 0 {
		return false
	}
	s := j.coldest()
	if s == nil {
		return false
	}
	j.goCold(s)
	return true
}

// makeMapRoom gives up the memory of segments that were filled and not read yet, the last ones
// first because they will be read last, until size more bytes may be mapped.
func (j *Journal) makeMapRoom(size int64) bool {
	if j.backend == BackendMemory {
		return true
	}
	for mapped.room() < size {
		s := j.coldest()
		if s == nil {
			return false
		}
		j.goCold(s)
	}
	return true
}

// coldest returns the segment whose memory is given up next. It is in use until goCold.
func (j *Journal) coldest() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	active := j.active.Load()
	for i := len(j.segs) - 1; i >= 0; i-- {
		s := j.segs[i]
		if s == active || s.ended.Load() == 0 || s.leaving || s.cold.Load() || s.jumbo || !s.use() {
			continue
		}
		if s.settleLocked() {
			s.leaving = true
			return s
		}
		s.unuse()
	}
	return nil
}

// goCold seals s and gives up its memory; readers use its file from now on.
func (j *Journal) goCold(s *segment) {
	defer j.nudge() // it could not be freed meanwhile
	defer s.unuse()
	if !s.poisoned.Load() {
		if err := s.seal(); err != nil {
			s.fail(err)
		}
		failpoint(failSealed)
	}
	s.giveUpMemory()
	if err := s.backing.dropMemory(); err != nil {
		j.emit(Event{Kind: EventCleanup, File: s.backing.path, Err: err, Text: "a segment could not be unmapped"})
	}
	s.mem = nil
	failpoint(failUnmapped)
	j.count.unmapped.Add(1)
}
