package rotate

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames to a name that must not exist. It also spares ext4's writing of the file at once, which a rename over
// an existing name brings about.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	switch {
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENOTSUP):
		return renameReserved(from, to)
	case err != nil:
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
