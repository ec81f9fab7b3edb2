package demo

import (
	"os"
	"syscall"
	"unsafe"
)

// mapShared maps the first bytes of a file, for several processes.
func mapShared(f *os.File, length int) (mem []byte, unmap func() error, err error) {
	h, err := syscall.CreateFileMapping(syscall.Handle(f.Fd()), nil, syscall.PAGE_READWRITE, 0, uint32(length), nil)
	if err != nil {
		return nil, nil, os.NewSyscallError("CreateFileMapping", err)
	}
	defer syscall.CloseHandle(h)
	addr, err := syscall.MapViewOfFile(h, syscall.FILE_MAP_WRITE, 0, 0, uintptr(length))
	if err != nil {
		return nil, nil, os.NewSyscallError("MapViewOfFile", err)
	}
	p := *(*unsafe.Pointer)(unsafe.Pointer(&addr)) // memory that is not Go's
	return unsafe.Slice((*byte)(p), length), func() error { return syscall.UnmapViewOfFile(addr) }, nil
}
