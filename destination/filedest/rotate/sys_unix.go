//go:build unix && !solaris && !aix

package rotate

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// noFollow refuses a symbolic link in place of a file of ours: who may write to the directory must not lead a process with more
// rights elsewhere.
const noFollow = unix.O_NOFOLLOW

// CanLock says whether processes can share a file here.
const CanLock = true

// TryLock takes the lock of an open file, or returns ErrLocked. It ends with the file.
func TryLock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK), errors.Is(err, unix.EINTR):
		return ErrLocked
	case errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOSYS):
		return nil // a file system without locks
	}
	return err
}

// Unlock gives the lock back.
func Unlock(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// GiveTo gives a file to the owner of another, as far as this process may.
func GiveTo(f *os.File, like fs.FileInfo) {
	if st, ok := like.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}
