// Package filedest appends formatted records to a file.
//
// Lines are whole: what a failed write left of a batch is cut away at once, or
// completed by the next try. A full disk heals by itself. The file is opened anew
// when another program moves or removes it. With one writer each record is in the
// file exactly once, also after kill -9: see [Driver.Recover].
package filedest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Options are the settings of a file.
type Options struct {
	// Path of the file. Its parents are made, with mode 0750, when it is opened. A symbolic link is
	// followed. A character device is written to as it is; a pipe, a socket and a directory are refused.
	Path string
	// Mode of a file that is made, whatever the umask. That of an existing file is left alone. Default: 0640 less the
	// umask, and after a rotation that of the file before.
	Mode fs.FileMode
	// Owner of a file that is made: user, user:group or :group, by name or number. Default: the process's own, and after
	// a rotation by root that of the file before.
	Owner string
	// Header is written at the beginning of every file that is empty. Default: none.
	Header []byte
	// Binary says that records do not end with a newline. What somebody left unfinished is then not ended with one.
	Binary bool
	// Rotation makes the file rotate. Default: nil, it grows.
	Rotation *Rotation
}

const (
	defaultMode = 0o640
	parentMode  = 0o750
	// lookEvery is how often a write looks whether the path still leads to the open file.
	lookEvery = time.Second
)

// Driver is a file destination. Deliver, Intent, Recover and Close are called by
// one goroutine at a time, Reopen, OtherWriters and Describe by any.
type Driver struct {
	path   string
	mode   fs.FileMode
	dress  *dress // of files that are made; nil: nothing but mode
	header []byte
	binary bool
	rot    *rotating // nil: the file grows

	reopen atomic.Bool // asked for while a write was running
	others atomic.Bool // other writers, as far as known last

	mu      sync.Mutex
	f       *os.File // nil: not open
	id      fileID
	plain   bool  // a regular file, not a device
	size    int64 // of the file when it was last looked at, and what was written since
	looked  time.Time
	foreign time.Time // when the file was last seen to have grown by other hands
	ready   bool      // Intent has prepared the file for the next Deliver
	part    part
	place   place // where the batch at hand begins in the open file
	intent  [intentSize]byte
	closed  bool
}

// part is what is in the file of a batch whose write failed, and could not be cut away.
type part struct {
	written int   // bytes of the batch
	end     int64 // size of the file behind them
	torn    bool  // they end within a line
	place   place
}

// place is where in a file the bytes of a batch begin, and which of its bytes come there.
type place struct {
	start int64
	from  int
}

var errClosed = errors.New("the file destination is closed")

// New returns a driver for a file. The file is opened by the first delivery, so that a
// directory that can't be written now is a failure that heals, not one of the start.
// A path that is something else than a file is an error.
func New(o Options) (*Driver, error) {
	if o.Path == "" {
		return nil, errors.New("a file destination needs a path")
	}
	dress, err := newDress(&o)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(o.Path); err == nil {
		if err := usable(o.Path, info.Mode()); err != nil {
			return nil, err
		}
	}
	d := &Driver{path: o.Path, mode: o.Mode, dress: dress, header: o.Header, binary: o.Binary}
	if o.Rotation != nil {
		if d.rot, err = newRotating(d, o.Rotation); err != nil {
			return nil, fmt.Errorf("rotation of %s: %w", o.Path, err)
		}
	}
	return d, nil
}

// usable says why a thing of this mode can't be a log file.
func usable(path string, mode fs.FileMode) error {
	switch {
	case mode.IsRegular(), mode&fs.ModeCharDevice != 0:
		return nil
	case mode.IsDir():
		return fmt.Errorf("%s is a directory: give the path of a file", path)
	}
	return fmt.Errorf("%s is neither a file nor a device: for standard output use type console", path)
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.reopenIfAsked()
	if d.rot != nil {
		return d.deliverRotating(ctx, b)
	}
	prepared := d.ready
	d.ready = false
	if !prepared {
		if err := d.prepare(); err != nil {
			return err
		}
	}
	if len(d.header) > 0 {
		if err := d.begin(); err != nil {
			return err
		}
	}
	skip, err := d.resume(b)
	if err != nil {
		return err
	}
	return d.write(b.Data, skip)
}

// resume returns how much of the batch is in the file already, and leaves the file at the start of a line or at just that place.
func (d *Driver) resume(b *destination.Batch) (skip int, err error) {
	p := d.part
	d.place = place{start: d.size}
	if p.written == 0 && !p.torn {
		return 0, nil
	}
	same := b.Attempt > 1 && p.written > 0 && p.written <= len(b.Data)
	switch {
	case same && d.size == p.end:
		skip, d.place = p.written, p.place
	case same: // somebody wrote behind the torn line: it is written again, whole
		skip = lastEnd(b, p.written)
		d.place.from = skip
	case p.torn && d.size == p.end && !d.binary: // another batch: it begins on a line of its own
		if err := d.append([]byte("\n")); err != nil {
			return 0, err
		}
		d.place.start = d.size
	}
	d.part = part{}
	return skip, nil
}

// lastEnd is the end of the last record that ends within the first n bytes.
func lastEnd(b *destination.Batch, n int) int {
	if len(b.Items) == 0 {
		return bytes.LastIndexByte(b.Data[:n], '\n') + 1
	}
	i := sort.Search(len(b.Items), func(i int) bool { return b.Items[i].End > n })
	if i == 0 {
		return 0
	}
	return b.Items[i-1].End
}

// write appends data from skip on. What a failure leaves is cut away, or remembered when that can't be.
func (d *Driver) write(data []byte, skip int) error {
	before := d.size
	err := d.append(data[skip:])
	if err == nil {
		return nil
	}
	written := int(d.size - before)
	if written == 0 && skip == 0 {
		return err
	}
	if skip == 0 && d.cut(before) == nil {
		return err
	}
	written += skip
	d.part = part{written: written, end: d.size, torn: data[written-1] != '\n', place: d.place}
	return err
}

// append writes all of data, or counts in size what it could.
func (d *Driver) append(data []byte) error {
	for len(data) > 0 {
		n, err := d.f.Write(data)
		n = max(n, 0)
		d.size += int64(n)
		if data = data[n:]; err != nil {
			return err
		}
		if n == 0 {
			return io.ErrShortWrite
		}
	}
	return nil
}

var errOthers = errors.New("other programs write to the file, so nothing is cut off it")

// cut takes away what lies behind to, when all of it is ours.
func (d *Driver) cut(to int64) error {
	if !d.plain {
		return errOthers
	}
	if !aloneNow(d.f) {
		return errOthers
	}
	defer notAlone(d.f)
	st, err := stateOf(d.f)
	if err != nil {
		return err
	}
	if st.size != d.size {
		d.foreign = time.Now()
		return errOthers
	}
	if err := d.f.Truncate(to); err != nil {
		return fmt.Errorf("cut an unfinished batch off %s: %w", d.path, err)
	}
	d.size = to
	return nil
}

// Reopen closes the file; the next delivery opens the path anew. While a write is running it is done right after.
func (d *Driver) Reopen() error {
	d.reopen.Store(true)
	if !d.mu.TryLock() {
		return nil
	}
	defer d.mu.Unlock()
	return d.reopenIfAsked()
}

func (d *Driver) reopenIfAsked() error {
	if !d.reopen.Load() || d.ready {
		return nil
	}
	d.reopen.Store(false)
	return d.closeFile()
}

// Close implements destination.Driver.
// It does not wait for a rotated file that is being compressed: the next start does that.
func (d *Driver) Close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	err := d.closeFile()
	end := d.rot.close()
	d.mu.Unlock()
	return errors.Join(err, end(ctx))
}

// closeFile closes the file. An unfinished line at its end is cut away if that is possible now.
func (d *Driver) closeFile() error {
	f := d.f
	if f == nil {
		return nil
	}
	if d.part.torn {
		d.withdraw()
	}
	d.f = nil
	return f.Close()
}

// withdraw cuts what the file has of an unfinished batch off it: it will not be written again.
func (d *Driver) withdraw() {
	st, err := stateOf(d.f)
	if err != nil || st.size != d.part.end {
		return
	}
	d.size = st.size
	p := d.part.place
	if p.from >= d.part.written || p.start > d.size || d.cut(p.start) != nil {
		return
	}
	d.part = part{written: p.from, end: -1}
}

// Local implements destination.Local.
func (d *Driver) Local() bool { return true }

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.path }

// foreignFor is how long a file counts as shared after it grew by other hands.
const foreignFor = time.Minute

// OtherWriters implements destination.Sharer: another writer of this library holds the file open
// (known on Linux; elsewhere only the later one of two knows), or it grew by other hands within the last minute.
func (d *Driver) OtherWriters() bool {
	if !d.mu.TryLock() {
		return d.others.Load() // a write is running, perhaps for long: nobody waits for it here
	}
	defer d.mu.Unlock()
	return d.lookForOthers()
}

func (d *Driver) lookForOthers() bool {
	others := d.f != nil && d.plain && othersHold(d.f) ||
		!d.foreign.IsZero() && time.Since(d.foreign) < foreignFor
	d.others.Store(others)
	return others
}
