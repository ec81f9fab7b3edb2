//go:build unix

package filedest

import (
	"os"
	"syscall"
)

// identity returns what names a file on this machine, whatever its path.
func identity(f *os.File) (device, inode uint64, ok bool) {
	info, err := f.Stat()
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return uint64(st.Dev), uint64(st.Ino), true
}

// lockFile takes an advisory lock that tells writers of this library of each other. Nobody waits for
// it: without it the file is shared, and nothing is ever cut off it.
func lockFile(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
