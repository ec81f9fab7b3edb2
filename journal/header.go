package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// segHeader is sector 0 of a segment file. It is written once, before the file has its name.
type segHeader struct {
	version uint16
	flags   uint32
	id      [16]byte // of the journal
	number  uint64   // counts the segments of one run, from 1
	base    uint64   // position of the file's first byte
	size    uint64   // length of the file
	created int64    // unix ns
	boot    uint64   // hash of the boot id
}

const (
	segFlagJumbo = 1 << iota // holds one record, larger than ordinary segments take
)

func (h *segHeader) encode(b []byte) {
	b = b[:sectorLn]
	clear(b)
	le := binary.LittleEndian
	copy(b, segmentMagic[:])
	le.PutUint16(b[8:], formatVersion)
	le.PutUint16(b[10:], headerPage)
	le.PutUint32(b[12:], h.flags)
	copy(b[16:], h.id[:])
	le.PutUint64(b[32:], h.number)
	le.PutUint64(b[40:], h.base)
	le.PutUint64(b[48:], h.size)
	le.PutUint64(b[56:], uint64(h.created))
	le.PutUint64(b[64:], h.boot)
	le.PutUint32(b[508:], crc32.Checksum(b[:508], castagnoli))
}

// parseSegHeader reads sector 0. ok is false where magic or checksum is wrong; a version
// that is not formatVersion is returned as it is, with ok.
func parseSegHeader(b []byte) (h segHeader, ok bool) {
	le := binary.LittleEndian
	if len(b) < sectorLn || [8]byte(b[:8]) != segmentMagic || le.Uint32(b[508:]) != crc32.Checksum(b[:508], castagnoli) {
		return h, false
	}
	h.version = le.Uint16(b[8:])
	h.flags = le.Uint32(b[12:])
	copy(h.id[:], b[16:])
	h.number = le.Uint64(b[32:])
	h.base = le.Uint64(b[40:])
	h.size = le.Uint64(b[48:])
	h.created = int64(le.Uint64(b[56:]))
	h.boot = le.Uint64(b[64:])
	return h, true
}

// sealBlock is sector 1: written when every record of the segment is complete.
type sealBlock struct {
	state   uint32 // 1: sealed
	holes   uint32
	end     uint64 // offset behind the last record
	records uint32 // data and forwarded records
	minTime int64  // unix ns, of the first 8 payload bytes
	maxTime int64
}

var sealMagic = [8]byte{'L', 'O', 'G', 'J', 'S', 'E', 'A', 'L'}

func (s *sealBlock) encode(b []byte) {
	b = b[:sectorLn]
	clear(b)
	le := binary.LittleEndian
	copy(b, sealMagic[:])
	le.PutUint32(b[8:], s.state)
	le.PutUint32(b[12:], s.holes)
	le.PutUint64(b[16:], s.end)
	le.PutUint32(b[24:], s.records)
	le.PutUint64(b[32:], uint64(s.minTime))
	le.PutUint64(b[40:], uint64(s.maxTime))
	le.PutUint32(b[508:], crc32.Checksum(b[:508], castagnoli))
}

func parseSeal(b []byte) (s sealBlock, ok bool) {
	le := binary.LittleEndian
	if len(b) < sectorLn || [8]byte(b[:8]) != sealMagic || le.Uint32(b[508:]) != crc32.Checksum(b[:508], castagnoli) {
		return s, false
	}
	s.state = le.Uint32(b[8:])
	s.holes = le.Uint32(b[12:])
	s.end = le.Uint64(b[16:])
	s.records = le.Uint32(b[24:])
	s.minTime = int64(le.Uint64(b[32:]))
	s.maxTime = int64(le.Uint64(b[40:]))
	return s, s.state == 1
}

// hintBlock is sector 2 or 3: everything before offset was synced to the device.
type hintBlock struct{ generation, offset uint64 }

var hintMagic = [8]byte{'L', 'O', 'G', 'J', 'H', 'I', 'N', 'T'}

func (h *hintBlock) encode(b []byte) {
	b = b[:sectorLn]
	clear(b)
	le := binary.LittleEndian
	copy(b, hintMagic[:])
	le.PutUint64(b[8:], h.generation)
	le.PutUint64(b[16:], h.offset)
	le.PutUint32(b[508:], crc32.Checksum(b[:508], castagnoli))
}

func parseHint(b []byte) (h hintBlock, ok bool) {
	le := binary.LittleEndian
	if len(b) < sectorLn || [8]byte(b[:8]) != hintMagic || le.Uint32(b[508:]) != crc32.Checksum(b[:508], castagnoli) {
		return h, false
	}
	return hintBlock{generation: le.Uint64(b[8:]), offset: le.Uint64(b[16:])}, true
}
