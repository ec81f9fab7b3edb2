package journaldest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hydra-logger/hydra/destination"
)

const supported = true

// sendFile sends an entry that is too large for a datagram: in a sealed file in memory, whose descriptor goes along
// with an empty datagram.
func sendFile(conn *net.UnixConn, data []byte) error {
	fd, err := unix.MemfdCreate("journal-entry", unix.MFD_ALLOW_SEALING|unix.MFD_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "journal-entry")
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	seals := unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	err = sendDescriptor(conn, fd)
	if errors.Is(err, syscall.EMSGSIZE) {
		return destination.Reject(fmt.Errorf("the system refuses an entry of %d bytes: %w", len(data), err))
	}
	return os.NewSyscallError("sendmsg", err)
}

// sendDescriptor sends an empty datagram with a descriptor. Package net does not, over a connected socket.
func sendDescriptor(conn *net.UnixConn, fd int) (err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	rights := syscall.UnixRights(fd)
	waited := raw.Write(func(s uintptr) bool {
		err = unix.Sendmsg(int(s), nil, rights, nil, 0)
		return err != unix.EAGAIN
	})
	if waited != nil {
		return waited
	}
	return err
}
