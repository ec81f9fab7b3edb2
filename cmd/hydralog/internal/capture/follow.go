package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hydra-logger/hydra/viewer/lines"
)

const (
	readSize   = 256 << 10
	backSize   = 1 << 20   // space is given back in steps of this size
	backIdle   = 128 << 10 // and of this, when there is time
	backPage   = 4096      // what file systems free, at least
	tailSize   = 16        // bytes before the position by which a rewritten file is noticed
	quietPlain = 20 * time.Millisecond
	quietTrace = 250 * time.Millisecond // a runtime writes a trace in many pieces
	idleLook   = time.Second            // how often the writers are looked for
	blindLook  = 25 * time.Millisecond  // how often the file is, where changes are not told
	linger     = time.Second            // after the command's end, for what it started
	endLook    = 10 * time.Millisecond
)

// Sink takes what a follower reads.
type Sink interface {
	// Unit takes one unit; its text is valid during the call.
	Unit(lines.Unit)
	// Flush accepts what was taken and moves the cursor behind it.
	Flush() error
}

// Follower reads one stream of a directory from its cursor on.
type Follower struct {
	Dir    *Dir
	Stream int
	Sink   Sink
	// Event is told what an operator should know. Default: nothing is.
	Event func(text string)

	file     *os.File
	split    lines.Splitter
	buf      []byte
	tail     []byte // the last bytes before the position
	back     int64  // space before it is given back
	noHoles  bool
	verified bool // the tail was compared since the last wait
}

// Follow reads until nobody can write any more, and returns true when all of it is accepted. After finish is closed
// it reads what is there, waits a second for other writers to end, and returns false when there still are some.
func (f *Follower) Follow(finish <-chan struct{}) (complete bool, err error) {
	f.file, err = os.OpenFile(f.Dir.file(f.Stream), os.O_RDWR|noFollow, 0)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil // killed before it was made
	}
	if err != nil {
		return false, err
	}
	defer f.file.Close()
	changed, stop := watch(f.file.Name())
	defer stop()
	f.buf = make([]byte, readSize)
	f.split.Emit = f.Sink.Unit
	f.split.Start(f.Dir.Cursor.Place().Position[f.Stream])
	return f.loop(changed, finish)
}

func (f *Follower) loop(changed, finish <-chan struct{}) (complete bool, err error) {
	var end time.Time // when waiting for other writers is over
	for {
		if err := f.drain(); err != nil {
			return false, err
		}
		held, trace := f.split.Holding()
		gone := !f.Dir.Written(f.Stream)
		switch {
		case gone:
			return true, f.last()
		case held:
			if !f.wait(changed, nil, quiet(trace)) {
				f.split.Quiet()
			}
			continue
		case isClosed(finish) && end.IsZero():
			end = time.Now().Add(linger)
		case isClosed(finish) && time.Now().After(end):
			return false, nil
		}
		if end.IsZero() {
			f.wait(changed, finish, idleLook)
		} else {
			f.wait(changed, nil, endLook)
		}
	}
}

func quiet(trace bool) time.Duration {
	if trace {
		return quietTrace
	}
	return quietPlain
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// wait returns true when the file may have changed, false when d is over or finish closed.
func (f *Follower) wait(changed, finish <-chan struct{}, d time.Duration) bool {
	f.verified = false
	if changed == nil {
		d = min(d, blindLook)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-changed:
		return true
	case <-finish:
	case <-t.C:
	}
	return false
}

// last reads what was written before the last writer went, and a line without end.
func (f *Follower) last() error {
	if err := f.drain(); err != nil {
		return err
	}
	f.split.End()
	return f.flush(backSize)
}

// drain reads and accepts everything that is there.
func (f *Follower) drain() error {
	for {
		n, err := f.read()
		if err != nil {
			return err
		}
		if n == 0 {
			return f.flush(backIdle)
		}
		if err := f.flush(backSize); err != nil {
			return err
		}
	}
}

func (f *Follower) read() (int, error) {
	pos := f.split.Pos()
	if !f.verified {
		if err := f.checkTail(pos); err != nil {
			return 0, err
		}
		pos = f.split.Pos()
		f.verified = true
	}
	n, err := f.file.ReadAt(f.buf, pos)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if n == 0 {
		return 0, nil
	}
	f.split.Write(f.buf[:n])
	f.tail = append(f.tail[:0], f.buf[max(n-tailSize, 0):n]...)
	return n, nil
}

// checkTail notices that the command truncated its output, as a shell does with > /dev/stdout, and begins anew.
func (f *Follower) checkTail(pos int64) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() >= pos {
		b := make([]byte, len(f.tail))
		if _, err := f.file.ReadAt(b, pos-int64(len(b))); err != nil {
			return err
		}
		if bytes.Equal(b, f.tail) {
			return nil
		}
	}
	f.event("the command truncated its %s: what it wrote before and was not read yet is gone; use --pipe for such a command",
		streamNames[f.Stream])
	f.split.End()
	if err := f.Sink.Flush(); err != nil {
		return err
	}
	if err := f.Dir.Cursor.Rewind(f.Stream); err != nil {
		return err
	}
	f.split.Start(0)
	f.tail, f.back = nil, 0
	return nil
}

// flush accepts what is complete and gives its space back, if it is as much as step.
func (f *Follower) flush(step int64) error {
	if err := f.Sink.Flush(); err != nil {
		return err
	}
	pos := f.Dir.Cursor.Place().Position[f.Stream]
	to := (pos-tailSize)/backPage*backPage - backPage
	if f.noHoles || to-f.back < step {
		return nil
	}
	if err := giveBack(f.file, f.back, to); err != nil {
		f.noHoles = true
		f.event("the space of captured output can't be given back before the command ends: %v", err)
		return nil
	}
	f.back = to
	return nil
}

func (f *Follower) event(text string, args ...any) {
	if f.Event != nil {
		f.Event(fmt.Sprintf(text, args...))
	}
}
