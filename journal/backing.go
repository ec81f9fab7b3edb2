package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// urgentSize is what a new segment has at most while producers wait for it: it takes a millisecond.
const urgentSize = 4 << 20

// backing is the file and the memory behind a segment; it outlives it when it is recycled.
type backing struct {
	file      vfs.File // nil with BackendMemory
	path      string
	size      int64
	mem       []byte // nil when only the file is used
	mapped    bool   // mem is a mapping, else heap
	dirty     int64  // on the shelf: bytes from the beginning that are not zero
	named     bool   // has the name of a segment, not of a spare
	dirSynced bool   // the name is durable
}

// makeBacking makes a file of size bytes under a spare's name, and its memory.
func (j *Journal) makeBacking(size int64) (*backing, error) {
	if j.backend == BackendMemory {
		j.used.Add(size)
		return &backing{size: size, mem: make([]byte, size)}, nil
	}
	b, err := j.makeFile(size)
	if err != nil {
		return nil, err
	}
	if err := j.giveMemory(b); err != nil {
		return nil, errors.Join(err, j.discard(b))
	}
	return b, nil
}

// makeFile makes a file with room for size bytes, and no memory.
func (j *Journal) makeFile(size int64) (*backing, error) {
	b := &backing{size: size, path: j.sparePath()}
	f, err := j.fs.OpenFile(b.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	b.file = f
	j.used.Add(size)
	failpoint(failSpareCreated)
	if err := f.Allocate(size); err != nil {
		return nil, errors.Join(err, j.discard(b))
	}
	return b, nil
}

// giveMemory maps b, or gives it heap where that is the way.
func (j *Journal) giveMemory(b *backing) error {
	if j.backend == BackendWrite {
		b.mem = make([]byte, b.size)
		mapped.add(b.size)
		return nil
	}
	// Writing brings the pages into memory in large folios, which takes a third of the time that page faults take.
	if err := b.file.Zero(b.size); err != nil {
		return err
	}
	mem, err := b.file.Map(b.size)
	if err != nil {
		return err
	}
	b.mem, b.mapped = mem, true
	mapped.add(b.size)
	return nil
}

// hurry says whether producers wait for a segment.
func (j *Journal) hurry() bool {
	s := j.active.Load()
	return s != nil && s.ended.Load() != 0 && !s.closed()
}

// dropMemory gives up b's memory; its file stays.
func (b *backing) dropMemory() error {
	mem := b.mem
	if mem == nil {
		return nil
	}
	b.mem = nil
	if b.file != nil {
		mapped.add(-b.size)
	}
	if !b.mapped {
		return nil
	}
	b.mapped = false
	return b.file.Unmap(mem)
}

// discard removes b altogether.
func (j *Journal) discard(b *backing) error {
	err := b.dropMemory()
	j.used.Add(-b.size)
	if b.file != nil {
		err = errors.Join(err, b.file.Close())
	}
	if b.path != "" {
		err = errors.Join(err, ignoreMissing(j.fs.Remove(b.path)))
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (j *Journal) sparePath() string {
	return filepath.Join(j.dir, fmt.Sprintf("spare-%d.tmp", j.spares.Add(1)))
}

// stamp gives b the header and the name of the segment that starts at base.
// The order keeps a file from ever having a name that its header denies.
func (j *Journal) stamp(b *backing, base uint64, flags uint32) (*segment, error) {
	s := j.newSegment(b, base)
	s.jumbo = flags&segFlagJumbo != 0
	if b.file == nil {
		return s, nil
	}
	j.numbers++
	s.number = j.numbers
	h := segHeader{flags: flags, id: j.id, number: j.numbers, base: base, size: uint64(b.size),
		created: time.Now().UnixNano(), boot: j.boot}
	if err := s.writePage(0, h.encode); err != nil {
		return nil, err
	}
	failpoint(failHeaderWritten)
	if err := j.rename(b, segmentPath(j.dir, base)); err != nil {
		return nil, err
	}
	b.named, b.dirSynced = true, false
	failpoint(failSpareRenamed)
	if j.opts.Durability == DurabilityInterval {
		if err := j.syncName(b); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (j *Journal) rename(b *backing, to string) error {
	if err := j.fs.Rename(b.path, to); err != nil {
		return err
	}
	b.path = to
	return nil
}

// syncName makes the name of b's file durable.
func (j *Journal) syncName(b *backing) error {
	if b.dirSynced || b.file == nil {
		return nil
	}
	if err := j.fs.SyncDir(j.dir); err != nil {
		return err
	}
	b.dirSynced = true
	return nil
}

// writePage writes one sector of the header page, by the mapping if there is one.
func (s *segment) writePage(off int, encode func([]byte)) error {
	b := s.backing
	if b.file == nil {
		return nil
	}
	if b.mapped && !s.poisoned.Load() {
		return s.access(func() { encode(b.mem[off : off+sectorLn]) })
	}
	var sector [sectorLn]byte
	encode(sector[:])
	_, err := b.file.WriteAt(sector[:], int64(off))
	return err
}

// recycle makes the backing of an acknowledged segment a spare: under another name first, so
// that nothing of the old life is found under a segment's name, then empty.
func (j *Journal) recycle(s *segment) (*backing, error) {
	b := s.backing
	if err := j.rename(b, j.sparePath()); err != nil {
		return nil, err
	}
	b.named = false
	failpoint(failRecycled)
	used := min(s.ended.Load()+recordHeader, uint64(b.size))
	if err := s.access(func() { clear(b.mem[:used]) }); err != nil {
		return nil, err
	}
	return b, nil
}

// causeOf says which lack an error of the file system is.
func causeOf(err error) FullCause {
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, e) {
			return FullDisk
		}
	}
	return FullError
}
