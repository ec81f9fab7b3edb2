//go:build unix

package capture

import (
	"os"
	"syscall"
)

// Supported reports whether output can be captured in files here.
const Supported = true

const noFollow = syscall.O_NOFOLLOW | syscall.O_CLOEXEC

// lock takes an exclusive lock. It lives as long as the open file, in whichever processes.
func lock(f *os.File, wait bool) error {
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	return flock(f, how)
}

// share takes a lock that any number of open files may have.
func share(f *os.File) error { return flock(f, syscall.LOCK_SH) }

func unlock(f *os.File) error { return flock(f, syscall.LOCK_UN) }

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			return err
		}
	}
}

func isBusy(err error) bool { return err == syscall.EWOULDBLOCK }
