package filedest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// fileID names a file on this machine, whatever its path.
type fileID struct{ device, inode uint64 }

// fileState is what fstat says.
type fileState struct {
	id      fileID
	size    int64
	removed bool // no name leads to it
	plain   bool
}

// prepare makes sure that the path leads to the open file, and knows where that ends.
func (d *Driver) prepare() error {
	if d.closed {
		return errClosed
	}
	_ = d.reopenIfAsked()
	if d.f != nil {
		if err := d.look(); err != nil {
			return err
		}
	}
	if d.f == nil {
		return d.open()
	}
	return nil
}

// look finds out what happened to the open file since the last write. It closes it when the path leads elsewhere.
func (d *Driver) look() error {
	st, err := stateOf(d.f)
	if err != nil {
		return errors.Join(err, d.closeFile())
	}
	moved := st.removed
	switch now := time.Now(); {
	case moved:
	case d.rot != nil: // by another process, perhaps just now
		there, ok := idOf(d.path)
		moved = ok && there != st.id || !ok && d.moved()
	case now.Sub(d.looked) >= lookEvery:
		d.looked = now
		moved = d.moved()
	}
	if moved {
		return d.closeFile()
	}
	if st.size > d.size {
		d.foreign = time.Now()
		if d.rot != nil && d.part.written == 0 && !d.binary {
			d.part = part{torn: endsTorn(d.f, st.size), end: st.size} // they may have been killed within a line
		}
	}
	d.size = st.size // smaller when somebody emptied it: that is no writer
	return nil
}

// moved reports whether the path no longer leads to the open file.
func (d *Driver) moved() bool {
	there, err := os.Stat(d.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	ours, err := d.f.Stat()
	return err != nil || !os.SameFile(there, ours)
}

// open opens the path, and makes the file and its parents where they are missing.
func (d *Driver) open() error {
	f, err := d.make()
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(d.path), parentMode); err != nil {
			return err
		}
		f, err = d.make()
	}
	if err != nil {
		return err
	}
	if err := d.adopt(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if d.rot != nil {
		d.rot.like = nil
	}
	return nil
}

// adopt makes f the open file.
func (d *Driver) adopt(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := usable(d.path, info.Mode()); err != nil {
		return err
	}
	st, err := stateOf(f)
	if err != nil {
		return err
	}
	if st.plain {
		if err := announce(f); err != nil {
			return fmt.Errorf("%s: %w", d.path, err)
		}
	}
	if d.part.written > 0 && d.id != st.id {
		d.part.end = -1 // the rest of the batch was written elsewhere: go on with a whole line
	}
	d.f, d.id, d.plain, d.size, d.looked = f, st.id, st.plain, st.size, time.Now()
	if d.part.written == 0 && st.plain {
		d.part = part{torn: !d.binary && endsTorn(f, st.size), end: st.size}
	}
	return nil
}

// endsTorn reports whether somebody left a line without its end.
func endsTorn(f *os.File, size int64) bool {
	if size == 0 {
		return false
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return false // opened for writing only
	}
	return last[0] != '\n'
}

// begin writes the header into a file that is empty, or has only a part of it.
func (d *Driver) begin() error {
	n := int64(len(d.header))
	if !d.plain || d.size >= n {
		return nil
	}
	if d.size > 0 {
		have := make([]byte, d.size)
		if _, err := d.f.ReadAt(have, 0); err != nil || !bytes.HasPrefix(d.header, have) {
			return nil // somebody else's file, or one that only its writer may write
		}
	}
	if d.part.written == 0 {
		d.part = part{}
	}
	return d.append(d.header[d.size:])
}
