// Package consoledest writes formatted records to standard output or standard error.
package consoledest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// Options are the settings of a console.
type Options struct {
	// Stream is "stdout" or "stderr". Default: "stdout".
	Stream string
	// File is written in place of a standard stream. The driver does not close it.
	File *os.File
}

// Driver is a console destination.
//
// It writes through a copy of the descriptor: when the reader of a pipe at
// descriptor 1 or 2 is gone, the Go runtime ends the program with SIGPIPE, see
// os/signal; through a copy, the write fails and is tried again, and a service
// outlives its log reader. A write to a full pipe that nobody reads blocks in the
// kernel, and with it the goroutine of this destination, but nobody else.
type Driver struct {
	name string
	orig *os.File

	mu   sync.Mutex
	f    *os.File // the copy, or where there is none, orig
	copy bool
	rest []byte   // of a batch that was written in part: the rest goes first
}

// New returns a driver.
func New(o Options) (*Driver, error) {
	d := &Driver{name: o.Stream, orig: o.File}
	switch {
	case o.File != nil:
		d.name = o.File.Name()
	case o.Stream == "" || o.Stream == "stdout":
		d.name, d.orig = "stdout", os.Stdout
	case o.Stream == "stderr":
		d.orig = os.Stderr
	default:
		return nil, fmt.Errorf("unknown stream %q; write stdout or stderr", o.Stream)
	}
	return d, nil
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.f == nil {
		f, isCopy, err := duplicate(d.orig)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		d.f, d.copy = f, isCopy
	}
	// A write to a pollable stream ends with ctx; on another one this has no effect.
	stop := context.AfterFunc(ctx, func() { _ = d.f.SetWriteDeadline(time.Now()) })
	defer stop()
	data := b.Data
	if d.rest != nil {
		data = d.rest // the same batch again, without what the stream has taken already
	}
	n, err := d.write(ctx, data)
	if err != nil {
		d.rest = append([]byte{}, data[n:]...)
		return fmt.Errorf("%s: %w", d.name, err)
	}
	d.rest = nil
	return nil
}

// write writes all of data; a stream that somebody made non-blocking and that is full is tried again after a moment.
func (d *Driver) write(ctx context.Context, data []byte) (written int, err error) {
	for written < len(data) {
		n, err := d.f.Write(data[written:])
		written += max(n, 0)
		switch {
		case err == nil && n == 0:
			return written, io.ErrShortWrite
		case err == nil:
		case isFull(err):
			select {
			case <-ctx.Done():
				return written, errors.Join(err, ctx.Err())
			case <-time.After(fullPause):
			}
		default:
			return written, err
		}
	}
	return written, nil
}

// fullPause is the time between tries to write to a full non-blocking stream.
const fullPause = 5 * time.Millisecond

// Close implements destination.Driver. The stream itself stays open.
func (d *Driver) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.f == nil {
		return nil
	}
	f := d.f
	d.f = nil
	if !d.copy {
		return nil
	}
	return f.Close()
}

// Local implements destination.Local.
func (d *Driver) Local() bool { return true }

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.name }
