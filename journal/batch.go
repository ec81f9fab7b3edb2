package journal

import (
	"hash/crc32"
	"runtime/debug"
	"unsafe"
)

// Frame is one record of a batch.
type Frame struct {
	Payload  []byte // not kept
	Tag      uint16
	Priority uint8

	crc uint32
}

// AppendBatch accepts several records, with one claim where they fit into one segment together and segments are not
// written: they are read in this order, with nothing between those of one claim. end is the position behind the
// last that was accepted. When it fails, accepted says how many at the beginning of frames were accepted.
func (j *Journal) AppendBatch(frames []Frame) (accepted int, end uint64, err error) {
	for accepted < len(frames) {
		rest := frames[accepted:]
		s := j.active.Load()
		n, total := fitting(rest, s.fast)
		if n > 1 {
			off, v := s.tryBatch(rest[:n], total)
			if v == tripped {
				j.endSegment(s, off)
			}
			if v == faulted {
				s.addDead(off, total)
				_ = j.poison(s, errFault) // the records are tried elsewhere, where an error is one of the caller
			}
			if v == taken {
				j.accepted(s, off, total, highest(rest[:n]))
				end = s.base + off + total
				accepted += n
				continue
			}
		}
		f := &rest[0] // alone: it waits for a segment, or tells what is wrong
		behind, err := j.Append(f.Payload, f.Tag, f.Priority)
		if err != nil {
			return accepted, end, err
		}
		accepted, end = accepted+1, behind
	}
	return accepted, end, nil
}

// fitting counts the frames at the beginning that go into one claim, and the bytes they take.
func fitting(frames []Frame, limit uint64) (n int, total uint64) {
	for i := range frames {
		size := uint64(align(int64(len(frames[i].Payload)) + recordHeader))
		if total+size > limit || i == ordinalMask>>4 {
			return i, total
		}
		total += size
	}
	return len(frames), total
}

func highest(frames []Frame) (priority uint8) {
	for i := range frames {
		priority = max(priority, frames[i].Priority)
	}
	return priority
}

// tryBatch puts the frames, which take total bytes, into s with one claim.
func (s *segment) tryBatch(frames []Frame, total uint64) (off uint64, v verdict) {
	if s.tail.Load()>>ordinalBits > s.limit {
		return 0, tooLate
	}
	for i := range frames {
		frames[i].crc = crc32.Checksum(noescape(frames[i].Payload), castagnoli)
	}
	ok := s.guardedBatch(frames, total, &off)
	switch {
	case off+total > s.limit && off <= s.limit:
		return off, tripped
	case off > s.limit:
		return off, tooLate
	case !ok:
		return off, faulted
	}
	return off, taken
}

func (s *segment) guardedBatch(frames []Frame, total uint64, off *uint64) (ok bool) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if !ok {
			s.mustBeOurs(recover())
		}
	}()
	s.putBatch(frames, total, off)
	return true
}

// putBatch is put for several records.
//
//go:nosplit
//go:noinline
func (s *segment) putBatch(frames []Frame, total uint64, off *uint64) {
	add := total<<ordinalBits | uint64(len(frames))
	x := s.tail.Add(add) - add
	at := x >> ordinalBits
	*off = at
	if at+total > s.limit {
		return
	}
	for i := range frames {
		f := &frames[i]
		n := uint64(len(f.Payload)) + recordHeader
		padded := (n + recordAlign - 1) &^ (recordAlign - 1)
		header := (x+uint64(i))&ordinalMask | uint64(typeData)<<32 | uint64(f.Priority)<<40 | uint64(f.Tag)<<48
		m := s.mem[at : at+padded]
		word := (*uint64)(unsafe.Pointer(&m[0]))
		storeClaim(word, le(claimedBit|n))
		*(*uint64)(unsafe.Pointer(&m[8])) = le(header)
		copy(m[recordHeader:], f.Payload)
		crc := bindCRC(f.crc, s.salt, s.base+at, header)
		s.commit(word, le(uint64(crc)<<32|n))
		at += padded
	}
}
