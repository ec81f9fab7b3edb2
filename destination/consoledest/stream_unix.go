//go:build unix

package consoledest

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stream is a copy of a descriptor, above the standard ones and closed on exec. The copy shares whether it
// blocks with the original, so that is never changed.
type stream struct {
	fd   int
	file bool // a regular file: it takes all at once, and polling it says nothing
}

func open(f *os.File) (*stream, error) {
	conn, err := f.SyscallConn() // unlike Fd, it leaves the stream non-blocking when it is
	if err != nil {
		return nil, err
	}
	s := &stream{}
	ctrlErr := conn.Control(func(orig uintptr) { s.fd, err = unix.FcntlInt(orig, unix.F_DUPFD_CLOEXEC, 3) })
	if err = errors.Join(ctrlErr, err); err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(s.fd, &st); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.file = st.Mode&unix.S_IFMT == unix.S_IFREG
	return s, nil
}

// write writes data, as long as ctx allows, and says how much of it is out.
func (s *stream) write(ctx context.Context, data []byte) (written int, err error) {
	for written < len(data) {
		part := data[written:]
		if !s.file {
			if err := s.room(ctx); err != nil {
				return written, err
			}
			part = piece(part)
		}
		n, err := unix.Write(s.fd, part)
		written += max(n, 0)
		switch {
		case err == unix.EINTR, err == unix.EAGAIN && !s.file:
		case err != nil:
			return written, err
		case n <= 0:
			return written, io.ErrShortWrite
		}
	}
	return written, nil
}

// lookEvery is how often the wait for a full stream looks at its context.
const lookEvery = 20 * time.Millisecond

// room waits until the stream takes something, or has an error to report.
func (s *stream) room(ctx context.Context) error {
	fds := [1]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLOUT}}
	for timeout := 0; ; timeout = int(lookEvery.Milliseconds()) {
		n, err := unix.Poll(fds[:], timeout)
		switch {
		case n > 0:
			return nil
		case err != nil && err != unix.EINTR && err != unix.EAGAIN:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// isDead reports whether the stream's other side is gone for ever.
func isDead(err error) bool {
	return errors.Is(err, unix.EPIPE) || errors.Is(err, unix.EIO) || errors.Is(err, unix.EBADF) || errors.Is(err, unix.ECONNRESET)
}

func (s *stream) close() error { return unix.Close(s.fd) }
