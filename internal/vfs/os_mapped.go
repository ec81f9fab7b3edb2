//go:build linux || darwin

package vfs

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

func (f *osFile) mmap(size int64) (mem []byte, err error) {
	err = f.control("mmap", func(fd int) (err error) {
		mem, err = unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		return err
	})
	return mem, err
}

// mapped returns mem unless its pages could not be had.
func (f *osFile) mapped(mem []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, &fs.PathError{Op: "populate", Path: f.f.Name(), Err: errors.Join(err, unix.Munmap(mem))}
	}
	return mem, nil
}

// MapAgain takes the faults by its stores: where the cache has large folios, one fault maps a whole one, and the
// goroutine keeps its processor, which it would lose in a system call of a millisecond.
func (f *osFile) MapAgain(size, dirty int64) ([]byte, error) {
	mem, err := f.mmap(size)
	if err != nil {
		return nil, err
	}
	dirty = min(dirty, size)
	err = guarded(func() { clear(mem[:dirty]) })
	if err == nil {
		err = touch(mem[dirty&^int64(pageMask):])
	}
	return f.mapped(mem, err)
}
