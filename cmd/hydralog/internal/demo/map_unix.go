//go:build unix

package demo

import (
	"os"
	"syscall"
)

// mapShared maps the first bytes of a file, for several processes.
func mapShared(f *os.File, length int) (mem []byte, unmap func() error, err error) {
	mem, err = syscall.Mmap(int(f.Fd()), 0, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return mem, func() error { return syscall.Munmap(mem) }, nil
}
