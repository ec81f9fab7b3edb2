package journal

import (
	"errors"
	"time"
)

// maxPool is how many spares are kept beside the ready one.
const maxPool = 2

// takeAcked removes from the list a segment that nobody needs any more, and returns it; nil if there is none.
func (j *Journal) takeAcked() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.readers) == 0 || len(j.expected) > 0 {
		return nil
	}
	active := j.active.Load()
	for i, s := range j.segs {
		if s == active || s.ended.Load() == 0 || s.jumbo && !s.complete.Load() || s.uses.Load() > 0 || j.needed(s) {
			continue
		}
		j.segs = append(j.segs[:i:i], j.segs[i+1:]...)
		return s
	}
	return nil
}

// needed says whether a reader or an orphaned cursor still wants records of s. The caller holds j.mu.
func (j *Journal) needed(s *segment) bool {
	end := s.base + s.ended.Load()
	if end == s.base+headerPage {
		return false // nothing was ever put there
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

// release frees what every reader has acknowledged.
func (j *Journal) release() {
	synced := false
	j.persistCursors()
	for {
		s := j.takeAcked()
		if s == nil {
			return
		}
		if !synced && j.opts.Durability == DurabilityInterval {
			j.syncCursors()
			synced = true
		}
		failpoint(failCursorSynced)
		s.retire()
		if j.keepAsSpare(s) {
			if b, err := j.recycle(s); err == nil {
				j.pool = append(j.pool, b)
				j.count.recycled.Add(1)
				continue
			}
		}
		j.remove(s)
	}
}

func (j *Journal) remove(s *segment) {
	if err := j.discard(s.backing); err != nil {
		j.emit(Event{Kind: EventCleanup, File: s.backing.path, Err: err, Text: "an acknowledged segment could not be removed"})
	}
	failpoint(failSegmentRemoved)
}

// keepAsSpare says whether the backing of s is worth keeping.
func (j *Journal) keepAsSpare(s *segment) bool {
	b := s.backing
	if b.mem == nil || b.file == nil || s.poisoned.Load() || s.recovered || s.jumbo || s.failure() != nil {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := len(j.pool)
	if j.ready != nil {
		kept++
	}
	return !j.closing && kept < maxPool && b.size >= j.nextSize && time.Since(j.lastInstall) < shrinkAfter
}

// takeSpare returns a spare of at least size; a smaller one when producers wait for it.
func (j *Journal) takeSpare(size int64, urgent bool) *backing {
	for len(j.pool) > 0 {
		b := j.pool[len(j.pool)-1]
		j.pool = j.pool[:len(j.pool)-1]
		if b.size >= size || urgent {
			return b
		}
		j.dropSpare(b)
	}
	return nil
}

func (j *Journal) dropSpare(b *backing) {
	if err := j.discard(b); err != nil {
		j.emit(Event{Kind: EventCleanup, File: b.path, Err: err, Text: "a spare segment could not be removed"})
	}
}

// fresh makes a new backing of size bytes, or a smaller one where there is not that much room.
func (j *Journal) fresh(size int64, urgent bool) (*backing, error) {
	part := allOfIt
	if urgent {
		part = beginning
	}
	for {
		err := j.mayGrow(size)
		if err == nil {
			if !j.makeMapRoom(size) && size > j.minSize {
				size = max(roundPage(size/2), j.minSize)
				continue
			}
			var b *backing
			if b, err = j.makeBacking(size, part); err == nil {
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

// fullError is a lack of room that the journal's own limits make.
type fullError struct{ cause FullCause }

func (e *fullError) Error() string {
	return "journal: no room for another segment: " + e.cause.String()
}

// mayGrow says whether the limits allow size more bytes of files.
func (j *Journal) mayGrow(size int64) error {
	for j.used.Load()+size > j.quota.Bytes {
		if len(j.pool) == 0 {
			return &fullError{FullQuota}
		}
		j.dropSpare(j.pool[0])
		j.pool = j.pool[1:]
	}
	if j.backend == BackendMemory {
		return nil
	}
	u, err := j.fs.Usage(j.dir)
	if err != nil {
		return nil // not known here: the allocation will say
	}
	if u.Free-size < j.reserve.Bytes {
		return &fullError{FullReserve}
	}
	return nil
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

// coldest returns the segment whose memory is given up next.
func (j *Journal) coldest() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	active := j.active.Load()
	for i := len(j.segs) - 1; i >= 0; i-- {
		s := j.segs[i]
		if s != active && s.ended.Load() != 0 && !s.cold.Load() && !s.jumbo && s.settle() {
			return s
		}
	}
	return nil
}

// goCold seals s and gives up its memory; readers use its file from now on.
func (j *Journal) goCold(s *segment) {
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
	_ = s.backing.file.Writeback(0, s.size) // a hint: the page cache of an unread segment should be clean soon
	j.count.unmapped.Add(1)
}
