package journal

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// Segment file, little endian:
//
//	0      512   header: magic, version, sizes, journal id, base position; CRC32C at 508
//	512    512   seal: state, end offset, records, holes, times; CRC32C
//	1024   512   durable-through hint A: generation, offset, CRC32C
//	1536   512   durable-through hint B
//	4096   ...   records, 8-byte aligned
//
// Record:
//
//	0  8  commit word: bits 0-30 length with header, unpadded; bit 31 claimed; bits 32-63 CRC
//	8  4  ordinal in the segment
//	12 1  type (low 4 bits), payload codec version (high 4 bits)
//	13 1  priority, opaque
//	14 2  tag, opaque
//	16 n  payload, zero padded to 8
//
// A zero commit word is virgin space; claimed with CRC 0 is a claim whose
// producer has not committed. Anything else is committed when its CRC matches.
const (
	formatVersion = 1

	headerPage   = 4096
	recordHeader = 16
	recordAlign  = 8

	claimedBit = uint64(1) << 31
	lengthMask = claimedBit - 1

	offSeal  = 512
	offHintA = 1024
	offHintB = 1536
	sectorLn = 512

	minSegmentSize = 256 << 10
	maxSegmentSize = 16 << 20
)

var segmentMagic = [8]byte{'L', 'O', 'G', 'J', 'S', 'E', 'G', '1'}

type recordType uint8

const (
	typeData    recordType = 1
	typePad     recordType = 2 // filler up to the end of the segment
	typeHole    recordType = 3 // an unfinished record, neutralised by recovery
	typeForward recordType = 4 // a record moved from an earlier place: original position (8), reader hash or 0 (8), payload
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// bindCRC ties a payload's checksum to the segment's life, the record's place
// and its header, so that a stale, moved or foreign record can't validate.
// The result is never 0, so that a committed word is never mistaken for a claim.
func bindCRC(payload, salt uint32, pos uint64, header uint64) uint32 {
	x := uint64(salt)<<32 ^ pos ^ bits.RotateLeft64(header, 23)
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	c := payload ^ uint32(x>>32)
	if c == 0 {
		c = 1
	}
	return c
}

// align rounds a record's length up to the alignment of records.
func align(n int64) int64 { return (n + recordAlign - 1) &^ (recordAlign - 1) }

// packHeader is bytes 8 to 15 of a record as a number.
func packHeader(ordinal uint32, t recordType, priority uint8, tag uint16) uint64 {
	return uint64(ordinal) | uint64(t)<<32 | uint64(priority)<<40 | uint64(tag)<<48
}

// A filler's payload is not covered by its CRC: bindCRC(0, ...). Where less than
// a header is left at the end of a segment, there is no filler and nothing to read.
const padPayloadCRC = 0

// saltOf is the salt of the segment at base of the journal id: it can be had without the header page.
func saltOf(id [16]byte, base uint64) uint32 {
	var b [24]byte
	copy(b[:], id[:])
	binary.LittleEndian.PutUint64(b[16:], base)
	return crc32.Checksum(b[:], castagnoli)
}
