package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// putBackDir is called when no segment could be made: somebody, or a service that cleans temporary directories, may have removed the
// state directory under us. It makes the directory again and says whether the next try is worth it. Records whose files are gone lie in
// memory: they are delivered, but would not survive the process. The caller holds j.work.
func (j *Journal) putBackDir(cause error) bool {
	if j.backend == BackendMemory || !errors.Is(cause, fs.ErrNotExist) {
		return false
	}
	dropped := j.dropSpares()
	_, err := j.fs.Lstat(filepath.Join(j.dir, lockFileName)) // the directory itself may be there, where files were made while it was emptied
	if err == nil {
		return dropped
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err := j.remakeDir(); err != nil {
		return false
	}
	j.emit(Event{Kind: EventRemoved, File: j.dir,
		Text: "the state directory was removed under the logger and has been made again; what was accepted before and is not delivered yet is in memory alone"})
	return true
}

// dropSpares gives up the files that wait to be used: they have gone with the directory, or will be made again.
func (j *Journal) dropSpares() (any bool) {
	for b := j.takeSpare(true); b != nil; b = j.takeSpare(true) {
		j.dropSpare(b)
		any = true
	}
	for b, _ := j.takeShelved(); b != nil; b, _ = j.takeShelved() {
		j.dropSpare(b)
		any = true
	}
	return any
}

// remakeDir makes what a state directory has beside segments: the lock, JOURNAL and the cursors.
func (j *Journal) remakeDir() error {
	h := j.rec.home
	if err := makeDirs(j.fs, h.root); err != nil {
		return err
	}
	again, err := lockAgain(&j.opts, h)
	if err != nil {
		return err
	}
	if err := writeIdentity(j.fs, h.dir, j.rec.identity, j.opts.Durability == DurabilityInterval); err != nil {
		return errors.Join(err, again.lock.Close())
	}
	old := h.lock
	h.lock = again.lock
	_ = old.Close() // of a file that nobody can open any more
	j.mu.Lock()
	readers := append([]*Reader(nil), j.readers...)
	j.mu.Unlock()
	for _, r := range readers {
		if err := r.remakeCursor(); err != nil {
			j.emit(Event{Kind: EventCleanup, File: j.dir, Err: err, Text: fmt.Sprintf("the cursor of destination %q could not be made again: after a crash it starts at the oldest record", r.name)})
		}
	}
	return nil
}

func lockAgain(o *Options, h *home) (*home, error) {
	if h.private {
		if err := makeDir(h.fs, h.dir, 0o700); err != nil {
			return nil, err
		}
	}
	return lockHome(o, h.root, h.dir)
}

func (r *Reader) remakeCursor() error {
	r.storeMu.Lock()
	defer r.storeMu.Unlock()
	c, ok := r.cursor.(*cursorFile)
	if !ok {
		return nil
	}
	return c.remake()
}
