//go:build unix

package filedest

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openAppend opens a file for appending; for reading too where that is allowed, which locks and recovery need.
// With O_NONBLOCK the open of a pipe that nobody reads does not hang; files don't mind.
// more is os.O_CREATE, and os.O_EXCL.
func openAppend(path string, more int, mode fs.FileMode) (*os.File, error) {
	flags := more | os.O_APPEND | unix.O_NONBLOCK | unix.O_NOCTTY
	f, err := os.OpenFile(path, os.O_RDWR|flags, mode)
	if errors.Is(err, fs.ErrPermission) {
		return os.OpenFile(path, os.O_WRONLY|flags, mode)
	}
	return f, err
}

func stateOf(f *os.File) (fileState, error) {
	var st unix.Stat_t
	for {
		err := unix.Fstat(int(f.Fd()), &st)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return fileState{}, os.NewSyscallError("fstat", err)
		}
	}
	return fileState{
		id:   fileID{device: uint64(st.Dev), inode: uint64(st.Ino)},
		size: st.Size, removed: st.Nlink == 0, plain: st.Mode&unix.S_IFMT == unix.S_IFREG,
	}, nil
}

// idOf returns the identity of a file that os.Stat or a directory described.
func idOf(path string) (fileID, bool) {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return fileID{}, false
	}
	return fileID{device: uint64(st.Dev), inode: uint64(st.Ino)}, true
}
