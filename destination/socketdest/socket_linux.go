package socketdest

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// tellsUnderway says whether the system tells what has arrived.
const tellsUnderway = true

// underway is the number of bytes that were written to a socket and that the peer's kernel has not acknowledged (TCP),
// or its program not read (unix socket): SIOCOUTQ, see tcp(7) and unix(7).
func underway(raw syscall.RawConn) (n int) {
	if raw == nil {
		return 0
	}
	err := raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	if err != nil {
		return 0
	}
	return n
}

// hungUp reports whether the peer has closed its side, or the connection is broken.
func hungUp(raw syscall.RawConn) bool {
	if raw == nil {
		return false
	}
	fds := [1]unix.PollFd{{Events: unix.POLLRDHUP}}
	err := raw.Control(func(fd uintptr) {
		fds[0].Fd = int32(fd)
		_, _ = unix.Poll(fds[:], 0)
	})
	return err != nil || fds[0].Revents != 0
}
