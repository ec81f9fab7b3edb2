package journal

import (
	"sync"
	"sync/atomic"
	"time"
)

// Entry is one record.
type Entry struct {
	Position, End uint64
	Tag           uint16
	Priority      uint8
	Recovered     bool   // of an earlier run, whose tags mean something else
	Payload       []byte // valid until Reader.Release
}

// Reader is one destination's place in a journal. Next, Release, Wait, Intent and Ack
// are called by one goroutine; the other methods by any.
type Reader struct {
	j      *Journal
	name   string
	hash   uint64
	urgent uint8
	waiter waiter
	timer  *time.Timer
	cursor cursorStore // nil with BackendMemory

	acked   atomic.Uint64 // everything before it is done with
	stored  atomic.Uint64 // that is in the cursor's file
	storeMu sync.Mutex    // one writer of the cursor's file at a time

	mu        sync.Mutex // guards what follows
	pos       uint64     // next place to look at
	seg       *segment   // that holds pos, or nil
	out       uint64     // end of the last entry that was handed out
	filter    []uint8
	accept    func(payload []byte, priority uint8) bool
	view      view
	chunks    chunks
	lastOrd   uint32 // ordinal of the last record seen in seg, to count what is missing
	ordSure   bool
	gap       int64 // bytes of a bad place that was just passed
	lost      uint64
	lostBytes int64
	stuck     time.Time // since when stuckAt holds a claim that is not committed
	stuckAt   uint64
	closed    bool
}

// SetFilter sets which records pass: those with tag t < len(minPriority) and a priority of at least minPriority[t].
// It applies to records of this run. Without a filter all pass. The reader keeps the slice.
func (r *Reader) SetFilter(minPriority []uint8) {
	r.mu.Lock()
	r.filter = minPriority
	r.mu.Unlock()
}

// SetAccept sets what decides on records of an earlier run. Without it all pass.
func (r *Reader) SetAccept(accept func(payload []byte, priority uint8) bool) {
	r.mu.Lock()
	r.accept = accept
	r.mu.Unlock()
}

// Name is the destination's name.
func (r *Reader) Name() string { return r.name }

// Journal is the journal that r reads.
func (r *Reader) Journal() *Journal { return r.j }

// Next fills dst with the next complete records that pass, until it is full or their payloads exceed
// maxBytes; the first one is always taken. It does not wait: 0 means that there is nothing now.
// Records that do not pass are moved past, also by the cursor.
func (r *Reader) Next(dst []Entry, maxBytes int) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, ErrClosed
	}
	bytes := 0
	for n < len(dst) && (n == 0 || bytes < maxBytes) {
		if r.seg == nil && !r.locate() {
			break
		}
		got, size, end := r.fill(dst[n:], maxBytes-bytes, n == 0)
		n += got
		bytes += size
		if !end {
			break
		}
		r.leave()
	}
	r.passExcluded()
	return n, nil
}

// fill takes records from the segment at hand. end says that it holds no more.
func (r *Reader) fill(dst []Entry, maxBytes int, first bool) (n, bytes int, end bool) {
	s := r.seg
	if r.j.isDropped(s, r) {
		return 0, 0, true
	}
	v := &r.view
	v.lender = &r.chunks
	if s.jumbo && !s.complete.Load() {
		return 0, 0, false
	}
	v.open(s)
	defer v.close()
	if !v.held {
		return 0, 0, true // freed, because it was acknowledged up to its end
	}
	if !v.live() && !s.settled() {
		return 0, 0, false
	}
	walk := func() { n, bytes, end = r.walk(dst, maxBytes, first) }
	if !v.live() {
		walk()
		return n, bytes, end
	}
	pos, out := r.pos, r.out
	if err := s.access(walk); err != nil {
		r.pos, r.out = pos, out // what was copied is read again, from the file
		_ = r.j.poison(s, err)
		return 0, 0, false
	}
	return n, bytes, end
}

// walk goes from record to record.
func (r *Reader) walk(dst []Entry, maxBytes int, first bool) (n, bytes int, end bool) {
	v, s := &r.view, r.seg
	var it item
	for n < len(dst) {
		off := r.pos - s.base
		switch v.next(off, &it) {
		case foundNothing:
			r.noteStuck(off)
			return n, bytes, false
		case foundEnd:
			return n, bytes, true
		case foundSkip:
			r.pos = s.base + off + it.length
			continue
		case foundBad:
			r.skipBad(off)
			continue
		}
		if len(it.payload)+bytes > maxBytes && !(first && n == 0) {
			return n, bytes, false
		}
		r.count(&it)
		e := Entry{Position: s.base + off, End: s.base + off + it.length, Tag: it.tag(), Priority: it.priority(), Recovered: s.recovered}
		payload, ok := r.passesIn(s, &it, &e)
		r.pos = e.End
		if !ok {
			continue
		}
		if v.live() {
			payload = r.chunks.copy(payload)
		} else {
			v.lent = true
		}
		e.Payload = payload[:len(payload):len(payload)]
		r.out = e.End
		dst[n] = e
		bytes += len(payload)
		n++
	}
	return n, bytes, false
}

// passesIn says whether the record of s is for this reader, and unwraps a forwarded one.
func (r *Reader) passesIn(s *segment, it *item, e *Entry) ([]byte, bool) {
	payload := it.payload
	if it.kind() == typeForward {
		if len(payload) < forwardHeader {
			return nil, false
		}
		origin, owner, inner := splitForward(payload)
		if !r.takesForward(origin, owner) {
			return nil, false
		}
		e.Position, payload = origin, inner
	}
	if s.recovered {
		return payload, r.accept == nil || r.accept(payload, e.Priority)
	}
	return payload, r.matches(e.Tag, e.Priority)
}

func (r *Reader) matches(tag uint16, priority uint8) bool {
	if r.filter == nil {
		return true
	}
	return int(tag) < len(r.filter) && priority >= r.filter[tag]
}

// locate finds the segment that holds r.pos or, in a gap, the next one.
func (r *Reader) locate() bool {
	s := r.j.segmentAt(r.pos)
	if s == nil {
		return false
	}
	r.ordSure = r.pos <= s.base+headerPage
	r.lastOrd = ^uint32(0) // the first ordinal is 0
	r.pos = max(r.pos, s.base+headerPage)
	r.seg = s
	return true
}

// leave goes to the end of the segment at hand.
func (r *Reader) leave() {
	r.pos = r.seg.end()
	r.seg = nil
}

// passExcluded moves the cursor past records that are not for this reader, when nothing is in flight.
func (r *Reader) passExcluded() {
	acked := r.acked.Load()
	if acked < r.out || r.pos <= acked {
		return
	}
	r.acked.Store(r.pos)
	r.j.ackMoved(acked, r.pos)
}

// Release ends the life of the payloads that Next returned.
func (r *Reader) Release() {
	r.mu.Lock()
	r.chunks.release()
	r.view.giveBack()
	r.mu.Unlock()
}

// chunks holds the payloads that were handed out. Those of a mapping are copies, because it can fail at any time
// (its file cut short by somebody) and the reader's user can't guard every access.
type chunks struct {
	full []*[]byte
	cur  *[]byte
	used int
}

func (c *chunks) copy(p []byte) []byte {
	if len(p) > viewChunk/4 {
		return append([]byte(nil), p...)
	}
	if c.cur == nil || c.used+len(p) > len(*c.cur) {
		if c.cur != nil {
			c.full = append(c.full, c.cur)
		}
		c.cur, c.used = chunkPool.Get().(*[]byte), 0
	}
	to := (*c.cur)[c.used : c.used+len(p) : c.used+len(p)]
	c.used += len(p)
	copy(to, p)
	return to
}

func (c *chunks) release() {
	for _, b := range c.full {
		putChunk(b)
	}
	c.full = c.full[:0]
	if c.cur != nil {
		putChunk(c.cur)
		c.cur = nil
	}
}
