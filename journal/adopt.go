package journal

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// adoptDead takes over the private directories under root whose processes are gone: those of the same program
// and name as o says; an empty program stands for any. What is another's is left alone and reported,
// and so is what can't be read. A directory without records is removed.
func adoptDead(self *home, o *Options) (adopted []*recovered, events []Event) {
	entries, err := self.fs.ReadDir(self.root)
	if err != nil {
		return nil, []Event{{Kind: EventOrphan, File: self.root, Err: err, Text: "dead processes' journals can't be looked for"}}
	}
	for _, e := range entries {
		dir := filepath.Join(self.root, e.Name())
		if !strings.HasPrefix(e.Name(), privatePrefix) || !e.IsDir() || dir == self.dir {
			continue
		}
		a := adoption{fs: self.fs, root: self.root, dir: dir, opts: o}
		if r := a.take(); r != nil {
			adopted = append(adopted, r)
		}
		events = append(events, a.events...)
	}
	return adopted, events
}

// adoption is the try to take over one directory.
type adoption struct {
	fs     vfs.FS
	root   string
	dir    string
	opts   *Options
	events []Event
}

// take returns nil where there is nothing to deliver, or nothing of ours.
func (a *adoption) take() *recovered {
	fields, err := readLock(a.fs, filepath.Join(a.dir, lockFileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without LOCK it was killed while it made or removed the directory
		a.leave("a dead process's journal can't be looked at", err)
		return nil
	}
	if (&home{fs: a.fs, dir: a.dir}).empty() {
		a.removeEmpty()
		return nil
	}
	reason, cause := a.notOurs(fields)
	if reason != "" { // signing LOCK would say that it is ours
		lock, err := takeLock(a.fs, a.dir)
		if err == nil {
			a.leave(reason, errors.Join(cause, lock.Close()))
		}
		return nil
	}
	h, err := lockHome(a.opts, a.root, a.dir)
	if err != nil {
		if !errors.Is(err, ErrBusy) {
			a.leave("a dead process's journal can't be locked", err)
		}
		return nil
	}
	failpoint(failAdopted)
	r, err := recoverHome(h, a.opts)
	if err != nil {
		a.leave("a dead process's journal can't be recovered", errors.Join(err, h.lock.Close()))
		return nil
	}
	if len(r.segments) == 0 {
		a.events = append(a.events, r.events...)
		a.cleanup(h.remove())
		return nil
	}
	r.event(Event{Kind: EventAdopted, File: a.dir, Text: "the journal of a dead process is delivered by this one"})
	return r
}

// removeEmpty removes a directory without records, unless its process lives.
func (a *adoption) removeEmpty() {
	lock, err := takeLock(a.fs, a.dir)
	if err != nil {
		return // it lives, or there is nothing to gain
	}
	h := &home{fs: a.fs, root: a.root, dir: a.dir, private: true, lock: lock}
	if !h.empty() {
		a.cleanup(lock.Close())
		return
	}
	a.cleanup(h.remove())
}

// notOurs says why the directory is not for this program; "" if it is.
func (a *adoption) notOurs(lock map[string]string) (reason string, err error) {
	program, name := lock["program"], lock["name"] // JOURNAL may be lost, and with it nothing of the records
	i, err := readIdentity(a.fs, a.dir)
	var version *errVersion
	switch {
	case errors.As(err, &version):
		return "a dead process's journal is of another version: it is left alone", err
	case i != nil:
		program, name = i.body.Program, i.body.Name
	case program == "" && name == "":
		return "a dead process's journal does not say whose it is: it is left alone", err
	}
	if name != a.opts.Name || a.opts.Program != "" && program != a.opts.Program {
		return "a dead process's journal is of program " + program + ", logger " + name + ": it is left alone", nil
	}
	return "", nil
}

func (a *adoption) leave(text string, err error) {
	a.events = append(a.events, Event{Kind: EventOrphan, File: a.dir, Err: err, Text: text})
}

func (a *adoption) cleanup(err error) {
	if err != nil {
		a.events = append(a.events, Event{Kind: EventCleanup, File: a.dir, Err: err, Text: "the directory of a dead process could not be removed"})
	}
}
