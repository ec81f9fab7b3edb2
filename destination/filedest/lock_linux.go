package filedest

import (
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Writers of one file announce themselves to each other with an advisory lock on a byte far behind its end. Each
// holds it shared for as long as it has the file open, and exclusively while it cuts something off. The locks
// belong to the open file (F_OFD_SETLK), so two destinations of one process see each other too.
const lockByte = int64(1) << 62

// announceLimit is how long another writer may hold the lock to cut something off.
const announceLimit = 100 * time.Millisecond

var errCutting = errors.New("another writer holds the file's lock: it is tried again")

// announce takes the shared lock.
func announce(f *os.File) error {
	for waited := time.Duration(0); ; waited += time.Millisecond {
		switch err := lock(f, unix.F_OFD_SETLK, unix.F_RDLCK); {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EACCES):
			if waited >= announceLimit {
				return errCutting
			}
			time.Sleep(time.Millisecond)
		default:
			return nil // locked; or a file system without locks, or a file opened for writing only
		}
	}
}

// othersHold reports whether another writer has announced itself. Where that can't be known, one may have.
func othersHold(f *os.File) bool {
	l := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: lockByte, Len: 1}
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &l) != nil || l.Type != unix.F_UNLCK
}

// aloneNow makes the lock exclusive if nobody else has it.
func aloneNow(f *os.File) bool { return lock(f, unix.F_OFD_SETLK, unix.F_WRLCK) == nil }

func notAlone(f *os.File) { _ = lock(f, unix.F_OFD_SETLK, unix.F_RDLCK) }

func lock(f *os.File, command int, kind int16) error {
	l := unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: lockByte, Len: 1}
	return unix.FcntlFlock(f.Fd(), command, &l)
}
