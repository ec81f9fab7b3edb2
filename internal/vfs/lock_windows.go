package vfs

import (
	"errors"

	"golang.org/x/sys/windows"
)

// lockOffset lies behind any content, so that others can read who holds the lock.
const lockOffset = 1 << 30

func (f *osFile) Lock() error {
	err := f.control("lock", func(fd int) error {
		ol := windows.Overlapped{Offset: lockOffset}
		return windows.LockFileEx(windows.Handle(fd), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &ol)
	})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return err
}

func usage(name string) (Usage, error) {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return Usage{}, err
	}
	var free, total, all uint64
	if err := windows.GetDiskFreeSpaceEx(p, &free, &total, &all); err != nil {
		return Usage{}, err
	}
	return Usage{Total: int64(total), Free: int64(free), Survives: true}, nil
}
