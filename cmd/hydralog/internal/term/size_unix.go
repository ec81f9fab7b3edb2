//go:build unix

package term

import (
	"os"
	"syscall"
	"unsafe"
)

// size returns the width of a terminal, and whether f is one.
func size(f *os.File) (width int, terminal bool) {
	var ws struct{ rows, cols, x, y uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&ws)))
	return int(ws.cols), errno == 0
}
