package journal

import (
	"errors"
	"time"
)

// Seal ends appends: they return [ErrClosed] from now on. What was accepted can still be read and acknowledged,
// and nothing more comes, so that what is pending afterwards is all there is. It is called before Close or not at all.
func (j *Journal) Seal() {
	j.mu.Lock()
	if j.closing {
		j.mu.Unlock()
		return
	}
	j.closing = true
	close(j.rotated)
	j.rotated = make(chan struct{})
	j.mu.Unlock()
	if j.readOnly {
		return
	}
	last := j.active.Load()
	j.forceEnd(last)
	j.waitEnded(last)
	j.active.Store(j.endMark(last.base + last.claimed()))
	j.waitComplete() // a reader that comes to an unfinished record sees nothing behind it
}

// Close ends the journal. Records that are not acknowledged by every reader stay for the next run; when there
// are none, no segment and no cursor is left behind. Appends return [ErrClosed] from now on. The second Close returns nil.
func (j *Journal) Close() error {
	if j.closed.Swap(true) {
		<-j.stopped
		return nil
	}
	j.Seal()
	if j.readOnly {
		j.life.Lock()
		defer j.life.Unlock()
		return j.closeFiles()
	}
	var errs []error
	for _, a := range j.adopted {
		errs = append(errs, a.Close())
	}
	defer close(j.stopped)
	close(j.stop)
	j.ended.Wait()
	j.background.Wait()
	j.life.Lock() // readers that help are done
	defer j.life.Unlock()
	j.work.Lock()
	defer j.work.Unlock()
	j.serveJumbo() // it says that we are closing
	errs = append(errs, j.closeFiles())
	j.deliverEvents()
	return errors.Join(errs...)
}

// closeFiles ends the readers, frees what is acknowledged and closes the rest.
func (j *Journal) closeFiles() error {
	var errs []error
	j.waitComplete()
	for _, r := range j.endReaders() {
		errs = append(errs, r.persist())
	}
	for j.releaseOne(false) {
	}
	j.mu.Lock()
	ready, segs, readers, pool := j.ready, j.segs, j.readers, append(j.pool, j.shelf...)
	j.ready, j.pool, j.shelf = nil, nil, nil
	j.mu.Unlock()
	if ready != nil {
		errs = append(errs, j.discard(ready.backing))
	}
	for _, b := range pool {
		errs = append(errs, j.discard(b))
	}
	for _, s := range segs {
		errs = append(errs, j.closeSegment(s))
	}
	clean := len(segs) == 0 && len(j.orphans) == 0
	for _, r := range readers {
		if r.cursor != nil {
			errs = append(errs, r.cursor.close(clean))
		}
	}
	return errors.Join(append(errs, j.closeDir(clean))...)
}

// waitComplete waits for producers that are just inside the last segment.
func (j *Journal) waitComplete() {
	j.mu.Lock()
	segs := append([]*segment(nil), j.segs...)
	j.mu.Unlock()
	deadline := time.Now().Add(graceAfterFault + time.Second/4)
	for _, s := range segs {
		for !s.recovered && !s.cold.Load() && !s.settle() && time.Now().Before(deadline) {
			time.Sleep(20 * time.Microsecond)
		}
	}
}

// endReaders makes every reader return ErrClosed.
func (j *Journal) endReaders() []*Reader {
	j.mu.Lock()
	readers := append([]*Reader(nil), j.readers...)
	j.mu.Unlock()
	for _, r := range readers {
		r.mu.Lock()
		r.closed = true
		r.mu.Unlock()
		r.Kick()
	}
	return readers
}

// closeSegment seals what stays for the next run.
func (j *Journal) closeSegment(s *segment) error {
	var err error
	if !s.cold.Load() && s.complete.Load() {
		err = s.seal()
	}
	s.retire()
	err = errors.Join(err, s.backing.dropMemory())
	s.mem = nil
	if s.backing.file != nil {
		err = errors.Join(err, s.backing.file.Close())
	}
	j.used.Add(-s.size)
	return err
}

// abandon takes back what Open did before it failed.
func (j *Journal) abandon() {
	for _, s := range j.segs {
		_ = j.closeSegment(s)
	}
	_ = j.closeDir(false)
}
