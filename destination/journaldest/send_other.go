//go:build !linux

package journaldest

import (
	"errors"
	"net"
)

const supported = false

func sendFile(*net.UnixConn, []byte) error { return errors.ErrUnsupported }
