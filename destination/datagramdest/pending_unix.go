//go:build unix

package datagramdest

import "syscall"

// pendingError returns, and clears, the error that a datagram sent before has met: ICMP says that nobody listens.
func pendingError(raw syscall.RawConn) error {
	if raw == nil {
		return nil
	}
	var code int
	_ = raw.Control(func(fd uintptr) { code, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR) })
	if code == 0 {
		return nil
	}
	return syscall.Errno(code)
}
