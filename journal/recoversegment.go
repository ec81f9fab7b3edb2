package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// The places of recovery's failpoints.
const (
	failRecoveredSegment  = iota + 100 // one segment is done
	failHoleHeader                     // a hole's header is written, its commit word not
	failHoleWritten                    // a hole is written
	failRecoverySeal                   // a recovered segment got its seal
	failSetAside                       // one file of another version is moved
	failRecoveredIdentity              // the new JOURNAL has its name
	failAdopted                        // a dead process's directory is locked and recovered
	failAdoptedRemoved                 // its segments are removed, the directory not yet
)

// Errors of a segment file that is no segment of ours.
var (
	errNoHeader  = errors.New("journal: it is too short for a segment")
	errMisplaced = errors.New("journal: its header says another position than its name, and that one is taken")
	errForeign   = errors.New("journal: it belongs to another journal")
	errNoRecord  = errors.New("journal: it holds no record that can be read")
)

// segment takes over one file. Nothing that is wrong with it keeps the next one from being read.
func (r *recovery) segment(name string) {
	path := filepath.Join(r.dir, name)
	f, err := r.fs.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		r.event(Event{Kind: EventCorruption, File: path, Err: err, Text: "the segment can't be opened: it is left alone"})
		return
	}
	s, err := r.takeOver(f, path)
	cerr := f.Close()
	var version *errVersion
	var later *laterError
	switch {
	case errors.As(err, &later):
		r.event(Event{Kind: EventCorruption, File: path, Err: err, Text: "the segment is left alone until the next start"})
	case err == nil && s == nil: // it held nothing
		err = ignoreMissing(r.fs.Remove(path)) // by its old name: one that was put back is empty the next time, too
		if err != nil {
			r.event(Event{Kind: EventCleanup, File: path, Err: err, Text: "an empty segment could not be removed"})
		}
	case errors.As(err, &version):
		r.setAside(path, version)
	case err != nil:
		r.report.SetAside++
		r.event(Event{Kind: EventCorruption, File: path, Err: errors.Join(err, r.q.takeFile(path)),
			Text: "the file is no segment of this journal: it was moved to " + r.q.dir})
	default:
		if cerr != nil {
			r.event(Event{Kind: EventCleanup, File: path, Err: cerr, Text: "the segment could not be closed"})
		}
		r.segments = append(r.segments, *s)
	}
}

// setAside moves a segment of another version to where a program that knows it may find it.
func (r *recovery) setAside(path string, cause *errVersion) {
	to, err := r.asideDir(cause.version)
	if err == nil {
		err = r.fs.Rename(path, filepath.Join(to, filepath.Base(path)))
	}
	r.report.SetAside++
	r.event(Event{Kind: EventSetAside, File: path, Err: errors.Join(cause, err), Text: "the segment is of another version: it was moved to " + to})
}

// takeOver finds out what f is. It returns nil for a segment without a record.
func (r *recovery) takeOver(f vfs.File, path string) (*recoveredSegment, error) {
	base, _ := segmentBase(filepath.Base(path))
	x, err := examine(f, base, r.identity)
	if err != nil {
		return nil, err
	}
	r.reserve(base + uint64(x.fileSize))
	if x.misplaced {
		return r.putBack(f, path, x)
	}
	r.reserve(base + x.size)
	s := &recoveredSegment{path: path, id: x.id, base: base, size: int64(x.size), jumbo: x.flags&segFlagJumbo != 0}
	if x.sealed() {
		s.end, s.records, s.holes, s.minTime, s.maxTime = x.seal.end, x.seal.records, x.seal.holes, x.seal.minTime, x.seal.maxTime
		if s.records == 0 {
			return nil, nil
		}
		r.seenIDs[x.id] = true
		return s, nil
	}
	return r.rescue(f, x, s)
}

// putBack gives a segment that somebody renamed its name again, if that is free. A power cut leaves such a one too: its new name was on the
// device, and the header that says so not yet.
func (r *recovery) putBack(f vfs.File, path string, x *examined) (*recoveredSegment, error) {
	to := segmentPath(r.dir, x.named)
	_, err := r.fs.Lstat(to)
	if x.named >= maxPosition || err == nil {
		return nil, errMisplaced
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, &laterError{err}
	}
	if err := r.fs.Rename(path, to); err != nil {
		return nil, &laterError{err}
	}
	r.event(Event{Kind: EventRepaired, File: path, Pos: x.named, Text: "the segment had been renamed: it has its name again, " + filepath.Base(to)})
	return r.takeOver(f, to)
}

// rescue reads through a segment that has no seal, marks its holes and seals it.
func (r *recovery) rescue(f vfs.File, x *examined, s *recoveredSegment) (*recoveredSegment, error) {
	r.report.Scanned++
	p := &pass{r: r, f: f, x: x, s: s}
	p.run(newScan(f, saltOf(x.id, x.base), x.base, x.size, uint64(x.fileSize), headerPage))
	s.scanned = true
	if x.sealOK && x.seal.records > s.records { // sealed, and cut afterwards
		s.lost = max(s.lost, x.seal.records-s.records)
	}
	r.report.Lost += uint64(s.lost)
	r.report.Unfinished += p.unfinished
	r.report.BadRanges += p.ranges
	if s.records == 0 {
		if p.ranges > 0 || s.lost > 0 {
			return nil, errNoRecord
		}
		return nil, nil
	}
	r.seenIDs[x.id] = true
	if err := p.seal(); err != nil {
		r.event(Event{Kind: EventCorruption, File: s.path, Pos: s.base, Err: err,
			Text: "the segment can't be written to: it is read through again at the next start"})
	}
	failpoint(failRecoverySeal)
	return s, nil
}

// pass is one reading of a segment.
type pass struct {
	r          *recovery
	f          vfs.File
	x          *examined
	s          *recoveredSegment
	unfinished uint64
	ranges     int
	gapBad     bool   // since the last record: bytes that are no record, or that were durable once
	firstBad   uint64 // offset of the first bytes since the last record that are none; 0: there are none
	werr       error
}

func (p *pass) run(sc *scan) {
	for {
		it := sc.next()
		switch it.kind {
		case scanEnd:
			if p.firstBad != 0 { // no record behind it tells how many there were
				p.s.lost += sc.tail(p.firstBad)
			}
			return
		case scanHole:
			p.hole(it)
		case scanBad:
			p.bad(it)
		case scanRecord:
			p.record(it)
		}
	}
}

func (p *pass) record(it scanned) {
	p.s.end = it.off + it.length
	if recordType(it.header>>32&0xf) == typeHole {
		p.s.holes++
		return
	}
	p.missing(uint64(it.missing))
	p.s.records++
	if it.word&lengthMask < recordHeader+8 {
		return
	}
	var b [8]byte
	if n, _ := p.f.ReadAt(b[:], int64(it.off)+recordHeader); n < len(b) {
		return
	}
	t := int64(binary.LittleEndian.Uint64(b[:]))
	if p.s.minTime == 0 || t < p.s.minTime {
		p.s.minTime = t
	}
	p.s.maxTime = max(p.s.maxTime, t)
}

// missing counts records that had a place and are not there. Where only zeros and claims lie, their producers
// died before they had them accepted; but not when the device had it all, or the machine went down.
func (p *pass) missing(n uint64) {
	if p.gapBad {
		p.s.lost += uint32(n)
	} else {
		p.unfinished += n
	}
	p.gapBad, p.firstBad = false, 0
}

// hole marks a place that was claimed and never filled: header first, commit word last.
func (p *pass) hole(it scanned) {
	if it.off < p.x.hint || p.x.powerLost(p.r.boot) {
		p.gapBad = true
	}
	p.r.report.Holes++
	if it.length > lengthMask || p.werr != nil {
		return
	}
	p.werr = writeHole(p.f, it, p.x)
}

func writeHole(f vfs.File, it scanned, x *examined) error {
	w := window{r: f, limit: uint64(x.fileSize)}
	crc, ok := w.stream(it.off+recordHeader, it.length-recordHeader)
	if !ok {
		return fmt.Errorf("journal: the hole at offset %d can't be read", it.off)
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], holeHeader)
	if _, err := f.WriteAt(b[:], int64(it.off)+8); err != nil {
		return err
	}
	failpoint(failHoleHeader)
	crc = bindCRC(crc, saltOf(x.id, x.base), x.base+it.off, holeHeader)
	binary.LittleEndian.PutUint64(b[:], uint64(crc)<<32|it.length)
	_, err := f.WriteAt(b[:], int64(it.off))
	failpoint(failHoleWritten)
	return err
}

// bad keeps a copy of bytes that are no record, unless they are what a cut-off write leaves.
func (p *pass) bad(it scanned) {
	p.ranges++
	if it.torn && it.off >= p.x.hint {
		return
	}
	p.gapBad = true
	if p.firstBad == 0 {
		p.firstBad = it.off
	}
	cause := &CorruptError{File: p.s.path, Position: p.s.base + it.off, Length: int64(it.length), Reason: "no record with a valid checksum"}
	if p.ranges <= maxRanges {
		p.r.q.takeRange(p.f, p.x, it)
		p.r.event(Event{Kind: EventCorruption, File: p.s.path, Pos: cause.Position, Err: cause,
			Text: "bytes that are no record were copied to " + p.r.q.dir + "; the records before and behind them are delivered"})
	}
}

// seal writes what the reading found, so that the next start need not read.
func (p *pass) seal() error {
	if p.werr != nil {
		return p.werr
	}
	var b [sectorLn]byte
	if !p.x.headerOK {
		h := segHeader{flags: p.x.flags, id: p.x.id, base: p.x.base, size: p.x.size, boot: p.r.boot}
		h.encode(b[:])
		if _, err := p.f.WriteAt(b[:], 0); err != nil {
			return err
		}
	}
	if p.s.end > uint64(p.x.fileSize) { // cut inside of the zeros that follow the last record
		if err := p.f.Truncate(int64(p.s.end)); err != nil {
			return err
		}
	}
	block := sealBlock{state: 1, holes: p.s.holes, end: p.s.end, records: p.s.records, minTime: p.s.minTime, maxTime: p.s.maxTime}
	block.encode(b[:])
	if _, err := p.f.WriteAt(b[:], offSeal); err != nil {
		return err
	}
	if p.r.durable {
		return p.f.Sync()
	}
	return nil
}
