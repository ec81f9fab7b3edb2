package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// A state directory:
//
//	LOCK                 held with flock for the life of the journal; never removed while the directory lives
//	JOURNAL              whose it is, see journalfile.go
//	<base %016x>.seg     segments
//	spare-*.tmp          segments to come; removed at start
//	cur/<name>.cur       cursors
//	quarantine/          what could not be read
//	p-<pid>-<random>/    the same again, of a process that found the directory in use
//	unknown-version-*/   what another version left
const (
	lockFileName  = "LOCK"
	cursorDir     = "cur"
	quarantineDir = "quarantine"
	privatePrefix = "p-"
	asidePrefix   = "unknown-version-"
	segmentSuffix = ".seg"
	sparePrefix   = "spare-"
	spareSuffix   = ".tmp"
)

// home is a state directory that this process holds.
type home struct {
	fs      vfs.FS
	root    string // as it was asked for
	dir     string // in use: root, or a private directory in it
	private bool
	lock    vfs.File
}

// openHome makes the directory where it is missing, checks it and takes the lock as o.WhenBusy says.
func openHome(root string, o *Options) (*home, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if err := makeDirs(o.FS, root); err != nil {
		return nil, err
	}
	h, err := lockHome(o, root, root)
	var busy *BusyError
	if !errors.As(err, &busy) {
		return h, err
	}
	switch o.WhenBusy {
	case BusyFail:
		return nil, err
	case BusyWait:
		return waitHome(o, root)
	default:
		return privateHome(o, root)
	}
}

// lockHome takes the lock of dir.
func lockHome(o *Options, root, dir string) (*home, error) {
	if err := checkDir(o.FS, dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(o.FS, dir)
	if err != nil {
		return nil, err
	}
	if err := signLock(o, lock, filepath.Join(dir, lockFileName)); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &home{fs: o.FS, root: root, dir: dir, private: dir != root, lock: lock}, nil
}

// privateHome makes a directory of this process alone, which a later start adopts.
func privateHome(o *Options, root string) (*home, error) {
	var last error
	for range 10 {
		var b [4]byte
		_, _ = rand.Read(b[:])
		dir := filepath.Join(root, fmt.Sprintf("%s%d-%s", privatePrefix, os.Getpid(), hex.EncodeToString(b[:])))
		if last = o.FS.Mkdir(dir, 0o700); last != nil {
			if errors.Is(last, fs.ErrExist) {
				continue
			}
			return nil, last
		}
		h, err := lockHome(o, root, dir)
		if err == nil {
			return h, nil
		}
		last = err // somebody looked for dead directories at this very moment
	}
	return nil, last
}

// close gives the directory up. A private one that holds nothing goes.
func (h *home) close() error {
	if !h.private || !h.empty() {
		return h.lock.Close()
	}
	return h.remove()
}

// remove takes away a private directory whose records have been delivered: segments first, so that a process
// killed meanwhile leaves nothing that would be delivered again. What was set aside for people is kept.
func (h *home) remove() error {
	entries, err := h.fs.ReadDir(h.dir)
	if err != nil {
		return errors.Join(err, h.lock.Close())
	}
	var errs []error
	kept := false
	for _, e := range entries {
		path := filepath.Join(h.dir, e.Name())
		switch {
		case strings.HasSuffix(e.Name(), segmentSuffix):
			errs = append(errs, h.fs.Remove(path))
		case e.Name() == quarantineDir:
			errs = append(errs, h.giveUp(path))
		case strings.HasPrefix(e.Name(), asidePrefix):
			kept = true
		}
	}
	failpoint(failAdoptedRemoved)
	if err := errors.Join(errs...); err == nil && !kept {
		errs = append(errs, h.fs.RemoveAll(h.dir))
	}
	return errors.Join(append(errs, h.lock.Close())...)
}

// giveUp moves the quarantine of a private directory into that of the root.
func (h *home) giveUp(dir string) error {
	entries, err := h.fs.ReadDir(dir)
	if err != nil {
		return err
	}
	to := filepath.Join(h.root, quarantineDir)
	if err := makeDir(h.fs, to, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Base(h.dir) + "-" + e.Name()
		if err := h.fs.Rename(filepath.Join(dir, e.Name()), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// empty says whether nothing is in the directory that was not delivered: no segment, no cursor, nothing set aside.
func (h *home) empty() bool {
	entries, err := h.fs.ReadDir(h.dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		name := e.Name()
		if _, ok := segmentBase(name); ok || strings.HasPrefix(name, asidePrefix) {
			return false
		}
		if name != cursorDir {
			continue
		}
		if inside, err := h.fs.ReadDir(filepath.Join(h.dir, name)); err != nil || len(inside) > 0 {
			return false
		}
	}
	return true
}

func isSpare(name string) bool {
	return strings.HasPrefix(name, sparePrefix) && strings.HasSuffix(name, spareSuffix)
}

// makeDirs makes dir and its parents: the directory itself for its owner alone.
func makeDirs(fsys vfs.FS, dir string) error {
	_, err := fsys.Lstat(dir)
	if err == nil {
		return checkDir(fsys, dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeParents(fsys, filepath.Dir(dir)); err != nil {
		return err
	}
	return makeDir(fsys, dir, 0o700)
}

func makeParents(fsys vfs.FS, dir string) error {
	_, err := fsys.Lstat(dir)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeParents(fsys, parent); err != nil {
			return err
		}
	}
	return ignoreExist(fsys.Mkdir(dir, 0o755))
}

// makeDir makes one directory, or checks the one that is there.
func makeDir(fsys vfs.FS, dir string, perm fs.FileMode) error {
	err := fsys.Mkdir(dir, perm)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return checkDir(fsys, dir)
}

// checkDir refuses what others could put files into: log records may hold what is not for their eyes,
// and what is read from here is believed.
func checkDir(fsys vfs.FS, dir string) error {
	fi, err := fsys.Lstat(dir)
	if err != nil {
		return err
	}
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("journal: %s is a symbolic link: name the directory itself", dir)
	case !fi.IsDir():
		return fmt.Errorf("journal: %s is not a directory", dir)
	}
	return checkOwner(dir, fi)
}

func ignoreExist(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func hashText(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}
