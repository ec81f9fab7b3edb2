//go:build unix

package consoledest

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// duplicate returns a copy of f above the standard descriptors, closed on exec. The copy shares
// whether it blocks with the original: nothing is changed for others that write to the stream.
func duplicate(f *os.File) (file *os.File, isCopy bool, err error) {
	conn, err := f.SyscallConn() // unlike Fd, it leaves the stream non-blocking when it is
	if err != nil {
		return nil, false, err
	}
	var fd int
	ctrlErr := conn.Control(func(orig uintptr) { fd, err = unix.FcntlInt(orig, unix.F_DUPFD_CLOEXEC, 3) })
	if err = errors.Join(ctrlErr, err); err != nil {
		return nil, false, err
	}
	return os.NewFile(uintptr(fd), f.Name()), true, nil
}

// isFull reports whether a non-blocking stream has no room now.
func isFull(err error) bool { return errors.Is(err, syscall.EAGAIN) }
