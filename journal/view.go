package journal

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"sync"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// view reads the records of one segment, from its memory or, when that is given up, from its file.
type view struct {
	s    *segment
	mem  []byte // pinned memory of a live segment, or nil
	buf  []byte // what was read of the file of the segment of
	of   *segment
	from uint64 // offset of buf[0]
	// The memory of buf. Of a reader's view, payloads in it are handed out as they are, and it lives until they are released.
	chunk  *[]byte
	lender *chunks // of a reader; else nil
	lent   bool    // a payload in chunk was handed out
	end    uint64  // no record begins here or later, in a cold segment
	err    error   // of the last read
	held   bool    // the file stays as long as the view is open
	file   vfs.File
	own    bool // file was opened by this view
}

// viewChunk is read of a cold segment at a time.
const viewChunk = 128 << 10

var chunkPool = sync.Pool{New: func() any { b := make([]byte, viewChunk); return &b }}

// getChunk returns at least n bytes.
func getChunk(n uint64) *[]byte {
	if n > viewChunk {
		b := make([]byte, n)
		return &b
	}
	return chunkPool.Get().(*[]byte)
}

func putChunk(b *[]byte) {
	if len(*b) == viewChunk {
		chunkPool.Put(b)
	}
}

// open prepares v for s. Where the memory of s is gone, or not trusted, the file is read.
// A segment that was freed meanwhile has nothing to show.
func (v *view) open(s *segment) {
	v.s, v.mem, v.err, v.end = s, nil, nil, 0
	if v.of != s || !s.settled() { // what is settled does not change
		v.of, v.from, v.buf = s, 0, nil
	}
	if v.held = s.use(); !v.held {
		return
	}
	if !s.poisoned.Load() && s.pin() {
		v.mem = s.mem
	}
	v.end = s.claimed()
}

func (v *view) close() {
	if v.mem != nil {
		v.s.unpin()
	}
	if v.own {
		_ = v.file.Close() // it was only read
	}
	if v.held {
		v.s.unuse()
	}
	v.mem, v.s, v.held, v.file, v.own = nil, nil, false, nil, false
	if v.lender == nil {
		v.giveBack()
	}
}

// giveBack ends the life of what was read of a file.
func (v *view) giveBack() {
	if v.chunk != nil {
		putChunk(v.chunk)
	}
	v.chunk, v.buf, v.of, v.lent = nil, nil, nil, false
}

// live says whether v reads memory that producers may be writing to.
func (v *view) live() bool { return v.mem != nil }

// at returns n bytes at off, or nil where the file has no such bytes.
func (v *view) at(off, n uint64) []byte {
	if v.mem != nil {
		return v.mem[off : off+n]
	}
	if off >= v.from && off+n <= v.from+uint64(len(v.buf)) {
		return v.buf[off-v.from:][:n]
	}
	return v.load(off, n)
}

// load reads a piece of the file that holds [off,off+n).
func (v *view) load(off, n uint64) []byte {
	if off+n > uint64(v.s.size) || !v.openFile() {
		return nil
	}
	want := min(max(n, viewChunk), uint64(v.s.size)-off)
	v.needChunk(want)
	buf := (*v.chunk)[:want]
	got, err := v.file.ReadAt(buf, int64(off))
	v.buf, v.from = buf[:got], off
	if uint64(got) < n {
		v.err = err
		return nil
	}
	return v.buf[:n]
}

// needChunk makes sure of n bytes that nobody looks at.
func (v *view) needChunk(n uint64) {
	if v.lent {
		v.lender.full = append(v.lender.full, v.chunk)
		v.chunk, v.lent = nil, false
	}
	if v.chunk != nil && uint64(len(*v.chunk)) < n {
		putChunk(v.chunk)
		v.chunk = nil
	}
	if v.chunk == nil {
		v.chunk = getChunk(n)
	}
}

// openFile finds the file of the segment. Those of earlier runs are open only while they are read.
func (v *view) openFile() bool {
	b := v.s.backing
	if v.file != nil || b.file == nil && b.path == "" {
		return v.file != nil
	}
	if v.file = b.file; v.file == nil {
		v.file, v.err = v.s.j.fs.OpenFile(b.path, os.O_RDONLY, 0)
		v.own = v.err == nil
	}
	return v.err == nil && v.file != nil
}

// found is what lies at an offset.
type found uint8

const (
	foundRecord  found = iota
	foundNothing       // nothing is complete here yet
	foundEnd           // no record is here or behind
	foundSkip          // a place without a record: length is known
	foundBad           // bytes that are no record, in a file
)

// item is one record or place.
type item struct {
	off, length uint64 // length is padded
	header      uint64
	payload     []byte
}

func (it *item) kind() recordType { return recordType(it.header >> 32 & 0xf) }
func (it *item) priority() uint8  { return uint8(it.header >> 40) }
func (it *item) tag() uint16      { return uint16(it.header >> 48) }
func (it *item) ordinal() uint32  { return uint32(it.header) }

// next looks at off. The payload in it is valid as long as v is open and next is not called again.
func (v *view) next(off uint64, it *item) found {
	s := v.s
	if !v.held {
		return foundEnd
	}
	if off+recordHeader > s.limit || (!v.live() && off >= v.end) {
		return v.atEnd(off)
	}
	if v.live() {
		return v.nextLive(off, it)
	}
	return v.nextCold(off, it)
}

// atEnd tells the end of a closed segment from the place where an open one goes on.
func (v *view) atEnd(off uint64) found {
	if e := v.s.ended.Load(); e != 0 && off >= e {
		return foundEnd
	}
	return foundNothing
}

func (v *view) nextLive(off uint64, it *item) found {
	word := loadWord(v.mem, off)
	if word == 0 || word&claimedBit != 0 {
		if e := v.s.ended.Load(); e != 0 && off >= e {
			return foundEnd
		}
		return v.deadOr(off, it, foundNothing)
	}
	n := word & lengthMask
	it.off, it.length, it.header = off, uint64(align(int64(n))), loadHeader(v.mem, off)
	it.payload = v.mem[off+recordHeader : off+n]
	return v.classify(it)
}

func (v *view) deadOr(off uint64, it *item, other found) found {
	if n := v.s.deadAt(off); n != 0 {
		it.off, it.length = off, n
		return foundSkip
	}
	return other
}

func (v *view) classify(it *item) found {
	switch it.kind() {
	case typePad:
		return foundEnd
	case typeData, typeForward:
		return foundRecord
	default:
		return foundSkip
	}
}

func (v *view) nextCold(off uint64, it *item) found {
	b := v.at(off, recordHeader)
	if b == nil {
		return v.deadOr(off, it, foundBad)
	}
	word, header := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	n := word & lengthMask
	padded := uint64(align(int64(n)))
	if word == 0 || word&claimedBit != 0 || n < recordHeader || off+padded > v.s.limit {
		return v.deadOr(off, it, foundBad)
	}
	it.off, it.length, it.header = off, padded, header
	if it.kind() == typePad {
		if bindCRC(padPayloadCRC, v.s.salt, v.s.base+off, header) != uint32(word>>32) {
			return foundBad
		}
		return foundEnd
	}
	rec := v.at(off, n)
	if rec == nil {
		return v.deadOr(off, it, foundBad)
	}
	it.payload = rec[recordHeader:]
	if bindCRC(crc32.Checksum(it.payload, castagnoli), v.s.salt, v.s.base+off, header) != uint32(word>>32) {
		return v.deadOr(off, it, foundBad)
	}
	return v.classify(it)
}

// resync finds the next record of a cold segment behind a bad place: its offset, or the end. It takes the scan of
// recovery, which bounds what lengths that lie can cost.
func (v *view) resync(off uint64) uint64 {
	if !v.openFile() {
		return v.end
	}
	size, err := v.file.Size()
	if err != nil || uint64(size) <= off {
		return v.end
	}
	limit := min(v.end, uint64(size))
	sc := newScan(v.file, v.s.salt, v.s.base, uint64(v.s.size), limit, off)
	if to := off + sc.bad(off).length; to+recordHeader <= limit {
		return to
	}
	return v.end
}
