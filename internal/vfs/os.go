package vfs

import (
	"errors"
	"io/fs"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// OS is the file system of the operating system.
type OS struct{}

var _ FS = OS{}

// OpenFile implements [FS].
func (OS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag|noFollow, perm)
	if err != nil {
		return nil, err
	}
	return &osFile{f: f}, nil
}

// Mkdir implements [FS].
func (OS) Mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }

// ReadDir implements [FS].
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// Lstat implements [FS].
func (OS) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }

// Rename implements [FS].
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements [FS].
func (OS) Remove(name string) error { return os.Remove(name) }

// RemoveAll implements [FS].
func (OS) RemoveAll(name string) error { return os.RemoveAll(name) }

// SyncDir implements [FS].
func (OS) SyncDir(name string) error { return syncDir(name) }

// Usage implements [FS].
func (OS) Usage(name string) (Usage, error) { return usage(name) }

// osFile is an open file. The platform files hold what differs.
type osFile struct{ f *os.File }

func (f *osFile) Name() string                             { return f.f.Name() }
func (f *osFile) ReadAt(p []byte, off int64) (int, error)  { return f.f.ReadAt(p, off) }
func (f *osFile) WriteAt(p []byte, off int64) (int, error) { return f.f.WriteAt(p, off) }
func (f *osFile) Truncate(size int64) error                { return f.f.Truncate(size) }
func (f *osFile) Close() error                             { return f.f.Close() }

func (f *osFile) Size() (int64, error) {
	fi, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	return fi.Size(), nil
}

func (f *osFile) Allocate(size int64) error {
	err := f.allocate(size)
	if errors.Is(err, errors.ErrUnsupported) {
		err = f.writeZeros(size)
	}
	if err != nil {
		_ = f.f.Truncate(0) // a half-grown file would keep the room that is missing
		return &fs.PathError{Op: "allocate", Path: f.f.Name(), Err: err}
	}
	return nil
}

// writeZeros reserves blocks where the file system can't: real zeros, on the device
// before the file is used, so that a lack of room shows here and not in a page fault.
func (f *osFile) writeZeros(size int64) error {
	if err := f.Zero(size); err != nil {
		return err
	}
	return f.Sync()
}

var zeros [256 << 10]byte // never written to

// zeroFrom is Zero from an offset on.
func (f *osFile) zeroFrom(off, size int64) error {
	for ; off < size; off += int64(len(zeros)) {
		if _, err := f.f.WriteAt(zeros[:min(size-off, int64(len(zeros)))], off); err != nil {
			return err
		}
	}
	return nil
}

// touch takes the faults of mem page by page. It changes nothing,
// also when others write to the pages at the same time.
func touch(mem []byte) error {
	return guarded(func() {
		for i := 0; i < len(mem); i += os.Getpagesize() {
			atomic.AddUint32((*uint32)(unsafe.Pointer(&mem[i])), 0)
		}
	})
}

// pageMask covers the offsets in a page of the smallest size there is.
const pageMask = 4<<10 - 1

// guarded runs f, which touches a mapping, and turns a fault into an error.
func guarded(f func()) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		if recover() != nil {
			err = syscall.ENOSPC // the kernel had no page for it
		}
	}()
	f()
	return nil
}

// retry repeats a system call that a signal interrupted.
func retry(call func() error) error {
	for {
		err := call()
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// control runs call with the file's descriptor, which can't be closed meanwhile.
func (f *osFile) control(op string, call func(fd int) error) error {
	rc, err := f.f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	err = rc.Control(func(fd uintptr) {
		inner = retry(func() error { return call(int(fd)) })
	})
	if err == nil {
		err = inner
	}
	if err != nil && op != "" {
		return &fs.PathError{Op: op, Path: f.f.Name(), Err: err}
	}
	return err
}
