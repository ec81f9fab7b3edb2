package journal

import (
	"fmt"
	"math/bits"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// segment is one life of one file (or of one piece of heap): a new base makes a new segment,
// also when it takes over the mapping of an old one. So a producer that still holds the
// old segment finds its claim counter beyond the limit, and never touches the memory.
type segment struct {
	// Set before publication.
	j         *Journal
	base      uint64 // position of byte 0
	size      int64  // bytes of the file
	limit     uint64 // no record reaches beyond this offset
	half      uint64 // the claim that crosses it orders a spare; a quarter where segments fill quickly
	stride    uint8  // log2 of the bytes of a part: see strides
	maxRecord uint64 // longest record with header that is put here
	fast      uint64 // longest record with header that the window takes; 0 where records are written
	salt      uint32
	light     bool // commits are plain stores: see fence
	jumbo     bool
	recovered bool // of an earlier run: read from the file, never written
	number    uint64
	backing   *backing
	mem       []byte // the backing's memory; not to be read without pin

	// over is set soon after the first claim beyond the limit, and keeps the counter from going on until it overflows.
	// Producers look at it in place of the counter, which is in the cache of another processor where they are many.
	over atomic.Bool

	_    [64]byte
	tail atomic.Uint64 // next claim: offset << 24 | ordinal; producers add, nobody subtracts
	_    [64]byte

	ended      atomic.Uint64 // offset behind the last record; 0 while it is open
	claims     atomic.Uint64 // how many there were, where it was ended early; 0: not known
	complete   atomic.Bool   // every claim up to ended is committed or dead
	failed     atomic.Bool   // ioErr is set
	ruined     atomic.Bool   // taken out of use after a failure
	poisoned   atomic.Bool   // a fault hit: nothing of mem is trusted, nothing is reused
	anyDropped atomic.Bool   // droppedBy is not empty
	cold       atomic.Bool   // mem is given up; read through the file
	pins       atomic.Int32  // readers that look at mem now
	gone       atomic.Bool   // the file is given up
	uses       atomic.Int32  // who needs the file now

	installed time.Time        // when it became active; guarded by j.mu
	filled    time.Time        // when it ended; guarded by j.mu
	leaving   bool             // its memory is being given up; guarded by j.mu
	droppedBy map[*Reader]bool // who gave it up; guarded by j.mu
	keptFor   *Reader          // who kept these records when it shed others; set before it is in a list
	keptBelow uint8            // and of which priority and above

	mu        sync.Mutex // guards what follows
	dead      []deadClaim
	checked   uint64    // offset up to which all claims are known to be complete
	seen      sealBlock // of what was checked
	ahead     byte      // means nothing: see fetchAhead
	tally     tally
	sealed    bool
	forwarded bool   // holds records of type forward, which the tally can't tell
	rescued   bool   // its records were accepted again, because the device lost them
	durable   uint64 // offset up to which the device has it
	hintGen   uint64
	ioErr     error // sticky
}

// deadClaim is a place that was claimed and will never be committed.
type deadClaim struct{ off, length uint64 }

func segmentPath(dir string, base uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x.seg", base))
}

// newSegment makes the segment that starts at base. It is not published yet.
func (j *Journal) newSegment(b *backing, base uint64) *segment {
	s := &segment{j: j, base: base, size: b.size, limit: uint64(b.size), backing: b, mem: b.mem, salt: saltOf(j.id, base), light: canFence()}
	s.half = s.limit / 2
	if j.isBusy() {
		s.half = s.limit / 4 // a fresh segment takes half as long as filling one
	}
	s.stride = uint8(bits.Len64(s.limit/strides - 1))
	s.half &^= 1<<s.stride - 1 // a part begins there
	s.maxRecord = min(uint64(b.size)/4, maxWindow)
	if b.mapped || b.file == nil {
		s.fast = s.maxRecord
	}
	s.cold.Store(b.mem == nil)
	s.tail.Store(headerPage << ordinalBits)
	s.checked = headerPage
	return s
}

// end is the position behind the segment: the base of the next.
func (s *segment) end() uint64 { return s.base + uint64(s.size) }

// pin keeps mem from being unmapped or cleared. It returns false when it is given up already.
//
//	reader: pins++   ; cold? yes: pins--, go to the file; no: read
//	maintenance: cold = true ; pins != 0? wait ; unmap
func (s *segment) pin() bool {
	s.pins.Add(1)
	if s.cold.Load() {
		s.pins.Add(-1)
		return false
	}
	return true
}

func (s *segment) unpin() { s.pins.Add(-1) }

// use keeps the file from being closed or used again, in the way of pin.
func (s *segment) use() bool {
	s.uses.Add(1)
	if s.gone.Load() {
		s.uses.Add(-1)
		return false
	}
	return true
}

func (s *segment) unuse() { s.uses.Add(-1) }

// giveUpMemory returns when nobody looks at the memory of s any more.
func (s *segment) giveUpMemory() {
	s.cold.Store(true)
	waitZero(&s.pins)
}

// retire returns when nobody looks at s at all.
func (s *segment) retire() {
	s.gone.Store(true)
	s.giveUpMemory()
	waitZero(&s.uses)
}

func waitZero(n *atomic.Int32) {
	for i := 0; n.Load() != 0; i++ {
		if i < 100 {
			runtime.Gosched()
		} else {
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// claimed is the offset behind the last claim.
func (s *segment) claimed() uint64 {
	if e := s.ended.Load(); e != 0 {
		return e
	}
	return min(s.tail.Load()>>ordinalBits, s.limit)
}

// deadAt returns the length of the dead claim at off, 0 if there is none.
func (s *segment) deadAt(off uint64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.dead {
		if d.off == off {
			return d.length
		}
	}
	return 0
}

func (s *segment) addDead(off, length uint64) {
	s.mu.Lock()
	s.dead = append(s.dead, deadClaim{off, length})
	s.mu.Unlock()
}

// closed says that s is the mark that stands in place of an active segment after Close.
func (s *segment) closed() bool { return s.size == 0 }

// fail keeps the first error of the segment's file.
func (s *segment) fail(err error) {
	s.mu.Lock()
	if s.ioErr == nil {
		s.ioErr = err
		s.failed.Store(true)
	}
	s.mu.Unlock()
}

func (s *segment) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ioErr
}
