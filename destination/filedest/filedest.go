// Package filedest appends formatted records to a file.
//
// Lines are whole: what a failed write left of a batch is cut away before the
// batch is written again. The file is opened anew when another program moves or
// removes it. With one writer each record is in the file exactly once, also after
// kill -9: see [Driver.Recover].
package filedest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Options are the settings of a file.
type Options struct {
	// Path of the file. Its parents are made, with mode 0750, when it is opened.
	Path string
	// Mode of a file that is made. Default: 0640.
	Mode fs.FileMode
}

const (
	defaultMode = 0o640
	parentMode  = 0o750
	// lookEvery is how often a write looks whether the path still leads to the open file.
	lookEvery = time.Second
)

// Driver is a file destination. Deliver and Close are called by one goroutine at
// a time, Reopen, OtherWriters and Describe by any.
type Driver struct {
	path string
	mode fs.FileMode

	mu     sync.Mutex
	f      *os.File // nil: not open
	size   int64    // where the last whole batch of ours ends, as far as nobody else writes
	torn   int64    // bytes of a failed batch behind size that are to be cut away
	shared bool     // somebody else has the file open for writing
	looked time.Time
	closed bool
}

// New returns a driver for a file. The file is opened by the first delivery, so that a
// directory that can't be written now is a failure that heals, not one of the start.
// A path that can never be a file is an error.
func New(o Options) (*Driver, error) {
	if o.Path == "" {
		return nil, errors.New("a file destination needs a path")
	}
	if o.Mode == 0 {
		o.Mode = defaultMode
	}
	if info, err := os.Stat(o.Path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a directory; give the path of a file", o.Path)
	}
	return &Driver{path: o.Path, mode: o.Mode}, nil
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(_ context.Context, b *destination.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ready(); err != nil {
		return err
	}
	return d.write(b.Data)
}

// ready makes sure that the path leads to the open file, and that it ends with a whole line of ours.
func (d *Driver) ready() error {
	if d.closed {
		return errors.New("the file is closed")
	}
	if d.f != nil && time.Since(d.looked) >= lookEvery {
		d.looked = time.Now()
		if d.moved() {
			d.closeFile()
		}
	}
	if d.f == nil {
		if err := d.open(); err != nil {
			return err
		}
	}
	return d.mend()
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

func (d *Driver) open() error {
	if err := os.MkdirAll(filepath.Dir(d.path), parentMode); err != nil {
		return err
	}
	f, err := os.OpenFile(d.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, d.mode)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	d.f, d.size, d.torn, d.looked = f, info.Size(), 0, time.Now()
	d.shared = !lockFile(f)
	return nil
}

// mend cuts away what a failed write left, if nothing was written behind it.
func (d *Driver) mend() error {
	if d.torn == 0 {
		return nil
	}
	info, err := d.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == d.size+d.torn && !d.shared {
		if err := d.f.Truncate(d.size); err != nil {
			return fmt.Errorf("cut an unfinished batch off %s: %w", d.path, err)
		}
		d.torn = 0
		return nil
	}
	// Somebody else writes here: their lines stay, and ours begins on a line of its own.
	d.size, d.torn = info.Size(), 0
	if _, err := d.f.Write([]byte("\n")); err != nil {
		return err
	}
	d.size++
	return nil
}

// write appends all of data, or remembers how much of it is to be cut away.
func (d *Driver) write(data []byte) error {
	written := 0
	for written < len(data) {
		n, err := d.f.Write(data[written:])
		written += max(n, 0)
		if err == nil && n == 0 {
			err = io.ErrShortWrite
		}
		if err != nil {
			d.torn = int64(written)
			return err
		}
	}
	d.size += int64(written)
	return nil
}

// Reopen closes the file; the next delivery opens the path anew.
func (d *Driver) Reopen() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.f == nil {
		return nil
	}
	if err := d.mend(); err != nil {
		return err
	}
	return d.closeFile()
}

func (d *Driver) closeFile() error {
	f := d.f
	d.f, d.torn = nil, 0
	return f.Close()
}

// Close implements destination.Driver. What a failed write left is cut away first.
func (d *Driver) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.f == nil {
		return nil
	}
	return errors.Join(d.mend(), d.closeFile())
}

// Local implements destination.Local.
func (d *Driver) Local() bool { return true }

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.path }

// OtherWriters implements destination.Sharer.
func (d *Driver) OtherWriters() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shared
}
