//go:build unix && !linux && !solaris && !aix

package filedest

import (
	"os"

	"golang.org/x/sys/unix"
)

// Writers of one file know of each other by an advisory lock, which the first one gets: only the later ones
// know here that they are not alone.
func announce(*os.File) error { return nil }

func othersHold(f *os.File) bool { return !aloneNow(f) }

func aloneNow(f *os.File) bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil }

func notAlone(*os.File) {}
