//go:build unix

package hydra

import (
	"io/fs"
	"os"
	"syscall"
)

// oNoFollow refuses a symbolic link in place of a file of the state directory.
const oNoFollow = syscall.O_NOFOLLOW

// ownedByUs reports whether a file belongs to this process's user.
func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(st.Uid) == os.Geteuid()
}
