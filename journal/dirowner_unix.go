//go:build unix

package journal

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkOwner refuses a directory of another user, or one that others may write to.
func checkOwner(dir string, fi fs.FileInfo) error {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("journal: %s belongs to user %d and this process is user %d: chown it, or name another directory",
			dir, st.Uid, os.Geteuid())
	}
	if fi.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("journal: %s can be written to by others (mode %04o): chmod go-w it", dir, fi.Mode().Perm())
	}
	return nil
}
