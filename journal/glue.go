package journal

import (
	"errors"
	"fmt"
	"time"
)

// orphanTime is how long the records of a destination that is gone or changed are kept.
const orphanTime = 24 * time.Hour

// openDir prepares the directory: lock, identity, recovery.
func (j *Journal) openDir(dir string) error {
	h, err := openHome(dir, &j.opts)
	if err != nil {
		return err
	}
	rec, err := recoverHome(h, &j.opts)
	if err != nil {
		return errors.Join(err, h.lock.Close())
	}
	j.takeOver(rec)
	j.chooseBackend()
	adopted, events := adoptDead(h, &j.opts)
	j.events = append(j.events, events...)
	for _, a := range adopted {
		j.adopted = append(j.adopted, j.adopt(a))
	}
	return nil
}

// takeOver makes what recovery found the content of j.
func (j *Journal) takeOver(rec *recovered) {
	j.rec, j.dir, j.id = rec, rec.home.dir, rec.identity.id
	_, j.boot = bootID()
	j.lastEnd = max(rec.nextBase, headerPage)
	j.first = j.lastEnd + headerPage
	j.events = append(j.events, rec.events...)
	for i := range rec.segments {
		s := j.recoveredSegment(&rec.segments[i])
		j.segs = append(j.segs, s)
		j.used.Add(s.size)
	}
	j.expected = map[string]bool{}
	for name := range j.opts.Destinations {
		j.expected[name] = true
	}
	for key, c := range rec.cursors {
		if hash, ok := j.opts.Destinations[key.name]; !ok || hash != key.hash {
			j.addOrphan(key.name, c)
		}
	}
}

func (j *Journal) recoveredSegment(rs *recoveredSegment) *segment {
	s := &segment{j: j, base: rs.base, size: rs.size, limit: uint64(rs.size), salt: rs.salt(), jumbo: rs.jumbo, recovered: true,
		backing: &backing{path: rs.path, size: rs.size}}
	s.tail.Store((s.limit + 1) << ordinalBits)
	s.ended.Store(rs.end)
	s.cold.Store(true)
	s.complete.Store(true)
	return s
}

// addOrphan keeps the records of a destination that is gone or changed, for a while.
func (j *Journal) addOrphan(name string, c cursor) {
	held := false
	for _, s := range j.segs {
		held = held || c.acked < s.base+s.ended.Load()
	}
	if !held {
		_ = j.fs.Remove(cursorPath(j.dir, name, c.hash)) // it has nothing to keep
		return
	}
	o := orphan{name: name, hash: c.hash, acked: c.acked, until: time.Now().Add(orphanTime)}
	j.orphans = append(j.orphans, o)
	j.events = append(j.events, Event{Kind: EventOrphan, Pos: c.acked,
		Text: fmt.Sprintf("destination %q is gone or has another type or address: its records of earlier runs are kept for %v and not delivered", name, orphanTime)})
}

// adopt makes a journal for reading of what a dead process left.
func (j *Journal) adopt(rec *recovered) *Journal {
	a := &Journal{opts: j.opts, fs: j.fs, backend: BackendWrite, begun: j.begun, readOnly: true, parent: j,
		rotated: make(chan struct{}), nudged: make(chan struct{}, 1), rotateWanted: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	close(a.stopped)
	a.wakeAt.Store(nobody)
	a.takeOver(rec)
	a.setLimits()
	a.active.Store(a.endMark(a.lastEnd))
	return a
}

// endMark stands in place of the active segment where nothing can be appended any more.
func (j *Journal) endMark(base uint64) *segment {
	mark := &segment{j: j, base: base, backing: &backing{}}
	mark.tail.Store(1 << ordinalBits) // beyond its limit, so that nothing is claimed
	return mark
}

// Adopted returns the journals of dead processes of the same program and name that Open found beside its own. They
// can be read, not written. Close each when it is [Journal.Drained], which removes it, or before this one is closed.
func (j *Journal) Adopted() []*Journal { return j.adopted }

// Drained says that every record of an adopted journal is acknowledged.
func (j *Journal) Drained() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.segs {
		if j.needed(s) {
			return false
		}
	}
	return len(j.expected) == 0
}

// closeDir gives the directory up. Where nothing is left to deliver, JOURNAL says how far positions were given out.
func (j *Journal) closeDir(clean bool) error {
	if j.rec == nil {
		return nil
	}
	var err error
	if !j.readOnly || !clean {
		err = j.rec.closeMark(j.lastEnd, j.opts.Durability == DurabilityInterval)
	}
	return errors.Join(err, j.rec.home.close())
}

// chooseBackend maps where that is safe.
func (j *Journal) chooseBackend() {
	if u, err := j.fs.Usage(j.dir); err == nil {
		j.usage = u
	}
	if j.backend == BackendAuto {
		j.backend = BackendWrite
		if j.usage.MapSafe {
			j.backend = BackendMapped
		}
	}
	if raceEnabled && j.backend == BackendMapped {
		j.backend = BackendWrite
	}
	if !j.usage.Survives && j.usage.Kind != "" {
		j.events = append(j.events, Event{Kind: EventUnsafe, File: j.dir,
			Text: "the directory is on " + j.usage.Kind + ": a restart of the machine or container forgets what is there"})
	}
}

// openCursor opens the cursor of a reader, and says where it starts.
func (j *Journal) openCursor(r *Reader, o ReaderOptions) (uint64, error) {
	if j.rec == nil && o.FromTail {
		return j.Tail(), nil
	}
	if j.rec == nil {
		return j.first, nil
	}
	c, found, err := openCursorFile(j.fs, j.dir, o.Name, o.Hash)
	if err != nil {
		return 0, fmt.Errorf("journal: cursor of destination %q: %w", o.Name, err)
	}
	start := j.startOf(o, c, found)
	c.bind(j.id)
	if err := c.store(start); err != nil {
		return 0, errors.Join(fmt.Errorf("journal: cursor of destination %q: %w", o.Name, err), c.close(false))
	}
	r.cursor = c
	return start, nil
}

// startOf applies the rules for where a destination begins.
func (j *Journal) startOf(o ReaderOptions, c *cursorFile, found bool) uint64 {
	oldest := j.oldest()
	hash, known := j.rec.known[o.Name]
	switch {
	case o.FromTail:
		return max(j.Tail(), c.cur.acked)
	case found:
		pos, _ := clampCursor(c.cur.acked, oldest)
		return pos
	case o.FromOldest, j.rec.known == nil, known && hash == o.Hash: // the cursor was lost: rather twice than never
		return oldest
	}
	return j.first
}
