//go:build unix

package hydra

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// rawRedirect is the redirection of descriptor 2.
type rawRedirect struct {
	l      *Logger
	level  slog.Level
	stderr *os.File // the real one
	read   *os.File
	write  *os.File
	done   chan struct{} // closed when the reader has ended
}

// redirectDrain is how long a Close waits for the ends that others hold, such as child processes.
const redirectDrain = 100 * time.Millisecond

func redirectRaw(l *Logger, level slog.Level) (*rawRedirect, error) {
	saved, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("it can't be copied: %w", err)
	}
	r := &rawRedirect{l: l, level: level, stderr: os.NewFile(uintptr(saved), "/dev/stderr"), done: make(chan struct{})}
	if r.read, r.write, err = os.Pipe(); err != nil {
		return nil, errors.Join(err, r.stderr.Close())
	}
	// Both ends of a pipe of package os do not block, which is what the writers need: see Redirect.
	growPipe(r.write)
	if err := onto2(r.write); err != nil {
		return nil, errors.Join(err, r.read.Close(), r.write.Close(), r.stderr.Close())
	}
	go r.run()
	return r, nil
}

// onto2 makes descriptor 2 a copy of f.
func onto2(f *os.File) error {
	conn, err := f.SyscallConn() // unlike Fd, it leaves the file as it is
	if err != nil {
		return err
	}
	ctrlErr := conn.Control(func(fd uintptr) {
		for err = dup2(int(fd), 2); err == unix.EINTR || err == unix.EBUSY; {
			err = dup2(int(fd), 2)
		}
	})
	return errors.Join(ctrlErr, err)
}

// run makes records of the lines until the pipe ends.
func (r *rawRedirect) run() {
	defer close(r.done)
	var rest []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := r.read.Read(buf)
		rest = r.lines(append(rest, buf[:n]...))
		if err != nil {
			break
		}
	}
	r.writeRaw(rest)
}

// lines takes the whole lines out of data and returns the rest.
func (r *rawRedirect) lines(data []byte) []byte {
	all := data
	for {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			break
		}
		r.writeRaw(bytes.TrimSuffix(data[:i:i], []byte("\r")))
		data = data[i+1:]
	}
	if len(data) > maxLine {
		r.writeRaw(data)
		data = nil
	}
	return append(all[:0], data...)
}

// restore puts the real standard error back and takes what is in the pipe.
func (r *rawRedirect) restore() error {
	err := onto2(r.stderr)
	errs := []error{err, r.write.Close()}
	select {
	case <-r.done:
	case <-time.After(redirectDrain): // a child process still has the other end
		errs = append(errs, r.read.SetReadDeadline(time.Now()))
		<-r.done
		r.takeLast()
	}
	return errors.Join(append(errs, r.read.Close())...)
}

// takeLast reads what came between the reader's last read and its deadline.
func (r *rawRedirect) takeLast() {
	if r.read.SetReadDeadline(time.Time{}) != nil {
		return
	}
	conn, err := r.read.SyscallConn()
	if err != nil {
		return
	}
	var rest []byte
	buf := make([]byte, 64<<10)
	_ = conn.Read(func(fd uintptr) bool {
		for {
			n, err := unix.Read(int(fd), buf)
			if n <= 0 || err != nil && err != io.EOF {
				return true
			}
			rest = r.lines(append(rest, buf[:n]...))
		}
	})
	r.writeRaw(rest)
}
