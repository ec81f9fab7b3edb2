//go:build !unix || solaris || aix

package filedest

import "os"

// Without locks another writer can't be known: nothing is ever cut off a file.
func announce(*os.File) error { return nil }

func othersHold(*os.File) bool { return true }

func aloneNow(*os.File) bool { return false }

func notAlone(*os.File) {}
