package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Run describes a command whose output is captured.
type Run struct {
	Command []string        `json:"command"`
	PID     int             `json:"pid"` // of the hydralog that started it
	Started time.Time       `json:"started"`
	Streams [Streams]Stream `json:"streams"`
}

// Stream says what the lines of one stream become.
type Stream struct {
	Layer string `json:"layer,omitempty"` // "" for the default
	Level string `json:"level,omitempty"` // of lines that do not tell; INFO if empty
}

var streamNames = [Streams]string{"stdout", "stderr"}

const (
	rootName = "capture"
	runName  = "run.json"
)

// Root is the directory of captures in a state directory.
func Root(stateDir string) string { return filepath.Join(stateDir, rootName) }

// Dir is the output of one command. It is held by one process.
type Dir struct {
	Path   string
	Run    Run
	Cursor *Cursor
	lock   *os.File
}

// LockStart waits until no other hydralog is starting on this root. Call release when the logger is open.
func LockStart(root string) (release func(), err error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(root, "lock"), os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f, true); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return func() { _ = f.Close() }, nil
}

// Create makes the directory for a command that is about to start.
func Create(root string, run Run) (*Dir, error) {
	run.PID, run.Started = os.Getpid(), time.Now()
	name := fmt.Sprintf("%s-%d", run.Started.UTC().Format("20060102T150405.000000"), run.PID)
	path := filepath.Join(root, name)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	d, err := open(path)
	if err != nil {
		return nil, err
	}
	d.Run = run
	if err := d.writeRun(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Dir) writeRun() error {
	text, err := json.MarshalIndent(d.Run, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.Path, runName), append(text, '\n'), 0o600)
}

// errHeld says that a live process has the directory.
var errHeld = errors.New("held by a live process")

// open takes the lock of a directory and opens its cursor.
func open(path string) (*Dir, error) {
	f, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f, false); err != nil {
		_ = f.Close()
		if isBusy(err) {
			return nil, errHeld
		}
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	d := &Dir{Path: path, lock: f}
	if d.Cursor, err = openCursor(path); err != nil {
		_ = f.Close()
		return nil, err
	}
	return d, nil
}

// Orphans takes over the directories whose hydralog is gone, oldest first. An
// error does not keep the others from being returned. Call it under [LockStart].
func Orphans(root string) ([]*Dir, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var dirs []*Dir
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		d, err := adopt(filepath.Join(root, e.Name()))
		switch {
		case err == nil && d != nil:
			dirs = append(dirs, d)
		case err != nil && !errors.Is(err, errHeld) && !errors.Is(err, fs.ErrNotExist): // its holder just removed it
			errs = append(errs, err)
		}
	}
	slices.SortFunc(dirs, func(a, b *Dir) int { return a.Run.Started.Compare(b.Run.Started) })
	return dirs, errors.Join(errs...)
}

// adopt takes one directory over; it returns nil for one that never came to hold anything.
func adopt(path string) (*Dir, error) {
	d, err := open(path)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(path, runName))
	if err == nil {
		err = json.Unmarshal(text, &d.Run)
	}
	if err == nil {
		return d, nil
	}
	// Killed before the command was started, or run.json is damaged: its lines get the defaults.
	if unread, sizeErr := d.Unread(); sizeErr == nil && unread == 0 {
		return nil, d.Remove()
	}
	return d, nil
}

// Output opens a stream for the command to write to. Close it when the command has it: from then on
// [Dir.Written] tells whether somebody has it open.
func (d *Dir) Output(stream int) (*os.File, error) {
	f, err := os.OpenFile(d.file(stream), os.O_WRONLY|os.O_APPEND|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	if err := share(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return f, nil
}

func (d *Dir) file(stream int) string { return filepath.Join(d.Path, streamNames[stream]) }

// Written reports whether a process still has the stream open for writing.
func (d *Dir) Written(stream int) bool {
	f, err := os.OpenFile(d.file(stream), os.O_RDONLY|noFollow, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	err = lock(f, false)
	if err == nil {
		_ = unlock(f)
	}
	return isBusy(err)
}

// Unread returns the bytes behind the cursor, of both streams.
func (d *Dir) Unread() (int64, error) {
	place := d.Cursor.Place()
	var n int64
	for i, pos := range place.Position {
		info, err := os.Stat(d.file(i))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		n += max(info.Size()-pos, 0)
	}
	return n, nil
}

// Close gives the directory up; the next start takes it over.
func (d *Dir) Close() error { return errors.Join(d.Cursor.close(), d.lock.Close()) }

// Remove deletes the directory: all of it is accepted.
func (d *Dir) Remove() error {
	return errors.Join(os.RemoveAll(d.Path), d.Close())
}
