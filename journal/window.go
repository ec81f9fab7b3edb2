package journal

import (
	"encoding/binary"
	"math/bits"
	"runtime"
	"sync/atomic"
	"unsafe"
)

const (
	ordinalBits = 24
	ordinalMask = 1<<ordinalBits - 1

	// maxWindow is the longest record that is copied without a preemption point; longer ones take a segment of their own.
	maxWindow = 256 << 10

	bigEndian = runtime.GOARCH == "s390x" || runtime.GOARCH == "ppc64" || runtime.GOARCH == "mips" || runtime.GOARCH == "mips64"
)

// le makes a number of the memory's byte order little endian, and back.
func le(x uint64) uint64 {
	if bigEndian {
		return bits.ReverseBytes64(x)
	}
	return x
}

// put claims a place, copies the record and commits it. It is the window of I7: no preemption
// point lies between claim and commit (nosplit), and none comes back by inlining (noinline).
// The claim is at once stored in *off, for the fault guard. The record is in the
// segment when *off + length <= limit; else nothing was stored.
//
//	producer A: tail += a | claim word | copy | commit word      a reader at A's place waits at the
//	producer B:   tail += b | claim word | copy | commit word    claim word; B needn't wait for A
//
//go:nosplit
//go:noinline
func (s *segment) put(p []byte, header uint64, crc uint32, off *uint64) {
	n := uint64(len(p)) + recordHeader
	add := (n+recordAlign-1)&^(recordAlign-1)<<ordinalBits | 1
	x := s.tail.Add(add) - add
	at := x >> ordinalBits
	*off = at
	if at+add>>ordinalBits > s.limit {
		return
	}
	failpoint(failAfterClaim)
	header |= x & ordinalMask
	m := s.mem[at : at+add>>ordinalBits]
	word := (*uint64)(unsafe.Pointer(&m[0]))
	storeClaim(word, le(claimedBit|n))
	failpoint(failAfterMark)
	*(*uint64)(unsafe.Pointer(&m[8])) = le(header)
	if failpoints {
		copy(m[recordHeader:], p[:len(p)/2])
		failpoint(failHalfCopy)
	}
	copy(m[recordHeader:], p)
	failpoint(failBeforeCommit)
	crc = bindCRC(crc, s.salt, s.base+at, header)
	s.commit(word, le(uint64(crc)<<32|n))
}

// commit stores the word that makes a record count. It is a part of the window.
func (s *segment) commit(word *uint64, v uint64) {
	if lightCommits && s.light {
		*word = v
		return
	}
	atomic.StoreUint64(word, v)
}

// wordAt is the commit word at the beginning of m.
func wordAt(m []byte) *uint64 { return (*uint64)(unsafe.Pointer(&m[0])) }

// appendImage appends a whole record as it is in a file.
func appendImage(b, p []byte, header, word uint64) []byte {
	b = binary.LittleEndian.AppendUint64(b, word)
	b = binary.LittleEndian.AppendUint64(b, header)
	b = append(b, p...)
	for len(b)%recordAlign != 0 {
		b = append(b, 0)
	}
	return b
}

// loadWord reads a commit word.
func loadWord(mem []byte, off uint64) uint64 {
	return le(atomic.LoadUint64((*uint64)(unsafe.Pointer(&mem[off]))))
}

// storeWord commits a record whose bytes are in place.
func storeWord(mem []byte, off, word uint64) {
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&mem[off])), le(word))
}

func loadHeader(mem []byte, off uint64) uint64 {
	return le(*(*uint64)(unsafe.Pointer(&mem[off+8])))
}

func storeHeader(mem []byte, off, header uint64) {
	*(*uint64)(unsafe.Pointer(&mem[off+8])) = le(header)
}

// noescape hides from escape analysis that p is read through a function value by hash/crc32.
// Nothing keeps p: that is what makes it right.
func noescape(p []byte) []byte {
	at := *(*uintptr)(unsafe.Pointer(&p)) // one word: a load of the whole header would wait for three stores
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), len(p))
}
