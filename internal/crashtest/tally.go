//go:build unix

package crashtest

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"
)

const recordMin = 32

// Record makes the payload of record n of goroutine g in a run: time, run, goroutine, number, hash, filler. It has
// at least 32 bytes.
func Record(run, g int, n uint64, size int) []byte {
	b := make([]byte, max(size, recordMin))
	Fill(b, run, g, n)
	return b
}

// Fill is Record into a buffer of at least 32 bytes.
func Fill(b []byte, run, g int, n uint64) {
	le := binary.LittleEndian
	le.PutUint64(b, uint64(time.Now().UnixNano()))
	le.PutUint16(b[8:], uint16(run))
	le.PutUint16(b[10:], uint16(g))
	le.PutUint32(b[12:], uint32(len(b)))
	le.PutUint64(b[16:], n)
	for i := recordMin; i < len(b); i++ {
		b[i] = byte(n) + byte(i)
	}
	le.PutUint64(b[24:], hash(b))
}

func hash(b []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(b[:24])
	if len(b) > recordMin {
		_, _ = h.Write(b[recordMin:min(len(b), 512)])
		_, _ = h.Write(b[len(b)-1:])
	}
	return h.Sum64()
}

// Parse reads a payload of Record. ok is false when a byte of it differs.
func Parse(b []byte) (run, g int, n uint64, ok bool) {
	le := binary.LittleEndian
	if len(b) < recordMin || int(le.Uint32(b[12:])) != len(b) || le.Uint64(b[24:]) != hash(b) {
		return 0, 0, 0, false
	}
	return int(le.Uint16(b[8:])), int(le.Uint16(b[10:])), le.Uint64(b[16:]), true
}

// Tally compares what was accepted with what was delivered. The zero value is ready. Safe for concurrent use.
type Tally struct {
	mu        sync.Mutex
	accepted  map[source]uint64
	issued    map[source]uint64
	delivered map[source]*set
	altered   uint64
	runs      int
}

type source struct{ run, g int }

// Result is what a Tally found.
type Result struct {
	Runs       int
	Accepted   uint64 // records whose call had returned
	Delivered  uint64 // different records that came out
	Lost       uint64 // accepted, and did not come out
	Invented   uint64 // came out, and were never handed in
	Altered    uint64 // came out with other bytes
	Duplicates uint64 // came out again
}

func (r Result) String() string {
	return fmt.Sprintf("%d runs: accepted %d, delivered %d, lost %d, invented %d, altered %d, duplicates %d",
		r.Runs, r.Accepted, r.Delivered, r.Lost, r.Invented, r.Altered, r.Duplicates)
}

// Run adds the counts of a child that has ended.
func (t *Tally) Run(p *Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.init()
	t.runs++
	for g := range len(p.slots) / slotSize {
		at := source{p.Run, g}
		t.issued[at] = atomic.LoadUint64(slot(p.slots, g, 0))
		t.accepted[at] = atomic.LoadUint64(slot(p.slots, g, 1))
	}
}

func (t *Tally) init() {
	if t.accepted == nil {
		t.accepted, t.issued, t.delivered = map[source]uint64{}, map[source]uint64{}, map[source]*set{}
	}
}

// Deliver counts one payload of Record that came out.
func (t *Tally) Deliver(payload []byte) {
	run, g, n, ok := Parse(payload)
	if !ok {
		t.mu.Lock()
		t.altered++
		t.mu.Unlock()
		return
	}
	t.Count(run, g, n)
}

// Count is Deliver for those who have other payloads: record n of goroutine g of a run came out.
func (t *Tally) Count(run, g int, n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.init()
	at := source{run, g}
	s := t.delivered[at]
	if s == nil {
		s = &set{}
		t.delivered[at] = s
	}
	s.add(n)
}

// Result compares. Call it after Run was called for every child.
func (t *Tally) Result() Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := Result{Runs: t.runs, Altered: t.altered}
	for at, n := range t.accepted {
		r.Accepted += n
		s := t.delivered[at]
		for i := uint64(1); i <= n; i++ {
			if s == nil || !s.has(i) {
				r.Lost++
			}
		}
	}
	for at, s := range t.delivered {
		r.Delivered += s.distinct
		r.Duplicates += s.total - s.distinct
		if s.highest > t.issued[at] {
			for i := t.issued[at] + 1; i <= s.highest; i++ {
				if s.has(i) {
					r.Invented++
				}
			}
		}
	}
	return r
}

// set is a set of numbers that counts how often they were added.
type set struct {
	bits            []uint64
	highest         uint64
	distinct, total uint64
}

const setLimit = 1 << 32 // a number that large was not made by a test

func (s *set) add(n uint64) {
	s.total++
	s.highest = max(s.highest, n)
	if n >= setLimit {
		return
	}
	for n/64 >= uint64(len(s.bits)) {
		s.bits = append(s.bits, make([]uint64, len(s.bits)+16)...)
	}
	if s.bits[n/64]&(1<<(n%64)) == 0 {
		s.bits[n/64] |= 1 << (n % 64)
		s.distinct++
	}
}

func (s *set) has(n uint64) bool {
	return n/64 < uint64(len(s.bits)) && s.bits[n/64]&(1<<(n%64)) != 0
}
