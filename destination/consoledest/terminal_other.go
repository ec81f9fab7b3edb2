//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package consoledest

import "os"

// IsTerminal reports whether f is a character device, which is what can be known here.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
