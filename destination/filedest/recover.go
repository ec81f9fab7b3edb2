package filedest

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// Recover implements destination.Checkpointer: a batch that is in the file whole is delivered; a
// part of one at the end of the file is cut away. Anything else is an error: the file is gone, or
// somebody else wrote behind the part, and the batch may be there twice.
// A file that was renamed is found while it is in the same directory, also compressed, and so are the files in which a
// batch goes on that was split.
func (d *Driver) Recover(state []byte) (delivered bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	in, err := parseIntent(state)
	if err != nil {
		return false, err
	}
	if d.rot != nil {
		return d.recoverRotating(state, in)
	}
	r, err := d.reopenLast(in.id)
	if err != nil {
		return false, err
	}
	defer r.f.Close()
	return r.finish(in)
}

// reopenLast opens a file of the last run, as a driver of its own.
func (d *Driver) reopenLast(id fileID) (*Driver, error) {
	path, err := d.find(id)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	r := &Driver{path: path, mode: d.mode, binary: d.binary}
	if err := r.adopt(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if r.id != id {
		return nil, errors.Join(fmt.Errorf("%s was replaced while it was looked at", path), f.Close())
	}
	return r, nil
}

// find returns the path of the last run's file.
func (d *Driver) find(id fileID) (string, error) {
	if there, ok := idOf(d.path); ok && there == id {
		return d.path, nil
	}
	dir := filepath.Dir(d.path)
	if target, err := filepath.EvalSymlinks(d.path); err == nil {
		dir = filepath.Dir(target)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if there, ok := idOf(path); ok && there == id && e.Type().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: the file of the last run is gone, with what it got of its last batch", d.path)
}

// finish completes or withdraws what the intent says. d is the file of the last run.
func (d *Driver) finish(in intent) (delivered bool, err error) {
	switch {
	case d.size < in.offset:
		return false, fmt.Errorf("%s is shorter than when the last run wrote to it", d.path)
	case d.size == in.offset:
		return false, nil
	case d.size >= in.offset+in.length:
		tail := min(in.length, tailSize)
		sum, err := d.sum(in.offset+in.length-tail, tail)
		if err != nil {
			return false, err
		}
		if sum != in.crc {
			return false, fmt.Errorf("%s holds other data where the last run wrote its last batch", d.path)
		}
		return true, nil
	}
	ours, err := d.startsWith(in)
	if err != nil {
		return false, err
	}
	if !ours {
		return false, fmt.Errorf("somebody else wrote to %s where the last run began its last batch", d.path)
	}
	return false, d.cut(in.offset)
}

// startsWith reports whether what lies behind the intent's offset is the beginning of its batch.
func (d *Driver) startsWith(in intent) (bool, error) {
	if d.size-in.offset >= in.first {
		sum, err := d.sum(in.offset, in.first)
		return sum == in.firstCRC, err
	}
	tail := make([]byte, d.size-in.offset)
	if _, err := d.f.ReadAt(tail, in.offset); err != nil {
		return false, err
	}
	return d.binary || bytes.IndexByte(tail, '\n') < 0, nil // less than our first line: no line of anybody's
}

func (d *Driver) sum(offset, length int64) (uint32, error) {
	h := crc32.New(castagnoli)
	if _, err := io.Copy(h, io.NewSectionReader(d.f, offset, length)); err != nil {
		return 0, err
	}
	return h.Sum32(), nil
}
