// Package consoledest writes formatted records to standard output or standard error.
package consoledest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/hydra-logger/hydra/destination"
)

// Options are the settings of a console.
type Options struct {
	// Stream is "stdout" or "stderr". Default: "stdout".
	Stream string
	// Stderr returns the file of the stream "stderr". It is asked when the stream is opened: by the first delivery, and after the
	// stream was closed by its reader. Default: os.Stderr.
	Stderr func() *os.File
	// File is written in place of a standard stream. The driver does not close it.
	File *os.File
}

// Driver is a console destination.
//
// It writes through a copy of the descriptor, and by itself: when the reader of a
// pipe at descriptor 1 or 2 is gone, a write of package os ends the program with
// SIGPIPE, see os/signal; the driver's write fails and is tried again, and a service
// outlives its log reader. What the program itself prints there still ends it.
//
// Pipes, terminals and sockets are written in pieces of whole lines, of 4096 bytes
// at most, when there is room: lines do not mix with those of others, and a pipe
// that nobody reads holds up a delivery only until its context ends. Whether the
// stream blocks is left as it is, since it is shared with other programs.
//
// After a crash the records of one batch may be on the console twice.
type Driver struct {
	name string
	orig func() *os.File

	mu   sync.Mutex
	out  *stream // nil: not open
	part int     // bytes of the batch that are out already
	torn bool    // they end within a line
}

// New returns a driver. The stream is looked at by the first delivery.
func New(o Options) (*Driver, error) {
	d := &Driver{name: o.Stream, orig: func() *os.File { return o.File }}
	switch {
	case o.File != nil:
		d.name = o.File.Name()
	case o.Stream == "" || o.Stream == "stdout":
		d.name, d.orig = "stdout", func() *os.File { return os.Stdout }
	case o.Stream == "stderr" && o.Stderr != nil:
		d.orig = o.Stderr
	case o.Stream == "stderr":
		d.orig = func() *os.File { return os.Stderr }
	default:
		return nil, fmt.Errorf("unknown stream %q: write stdout or stderr", o.Stream)
	}
	return d, nil
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.deliver(ctx, b); err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	return nil
}

func (d *Driver) deliver(ctx context.Context, b *destination.Batch) error {
	if d.out == nil {
		out, err := open(d.orig())
		if err != nil {
			return err
		}
		d.out = out
	}
	if b.Attempt <= 1 || d.part > len(b.Data) {
		if d.torn { // another batch: it begins on a line of its own
			if _, err := d.out.write(ctx, []byte("\n")); err != nil {
				return err
			}
		}
		d.part, d.torn = 0, false
	}
	n, err := d.out.write(ctx, b.Data[d.part:])
	d.part += n
	if err != nil {
		d.torn = d.part > 0 && b.Data[d.part-1] != '\n'
		d.dropDead(b, err)
		return err
	}
	d.part, d.torn = 0, false
	return nil
}

// dropDead gives up the copy of a stream that will never take anything again. The next try makes a new copy: the
// program may have put another stream in its place by then, which gets the unfinished line from its start.
func (d *Driver) dropDead(b *destination.Batch, err error) {
	if !isDead(err) {
		return
	}
	_ = d.out.close()
	d.out = nil
	d.part, d.torn = bytes.LastIndexByte(b.Data[:d.part], '\n')+1, false
}

// pieceSize is what a pipe takes at once without mixing it with the writes of others: PIPE_BUF of Linux, pipe(7).
const pieceSize = 4096

// piece is the beginning of data that is written at once: whole lines if that is possible.
func piece(data []byte) []byte {
	if len(data) <= pieceSize {
		return data
	}
	if end := bytes.LastIndexByte(data[:pieceSize], '\n'); end >= 0 {
		return data[:end+1]
	}
	return data[:pieceSize]
}

// Print writes text to a stream that belongs to the whole program, in the way of a [Driver]: a reader that has gone does not end
// the program, and one that is slow gets what there is room for before ctx ends. With a ctx that has ended Print does not wait.
func Print(ctx context.Context, f *os.File, text string) error {
	s, err := open(f)
	if err != nil {
		return err
	}
	_, err = s.write(ctx, []byte(text))
	return errors.Join(err, s.close())
}

// Close implements destination.Driver. The stream itself stays open.
func (d *Driver) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.out == nil {
		return nil
	}
	out := d.out
	d.out = nil
	return out.close()
}

// Local implements destination.Local.
func (d *Driver) Local() bool { return true }

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.name }
