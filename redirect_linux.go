package hydra

import (
	"os"

	"golang.org/x/sys/unix"
)

// Linux on newer processors has no dup2.
func dup2(from, to int) error { return unix.Dup3(from, to, 0) }

// growPipe makes a pipe as large as anybody may make one, where that is not more limited than by default.
func growPipe(f *os.File) {
	if conn, err := f.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}
