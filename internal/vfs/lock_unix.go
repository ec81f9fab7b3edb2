//go:build linux || darwin || freebsd || openbsd || netbsd || dragonfly

package vfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Lock uses flock, which a second descriptor of the same process is refused too.
func (f *osFile) Lock() error {
	err := f.control("flock", func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
