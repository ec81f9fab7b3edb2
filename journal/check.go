package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// CheckReport is what [Check] found in one directory.
type CheckReport struct {
	Dir        string
	InUse      string // who holds the directory, "" if nobody does
	JournalID  string // 32 hexadecimal digits, "" if JOURNAL is missing or damaged
	Program    string
	Name       string
	Segments   []SegmentReport
	Cursors    []CursorReport
	Quarantine int           // files
	Private    []CheckReport // of processes that found the directory in use
	Problems   []string      // in words; none: all is well
}

// SegmentReport is the state of one segment file.
type SegmentReport struct {
	File      string
	Base      uint64 // position of its first byte
	Bytes     int64  // of the file
	Sealed    bool   // it was ended in order, or recovered
	Records   uint64
	Expected  uint64 // records by the seal, 0 without one
	Holes     uint64 // claimed and never filled
	Missing   uint64 // records that were given a place and can't be read, beside bytes that are no record
	BadRanges uint64 // stretches of bytes that are no record
	BadBytes  uint64
	Oldest    int64 // unix ns, 0 if it is not known
	Newest    int64
}

// CursorReport is one destination's place.
type CursorReport struct {
	Destination string
	Hash        uint64 // of its type and address
	Acked       uint64 // everything before this position is done with
	Pending     uint64 // records behind it that can be read; the destination's route may exclude some
	Delivered   uint64 // in total, as far as the destination counts
	Dropped     uint64
	Intent      uint64 // a delivery up to this position was begun and not finished; 0 if none was
}

// OK says whether nothing is wrong.
func (r *CheckReport) OK() bool {
	for i := range r.Private {
		if !r.Private[i].OK() {
			return false
		}
	}
	return len(r.Problems) == 0
}

func (r *CheckReport) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Check reads a state directory through, with every record's checksum, and changes nothing. It may run while the
// journal is in use; what is written meanwhile is then seen in part. The error says that dir can't be read at all.
func Check(dir string) (CheckReport, error) { return check(vfs.OS{}, dir) }

func check(fsys vfs.FS, dir string) (CheckReport, error) {
	r := CheckReport{Dir: dir}
	d, err := openStored(fsys, dir)
	if err != nil {
		return r, err
	}
	r.Problems = d.problems
	r.Program, r.Name = d.identity.body.Program, d.identity.body.Name
	if d.stored {
		r.JournalID = fmt.Sprintf("%x", d.identity.id)
	}
	r.InUse = d.holder()
	positions := d.checkSegments(&r)
	d.checkCursors(&r, positions)
	if entries, err := fsys.ReadDir(filepath.Join(dir, quarantineDir)); err == nil {
		r.Quarantine = len(entries)
	}
	for _, sub := range d.private {
		p, err := check(fsys, sub)
		if err != nil {
			p.problem("%v", err)
		}
		r.Private = append(r.Private, p)
	}
	return r, nil
}

// stored is a state directory that is looked at without holding it.
type stored struct {
	fs       vfs.FS
	dir      string
	identity *identity // made up, with all ids that segments carry, when JOURNAL can't be read
	stored   bool      // it was read from JOURNAL
	names    []string  // of segments, by position
	private  []string
	problems []string
}

func openStored(fsys vfs.FS, dir string) (*stored, error) {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	d := &stored{fs: fsys, dir: dir}
	known := false
	for _, e := range entries {
		name := e.Name()
		_, segment := segmentBase(name)
		switch {
		case segment && e.Type().IsRegular():
			d.names = append(d.names, name)
		case segment:
			d.note("%s has the name of a segment and is not a file", name)
		case strings.HasPrefix(name, privatePrefix) && e.IsDir():
			d.private = append(d.private, filepath.Join(dir, name))
		case strings.HasPrefix(name, asidePrefix):
			d.note("%s holds what another version wrote", name)
		}
		known = known || segment || name == journalFileName || name == lockFileName
	}
	if !known {
		return nil, fmt.Errorf("journal: %s is not a state directory: it has no JOURNAL, no LOCK and no segment", dir)
	}
	return d, d.readIdentity()
}

func (d *stored) note(format string, args ...any) {
	d.problems = append(d.problems, fmt.Sprintf(format, args...))
}

func (d *stored) readIdentity() error {
	i, err := readIdentity(d.fs, d.dir)
	var version *errVersion
	if errors.As(err, &version) {
		return err
	}
	if i != nil {
		d.identity, d.stored = i, true
		return nil
	}
	if err != nil {
		d.note("%v", err)
	} else if len(d.names) > 0 {
		d.note("JOURNAL is missing: its segments are read all the same")
	}
	r := recovery{fs: d.fs, dir: d.dir}
	r.identity = &identity{}
	r.collectIDs(d.names)
	d.identity = r.identity
	return nil
}

// holder names who holds the lock.
func (d *stored) holder() string {
	path := filepath.Join(d.dir, lockFileName)
	if _, err := d.fs.Lstat(path); err != nil {
		return ""
	}
	lock, err := takeLock(d.fs, d.dir)
	var busy *BusyError
	if errors.As(err, &busy) {
		return fmt.Sprintf("process %d on %s", busy.PID, busy.Host)
	}
	if err == nil {
		_ = lock.Close() // nothing was written
	}
	return ""
}

// checkSegments returns the positions of all records that can be read.
func (d *stored) checkSegments(r *CheckReport) (positions []uint64) {
	for _, name := range d.names {
		s, err := d.walk(name, func(e Entry) error {
			positions = append(positions, e.Position)
			return nil
		})
		if err != nil {
			r.problem("%s: %v", name, err)
			continue
		}
		if s.BadRanges > 0 || s.short() > 0 {
			r.problem("%s: %d bytes are no record, %d records are missing", name, s.BadBytes, max(s.Missing, s.short()))
		}
		if !s.Sealed && r.InUse == "" {
			r.problem("%s: it was not ended in order; the next start, or repair, recovers it", name)
		}
		r.Segments = append(r.Segments, s)
	}
	slices.Sort(positions)
	return positions
}

func (d *stored) checkCursors(r *CheckReport, positions []uint64) {
	cursors, damaged, err := readCursors(d.fs, d.dir)
	if err != nil {
		r.problem("cursors: %v", err)
	}
	for _, path := range damaged {
		r.problem("%s is damaged: its destination starts at the oldest record that is kept", path)
	}
	for key, c := range cursors {
		at, _ := slices.BinarySearch(positions, c.acked)
		r.Cursors = append(r.Cursors, CursorReport{Destination: key.name, Hash: key.hash, Acked: c.acked, Intent: c.intentEnd,
			Pending: uint64(len(positions) - at), Delivered: c.delivered, Dropped: c.dropped})
		if !d.identity.knows(c.id) {
			r.problem("the cursor of %q belongs to another journal", key.name)
		}
	}
	slices.SortFunc(r.Cursors, func(a, b CursorReport) int { return strings.Compare(a.Destination, b.Destination) })
}

// walk calls f with every record of a segment that can be read.
func (d *stored) walk(name string, f func(Entry) error) (SegmentReport, error) {
	base, _ := segmentBase(name)
	s := SegmentReport{File: name, Base: base}
	file, err := d.fs.OpenFile(filepath.Join(d.dir, name), os.O_RDONLY, 0)
	if err != nil {
		return s, err
	}
	defer file.Close()
	x, err := examine(file, base, d.identity)
	if err != nil {
		return s, err
	}
	s.Bytes, s.Sealed = x.fileSize, x.sealed()
	if x.misplaced {
		return s, fmt.Errorf("its header says position %d: the file was renamed", x.named)
	}
	if x.sealOK {
		s.Expected, s.Oldest, s.Newest = uint64(x.seal.records), x.seal.minTime, x.seal.maxTime
	}
	sc := newScan(file, saltOf(x.id, base), base, x.size, uint64(x.fileSize), headerPage)
	return s, s.scan(sc, f)
}

// short is how many records the seal tells of and the file does not have.
func (s *SegmentReport) short() uint64 { return max(s.Expected, s.Records) - s.Records }

func (s *SegmentReport) scan(sc *scan, f func(Entry) error) error {
	var buf []byte
	bad := uint64(0) // offset of the first bytes since the last record that are none
	for {
		it := sc.next()
		if bad != 0 {
			s.Missing += uint64(it.missing)
		}
		switch it.kind {
		case scanEnd:
			if bad != 0 {
				s.Missing += uint64(sc.tail(bad))
			}
			return nil
		case scanHole:
			s.Holes++
			continue
		case scanBad:
			s.BadRanges++
			s.BadBytes += it.length
			if bad == 0 {
				bad = it.off
			}
			continue
		}
		if recordType(it.header>>32&0xf) == typeHole {
			s.Holes++
			continue
		}
		s.Records++
		bad = 0
		payload, err := sc.payload(&it, buf[:0])
		if err != nil {
			return fmt.Errorf("offset %d: %w", it.off, err)
		}
		buf = payload
		if err := f(entryOf(&it, s.Base, payload)); err != nil {
			return err
		}
	}
}

// entryOf makes what a reader would get. A record that was moved keeps its first position.
func entryOf(it *scanned, base uint64, payload []byte) Entry {
	e := Entry{Position: base + it.off, End: base + it.off + it.length, Tag: uint16(it.header >> 48),
		Priority: uint8(it.header >> 40), Recovered: true, Payload: payload}
	if recordType(it.header>>32&0xf) == typeForward && len(payload) >= forwardHeader {
		e.Position = binary.LittleEndian.Uint64(payload)
		e.Payload = payload[forwardHeader:]
	}
	return e
}

// Cat calls f with every record of the directory that can be read, by position, then with those of its private
// subdirectories. It changes nothing. The payload is valid during the call. An error of f ends it and is returned.
func Cat(dir string, f func(Entry) error) error { return cat(vfs.OS{}, dir, f) }

func cat(fsys vfs.FS, dir string, f func(Entry) error) error {
	d, err := openStored(fsys, dir)
	if err != nil {
		return err
	}
	var unread []error
	for _, name := range d.names {
		var stopped error
		_, err := d.walk(name, func(e Entry) error {
			stopped = f(e)
			return stopped
		})
		if stopped != nil {
			return stopped
		}
		if err != nil && !errors.Is(err, io.EOF) {
			unread = append(unread, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)) // the next one is no worse for it
		}
	}
	for _, sub := range d.private {
		if err := cat(fsys, sub, f); err != nil {
			return errors.Join(append(unread, err)...)
		}
	}
	return errors.Join(unread...)
}
