//go:build !unix || solaris || aix

package rotate

import (
	"io/fs"
	"os"
)

const noFollow = 0

// CanLock says whether processes can share a file here.
const CanLock = false

// TryLock can't lock here.
func TryLock(*os.File) error { return nil }

// Unlock gives the lock back.
func Unlock(*os.File) {}

func GiveTo(*os.File, fs.FileInfo) {}
