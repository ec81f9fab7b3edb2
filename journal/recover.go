package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// maxPosition is more than a journal gets to: a segment that claims to lie behind it is not one of ours.
const maxPosition = 1 << 62

// recovered is what an earlier run left in a directory, made ready to be read.
type recovered struct {
	home     *home
	identity *identity                 // of this run; JOURNAL is written
	nextBase uint64                    // base of the first segment to come: no position at or behind it was ever given out
	segments []recoveredSegment        // by position
	cursors  map[destinationKey]cursor // by destination
	known    map[string]uint64         // destinations that the earlier run had, with their hashes; nil if JOURNAL was lost
	fresh    bool                      // there was nothing: no JOURNAL, no segment, no cursor
	events   []Event                   // for the operator
	report   RecoveryReport            // in numbers
}

// recoveredSegment is one segment file of an earlier run. It is never appended to and never used again.
type recoveredSegment struct {
	path    string
	id      [16]byte // of the journal that wrote it
	base    uint64
	size    int64  // by the header; the file may be shorter
	end     uint64 // offset behind the last record
	jumbo   bool
	records uint32
	holes   uint32
	minTime int64 // unix ns, 0 if it is not known
	maxTime int64
	scanned bool // by this recovery: it had no seal
	lost    uint32
}

// salt binds the records of the segment.
func (s *recoveredSegment) salt() uint32 { return saltOf(s.id, s.base) }

// RecoveryReport is what a recovery found, in numbers.
type RecoveryReport struct {
	Segments   int    // that hold records
	Scanned    int    // of them: read through, because the run that wrote them did not end them
	Records    uint64 // in all segments
	Holes      uint64 // places that were claimed and never filled, now marked as such
	Unfinished uint64 // records whose Append had not returned when the process ended
	Lost       uint64 // records that were accepted and can't be read any more; at most that many
	BadRanges  int    // stretches of bytes that are no record
	SetAside   int    // files moved away: damaged, foreign or of another version
}

// recovery is one run of recoverHome.
type recovery struct {
	recovered
	fs      vfs.FS
	dir     string
	opts    *Options
	boot    uint64
	durable bool
	had     bool // JOURNAL was there and whole
	q       *quarantine
	highest uint64
	seenIDs map[[16]byte]bool
}

// recoverHome makes ready what an earlier run left in h. Only the holder of h may call it. Each step can be
// repeated: a process killed in the middle is another run. Damage is reported in the events, and is no error;
// an error says that the directory itself can't be read or written.
func recoverHome(h *home, o *Options) (*recovered, error) {
	_, boot := bootID()
	r := &recovery{fs: h.fs, dir: h.dir, opts: o, boot: boot, durable: o.Durability == DurabilityInterval,
		seenIDs: map[[16]byte]bool{}}
	r.home = h
	r.q = newQuarantine(h.fs, h.dir)
	old, err := r.readOld()
	if err != nil {
		return nil, err
	}
	names, err := r.list()
	if err != nil {
		return nil, err
	}
	r.known = nil
	if old != nil {
		if r.known = old.body.Destinations; r.known == nil && !old.body.Lost {
			r.known = map[string]uint64{}
		}
		r.highest = max(r.highest, old.mark.next)
	}
	r.identity = makeIdentity(old, o, boot)
	r.had = old != nil
	if old == nil {
		r.collectIDs(names)
	}
	for _, name := range names {
		r.segment(name)
		failpoint(failRecoveredSegment)
	}
	if err := r.readCursors(); err != nil {
		return nil, err
	}
	r.fresh = old == nil && len(names) == 0 && len(r.cursors) == 0
	r.finish()
	if err := r.write(old); err != nil {
		return nil, err
	}
	failpoint(failRecoveredIdentity)
	r.q.trim(r.event)
	return &r.recovered, nil
}

// write brings JOURNAL up to date. Where only the mark is new it is written in place: to
// replace a file costs milliseconds, because some file systems write the new one to the device then.
func (r *recovery) write(old *identity) error {
	i := r.identity
	if old == nil || i.id != old.id || i.boot != old.boot || !i.body.equal(&old.body) {
		return writeIdentity(r.fs, r.dir, i, r.durable)
	}
	return writeMark(r.fs, r.dir, i.mark, r.durable)
}

// readOld reads JOURNAL. What another version left is moved out of the way.
func (r *recovery) readOld() (*identity, error) {
	old, err := readIdentity(r.fs, r.dir)
	var version *errVersion
	switch {
	case err == nil:
		return old, nil
	case errors.As(err, &version):
		return nil, r.setAllAside(version)
	case errors.Is(err, errDamaged):
		r.event(Event{Kind: EventCorruption, File: filepath.Join(r.dir, journalFileName), Err: err,
			Text: "JOURNAL is damaged: the journal gets a new id, its segments are read all the same"})
		_ = r.q.takeFile(filepath.Join(r.dir, journalFileName)) // for people; the new one replaces it
		return nil, nil
	default:
		r.event(Event{Kind: EventCorruption, File: filepath.Join(r.dir, journalFileName), Err: err,
			Text: "JOURNAL can't be read: the journal gets a new id, its segments are read all the same"})
		return nil, nil
	}
}

// setAllAside moves everything that another version may have written into a directory of its own. JOURNAL
// goes last, so that a process killed meanwhile goes on here the next time.
func (r *recovery) setAllAside(cause *errVersion) error {
	entries, err := r.fs.ReadDir(r.dir)
	if err != nil {
		return err
	}
	to, err := r.asideDir(cause.version)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if name == lockFileName || name == journalFileName || strings.HasPrefix(name, privatePrefix) || strings.HasPrefix(name, asidePrefix) {
			continue
		}
		if err := r.fs.Rename(filepath.Join(r.dir, name), filepath.Join(to, name)); err != nil {
			return err
		}
		failpoint(failSetAside)
	}
	r.report.SetAside++
	r.event(Event{Kind: EventSetAside, File: to, Err: cause,
		Text: "what another version wrote was moved to " + to + "; its records are delivered by a program that knows it"})
	return r.fs.Rename(filepath.Join(r.dir, journalFileName), filepath.Join(to, journalFileName))
}

func (r *recovery) asideDir(version uint16) (string, error) {
	for n := 1; ; n++ {
		to := filepath.Join(r.dir, fmt.Sprintf("%s%d-%d", asidePrefix, version, n))
		err := r.fs.Mkdir(to, 0o700)
		if !errors.Is(err, fs.ErrExist) {
			return to, err
		}
	}
}

// list removes spares and returns the names of the segment files by position. What has such a name and is no
// regular file is reported and left; its position is not used again.
func (r *recovery) list() ([]string, error) {
	entries, err := r.fs.ReadDir(r.dir) // sorted by name, which is by position
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(r.dir, name)
		if isSpare(name) || name == journalFileTemp {
			if err := ignoreMissing(r.fs.Remove(path)); err != nil {
				r.event(Event{Kind: EventCleanup, File: path, Err: err, Text: "a spare segment could not be removed"})
			}
			continue
		}
		base, ok := segmentBase(name)
		if !ok {
			continue
		}
		r.reserve(base + headerPage)
		if !e.Type().IsRegular() {
			r.event(Event{Kind: EventCorruption, File: path, Pos: base, Text: "it has the name of a segment and is not a file: it is left alone"})
			continue
		}
		names = append(names, name)
	}
	return names, nil
}

// segmentBase reads the position out of a segment's file name.
func segmentBase(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != 16 || strings.ToLower(digits) != digits {
		return 0, false
	}
	base, err := strconv.ParseUint(digits, 16, 64)
	return base, err == nil && base < maxPosition
}

// reserve notes that positions before pos are used.
func (r *recovery) reserve(pos uint64) {
	if pos < maxPosition {
		r.highest = max(r.highest, pos)
	}
}

// collectIDs makes the ids that segments and cursors carry known, because JOURNAL, which knew them, is lost.
func (r *recovery) collectIDs(names []string) {
	for _, name := range names {
		f, err := r.fs.OpenFile(filepath.Join(r.dir, name), os.O_RDONLY, 0)
		if err != nil {
			continue
		}
		var b [sectorLn]byte
		n, _ := f.ReadAt(b[:], 0) // a header that can't be read names no id
		_ = f.Close()
		h, ok := parseSegHeader(b[:n])
		if base, _ := segmentBase(name); ok && h.base == base {
			r.remember(h.id)
		}
	}
}

// remember adds an id to the former ones.
func (r *recovery) remember(id [16]byte) {
	if body := &r.identity.body; !r.identity.knows(id) && len(body.Former) < maxFormer {
		body.Former = append(body.Former, journalID(id))
	}
}

// readCursors reads the cursors. One that is damaged, or of another journal, is moved away: its destination
// starts at the oldest record.
func (r *recovery) readCursors() error {
	cursors, damaged, err := readCursors(r.fs, r.dir)
	if err != nil {
		return err
	}
	for key, c := range cursors {
		if !r.identity.knows(c.id) && r.had {
			damaged = append(damaged, cursorPath(r.dir, key.name, key.hash))
			delete(cursors, key)
			continue
		}
		r.seenIDs[c.id] = true
		r.reserve(c.acked)
		r.reserve(c.intentEnd)
	}
	for _, path := range damaged {
		err := r.q.takeFile(path)
		r.report.SetAside++
		r.event(Event{Kind: EventCorruption, File: path, Err: err,
			Text: "the cursor is damaged or another journal's: its destination starts at the oldest record that is kept"})
	}
	r.cursors = cursors
	return nil
}

// finish computes what depends on all segments and cursors.
func (r *recovery) finish() {
	slices.SortFunc(r.segments, func(a, b recoveredSegment) int { return cmp.Compare(a.base, b.base) })
	former := r.identity.body.Former[:0]
	for _, id := range r.identity.body.Former {
		if r.seenIDs[id] {
			former = append(former, id)
		}
	}
	r.identity.body.Former = former
	for id := range r.seenIDs {
		r.remember(id)
	}
	if !r.fresh {
		r.nextBase = uint64(roundPage(int64(r.highest))) + maxSegmentSize
	}
	gen := r.identity.mark.generation + 1
	r.identity.mark = mark{generation: gen, next: r.nextBase}
	for i := range r.segments {
		r.report.Records += uint64(r.segments[i].records)
	}
	r.report.Segments = len(r.segments)
	if r.report.Lost > 0 {
		r.event(Event{Kind: EventLost, File: r.dir,
			Text: fmt.Sprintf("%d records that an earlier run accepted can't be read", r.report.Lost)})
	}
}

func (r *recovered) event(e Event) { r.events = append(r.events, e) }

// closeMark is what a run that ends in order leaves in JOURNAL: the position behind everything it gave out.
func (r *recovered) closeMark(next uint64, durable bool) error {
	m := mark{generation: r.identity.mark.generation + 1, next: next, flags: markClean}
	// Where the directory was removed nothing is left that a position could be taken for.
	if err := ignoreMissing(writeMark(r.home.fs, r.home.dir, m, durable)); err != nil {
		return err
	}
	r.identity.mark = m
	return nil
}
