//go:build !linux && !darwin && !freebsd && !openbsd && !netbsd && !dragonfly && !windows

package vfs

import "errors"

// Lock fails: a journal in files needs a lock that ends with its process.
func (f *osFile) Lock() error { return errors.ErrUnsupported }
