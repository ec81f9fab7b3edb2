package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// Cursor file, little endian: two slots, 4096 bytes apart, so that a torn page spoils one of them.
// The valid slot with the higher generation counts; the other one is written next.
//
//	0    8   magic LOGJCURS
//	8    2   version
//	10   2   length of the destination's name
//	12   2   length of the driver's state
//	16   8   generation
//	24   16  id of the journal
//	40   8   hash of the destination's type and address
//	48   8   acknowledged: everything before this position is done with
//	56   8   intent: everything before this position is being delivered; 0 if nothing is
//	64   8   records delivered, in total
//	72   8   records dropped, in total
//	80   8   when it was written, unix ns
//	88   64  driver's state that goes with the intent
//	152  255 destination's name
//	508  4   CRC32C of bytes 0 to 507
const (
	cursorSlot   = 4096
	cursorBytes  = 2 * cursorSlot
	cursorState  = 64 // longest state of a driver
	cursorName   = 255
	offCursorTag = 88
	offCursorNam = 152
)

var cursorMagic = [8]byte{'L', 'O', 'G', 'J', 'C', 'U', 'R', 'S'}

// cursor is the content of one slot.
type cursor struct {
	generation uint64
	id         [16]byte // of the journal whose positions these are
	hash       uint64   // of the destination's type and address
	acked      uint64
	intentEnd  uint64
	state      []byte // of the driver, for the intent
	delivered  uint64
	dropped    uint64
	written    int64 // unix ns
	name       string
}

func (c *cursor) encode(b []byte) {
	b = b[:sectorLn]
	clear(b)
	le := binary.LittleEndian
	name, state := c.name[:min(len(c.name), cursorName)], c.state[:min(len(c.state), cursorState)]
	copy(b, cursorMagic[:])
	le.PutUint16(b[8:], formatVersion)
	le.PutUint16(b[10:], uint16(len(name)))
	le.PutUint16(b[12:], uint16(len(state)))
	le.PutUint64(b[16:], c.generation)
	copy(b[24:], c.id[:])
	le.PutUint64(b[40:], c.hash)
	le.PutUint64(b[48:], c.acked)
	le.PutUint64(b[56:], c.intentEnd)
	le.PutUint64(b[64:], c.delivered)
	le.PutUint64(b[72:], c.dropped)
	le.PutUint64(b[80:], uint64(c.written))
	copy(b[offCursorTag:], state)
	copy(b[offCursorNam:], name)
	le.PutUint32(b[508:], crc32.Checksum(b[:508], castagnoli))
}

// parseCursor reads one slot. ok is false for anything but a whole slot of this version.
func parseCursor(b []byte) (c cursor, ok bool) {
	le := binary.LittleEndian
	if len(b) < sectorLn || [8]byte(b[:8]) != cursorMagic || le.Uint16(b[8:]) != formatVersion ||
		le.Uint32(b[508:]) != crc32.Checksum(b[:508], castagnoli) {
		return c, false
	}
	name, state := int(le.Uint16(b[10:])), int(le.Uint16(b[12:]))
	if name > cursorName || state > cursorState {
		return c, false
	}
	c = cursor{
		generation: le.Uint64(b[16:]), id: [16]byte(b[24:40]), hash: le.Uint64(b[40:]),
		acked: le.Uint64(b[48:]), intentEnd: le.Uint64(b[56:]),
		delivered: le.Uint64(b[64:]), dropped: le.Uint64(b[72:]), written: int64(le.Uint64(b[80:])),
		name: string(b[offCursorNam : offCursorNam+name]),
	}
	c.state = append(c.state, b[offCursorTag:offCursorTag+state]...)
	return c, true
}

// newestCursor picks the slot that counts out of a whole file, and says which one it is.
func newestCursor(b []byte) (c cursor, slot int, ok bool) {
	for i := range 2 {
		if len(b) < i*cursorSlot+sectorLn {
			break
		}
		if s, valid := parseCursor(b[i*cursorSlot:]); valid && (!ok || s.generation > c.generation) {
			c, slot, ok = s, i, true
		}
	}
	return c, slot, ok
}

// clampCursor applies the rules for a cursor that lies outside of what is kept: below the oldest record it is moved
// up, and skipped says by how many bytes; above the end it stays, because no position is ever used twice.
func clampCursor(acked, oldest uint64) (pos, skipped uint64) {
	if acked < oldest {
		return oldest, oldest - acked
	}
	return acked, 0
}
