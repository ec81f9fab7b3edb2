//go:build !unix

package datagramdest

import "syscall"

// pendingError is not known here: the next write has it.
func pendingError(syscall.RawConn) error { return nil }
