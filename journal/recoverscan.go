package journal

import (
	"encoding/binary"
	"errors"
	"io"
)

// scan reads the records of a segment file that nobody writes to, whatever is in it. It steps over what
// is no record, so that a record is found whatever lies before it. A record is accepted only when its
// checksum binds it to this segment and this place; a length is never believed before that.
//
// At each 8-byte boundary:
//
//	record       committed and the checksum fits           -> kept
//	claim        claimed, and what follows its length is     -> hole: the producer died before it committed
//	             zero, a claim, a record or the end
//	zeros        up to the next word that is not zero        -> hole: the producer died before it wrote anything;
//	                                                            or the end, when there is no such word
//	other bytes  up to the next record                       -> bad
type scan struct {
	r     io.ReaderAt
	salt  uint32
	base  uint64 // position of offset 0
	size  uint64 // of the segment
	limit uint64 // no record reaches beyond it: size, or less where the file was cut
	off   uint64 // next place to look at
	last  int64  // ordinal of the last record; -1 before the first, -2 if it is not known
	since uint64 // end of the last record
	win   window
	work  int64 // bytes that may still be checksummed in vain
	// strict makes the scan end at the first place without a record. Only a test sets it, to show what that costs.
	strict bool
}

// scanKind says what lies at a place.
type scanKind uint8

const (
	scanEnd    scanKind = iota // no record from here on
	scanRecord                 // data, forwarded, or an earlier recovery's hole
	scanHole                   // a place that was claimed and not committed
	scanBad                    // bytes that are no record
)

// scanned is one place of a segment.
type scanned struct {
	kind    scanKind
	off     uint64
	length  uint64 // up to the next place
	header  uint64 // bytes 8 to 15 of a record
	word    uint64 // the commit word of a record
	missing uint32 // records that were given a place between the record before and this one and are not there
	torn    bool   // of a bad place: it looks like a write that the process's end cut off
}

const (
	vainFactor   = 256     // bytes of checksums in vain, for each byte of the segment
	vainLength   = 4 << 10 // longest record that is still tried when they are used up
	unknownOrder = -2
)

// newScan begins at offset from, which is headerPage or the end of a record.
func newScan(r io.ReaderAt, salt uint32, base, size, limit, from uint64) *scan {
	limit = min(size, limit)
	s := &scan{r: r, salt: salt, base: base, size: size, limit: limit, off: max(from, headerPage), last: -1,
		work: int64(limit)*vainFactor + windowBytes}
	if s.off > headerPage {
		s.last = unknownOrder
	}
	s.since = s.off
	s.win = window{r: r, limit: limit}
	return s
}

// next returns the next place. After scanEnd it returns scanEnd again.
func (s *scan) next() scanned {
	if s.off+recordHeader > s.limit {
		return scanned{kind: scanEnd, off: s.off}
	}
	if it, ok := s.record(s.off); ok {
		return s.take(it)
	}
	if s.strict {
		return s.end(s.off)
	}
	at := s.off
	n, clean := s.claims(at)
	if clean && n > 0 && at+n >= s.limit {
		return s.end(at) // only zeros and claims up to the end
	}
	if n > 0 {
		s.off += n
		return scanned{kind: scanHole, off: at, length: n}
	}
	return s.bad(at)
}

func (s *scan) end(at uint64) scanned {
	s.off = s.limit
	return scanned{kind: scanEnd, off: at}
}

// take moves past a record and counts what is missing before it.
func (s *scan) take(it scanned) scanned {
	if recordType(it.header>>32&0xf) == typePad {
		return s.end(it.off)
	}
	s.off += it.length
	if recordType(it.header>>32&0xf) == typeHole {
		return it
	}
	ord := int64(uint32(it.header))
	if s.last != unknownOrder {
		it.missing = uint32(ord - s.last - 1)
	}
	s.last, s.since = ord, s.off
	return it
}

// record looks for a whole record at off.
func (s *scan) record(off uint64) (it scanned, ok bool) {
	b := s.win.at(off, recordHeader)
	if b == nil {
		return it, false
	}
	word, header := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	n := word & lengthMask
	it = scanned{kind: scanRecord, off: off, length: uint64(align(int64(n))), header: header, word: word}
	if recordType(header>>32&0xf) == typePad && off+n == s.size {
		return it, uint32(word>>32) == bindCRC(padPayloadCRC, s.salt, s.base+off, header)
	}
	if !s.plausible(off, word, header) {
		return it, false
	}
	if s.work <= 0 && n > vainLength {
		return it, false
	}
	crc, ok := s.win.checksum(off+recordHeader, n-recordHeader)
	if ok && uint32(word>>32) == bindCRC(crc, s.salt, s.base+off, header) {
		return it, true
	}
	s.work -= int64(n)
	return it, false
}

// plausible says whether a word and a header can be those of a record at off. What passes is checksummed, so
// this only saves work: the ordinals of records grow with their places, by at most one for each 16 bytes.
func (s *scan) plausible(off, word, header uint64) bool {
	n := word & lengthMask
	if word&claimedBit != 0 || word>>32 == 0 || n < recordHeader || off+n > s.limit {
		return false
	}
	switch recordType(header >> 32 & 0xf) {
	case typeHole:
		return uint32(header) == ordinalMask
	case typeData, typeForward:
	default:
		return false
	}
	ord := int64(uint32(header))
	if s.last == unknownOrder {
		return uint64(ord) <= (off-headerPage)/recordHeader
	}
	return ord > s.last && ord <= s.last+1+int64((off-s.since)/recordHeader)
}

// claims measures the run of zeros and unfinished claims at off: up to a record, or to the end of the segment.
// clean says that nothing else was found; otherwise the length is that of the first hole, 0 if there is none.
func (s *scan) claims(off uint64) (n uint64, clean bool) {
	at := off
	for at+recordHeader <= s.limit {
		step := s.claim(at)
		if step == 0 {
			break
		}
		at += step
		if _, ok := s.record(at); ok {
			return at - off, true
		}
	}
	if at+recordHeader > s.limit {
		return s.limit - off, true
	}
	return at - off, false
}

// claim returns the length of one hole at off: a claim, or the zeros of claims that left no trace.
func (s *scan) claim(off uint64) uint64 {
	word, ok := s.win.word(off)
	if !ok {
		return 0
	}
	if word == 0 {
		end := s.win.zeros(off, s.limit)
		if s.limit-end < recordHeader {
			return s.limit - off
		}
		// A recovery that was ended between the two stores of a hole leaves its header behind a zero word.
		if head, _ := s.win.word(end); head == holeHeader && end-off == recordAlign {
			end = s.win.zeros(end+recordAlign, s.limit)
		}
		if end-off < recordHeader {
			return 0
		}
		return end - off
	}
	n := uint64(align(int64(word & lengthMask)))
	if word>>32 != 0 || word&claimedBit == 0 || word&lengthMask < recordHeader || off+n > s.limit {
		return 0
	}
	if off+n+recordHeader > s.limit || s.follows(off+n) {
		return n
	}
	return 0
}

// follows says whether what lies at off can come after an unfinished record.
func (s *scan) follows(off uint64) bool {
	word, ok := s.win.word(off)
	if !ok {
		return false
	}
	if word == 0 {
		return true
	}
	if word>>32 == 0 && word&claimedBit != 0 {
		n := word & lengthMask
		return n >= recordHeader && off+uint64(align(int64(n))) <= s.limit
	}
	_, ok = s.record(off)
	return ok
}

// bad measures what is neither a record nor a hole. It ends at a record, or at a hole that a record follows.
func (s *scan) bad(off uint64) scanned {
	it := scanned{kind: scanBad, off: off, torn: s.looksTorn(off)}
	at := off + recordAlign
	for at+recordHeader <= s.limit {
		if s.win.missing(at) {
			at += recordAlign
			continue
		}
		if word, _ := s.win.word(at); word == 0 {
			end := s.win.zeros(at, s.limit)
			if s.limit-end < recordHeader {
				break // nothing but zeros: the rest was never written
			}
			at = end
			continue
		}
		if _, ok := s.record(at); ok {
			break
		}
		at += recordAlign
	}
	if at+recordHeader > s.limit {
		at = s.limit
	}
	it.length = at - off
	s.off = at
	return it
}

// tail estimates how many records a bad place cost that no record follows: those whose headers can still be
// read, and at least one.
func (s *scan) tail(off uint64) uint32 {
	last, lost := s.last, int64(0)
	for last != unknownOrder && off+recordHeader <= s.limit {
		b := s.win.at(off, recordHeader)
		if b == nil {
			break
		}
		word, header := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		t, ord := recordType(header>>32&0xf), int64(uint32(header))
		if t != typeData && t != typeForward || ord <= last || ord > last+1+int64((off-s.since)/recordHeader) {
			if ord == ordinalMask || off+word&lengthMask == s.size {
				return uint32(lost) // a damaged filler
			}
			break
		}
		lost += ord - last
		last = ord
		if word&lengthMask < recordHeader {
			break
		}
		off += uint64(align(int64(word & lengthMask)))
	}
	return uint32(max(lost, 1))
}

// looksTorn says whether the process's end may have cut off the write of the record at off: the kernel copies
// a write page by page, so that a part from a page boundary on is still as it was allocated.
func (s *scan) looksTorn(off uint64) bool {
	b := s.win.at(off, recordHeader)
	if b == nil {
		return false
	}
	word := binary.LittleEndian.Uint64(b)
	if !s.plausible(off, word, binary.LittleEndian.Uint64(b[8:])) {
		return false
	}
	end := off + uint64(align(int64(word&lengthMask)))
	page := (end - 1) &^ (headerPage - 1)
	if page <= off || end-page < recordAlign {
		return false
	}
	if s.win.zeros(page, end) < end {
		return false
	}
	for page > off+headerPage && s.win.zeros(page-headerPage, page) == page {
		page -= headerPage
	}
	before, ok := s.win.word(page - recordAlign)
	return ok && before != 0
}

// payload appends the payload of a record to buf. The record's checksum was right when it was scanned.
func (s *scan) payload(it *scanned, buf []byte) ([]byte, error) {
	n := int(it.word&lengthMask) - recordHeader
	at := len(buf)
	buf = append(buf, make([]byte, n)...)
	got, err := s.r.ReadAt(buf[at:], int64(it.off)+recordHeader)
	if got == n {
		return buf, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return buf[:at], err
}

// holeHeader is bytes 8 to 15 of every hole that recovery writes.
var holeHeader = packHeader(ordinalMask, typeHole, 0, 0)
