package filedest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hydra-logger/hydra/destination/filedest/rotate"
)

const (
	// lockLimit is how long another process may have the lock before a delivery fails, and is tried again.
	lockLimit = 5 * time.Second
	lockPoll  = time.Millisecond
)

var errTaken = errors.New("another process has the file, and rotation.shared is false")

// lock takes the lock that the processes share which rotate the file. It is that of the note. Where there can be no note,
// in a directory that is read-only, the file is written without, and does not rotate.
func (r *rotating) lock(ctx context.Context) error {
	if r.locked {
		return nil
	}
	var cause error
	for waited := time.Duration(0); ; {
		if r.note == nil {
			if r.note, cause = openNote(r.path); r.note == nil {
				r.noteBad = true
				r.trouble.tell(troubleNote, cause)
				return nil
			}
		}
		err := rotate.TryLock(r.note.File())
		switch {
		case err == nil && r.noteIsThere():
			r.locked = true
			if r.noteBad {
				r.noteBad = false
				r.trouble.tell(troubleNote, nil)
			}
			return nil
		case err == nil:
			_ = r.note.Close()
			r.note = nil
		case !errors.Is(err, rotate.ErrLocked):
			return err
		case r.alone:
			return errTaken
		case waited >= lockLimit:
			return errors.New("another process has held the lock of the file for long: it is tried again")
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			time.Sleep(lockPoll)
			waited += lockPoll
		}
	}
}

// noteIsThere reports whether the open note still has its name.
func (r *rotating) noteIsThere() bool {
	st, err := stateOf(r.note.File())
	if err != nil || st.removed {
		return false
	}
	there, known := idOf(rotate.NotePath(r.path))
	return there == st.id && (known || st.id == fileID{})
}

func openNote(path string) (*rotate.Note, error) {
	note, err := rotate.OpenNote(path, defaultMode)
	if !errors.Is(err, fs.ErrNotExist) {
		return note, err
	}
	if err := os.MkdirAll(filepath.Dir(path), parentMode); err != nil {
		return nil, err
	}
	return rotate.OpenNote(path, defaultMode)
}

// unlock gives the lock back, unless it is kept.
func (r *rotating) unlock() {
	if r.locked && !r.alone {
		rotate.Unlock(r.note.File())
		r.locked = false
	}
}

// lockForIntent is lock for an Intent, which has no context.
func (r *rotating) lockForIntent(d *Driver) bool {
	if d.closed {
		return false
	}
	d.settle()
	return r.lock(context.Background()) == nil
}
