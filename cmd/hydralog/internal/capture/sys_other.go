//go:build !unix

package capture

import (
	"errors"
	"os"
)

// Supported reports whether output can be captured in files here.
const Supported = false

const noFollow = 0

var errUnsupported = errors.New("output can't be captured in files on this system: use --pipe")

func lock(*os.File, bool) error { return errUnsupported }
func share(*os.File) error      { return errUnsupported }
func unlock(*os.File) error     { return errUnsupported }
func isBusy(error) bool         { return false }
