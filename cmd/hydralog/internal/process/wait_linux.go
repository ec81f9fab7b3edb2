package process

import (
	"encoding/binary"
	"syscall"
	"unsafe"
)

const (
	idAll   = 0 // P_ALL
	idPID   = 1 // P_PID
	wNoWait = 0x01000000
	// infoSize is the size of siginfo_t, infoPID the place of si_pid in it: behind three ints, aligned as a pointer.
	infoSize = 128
	infoPID  = 12 + 4*(unsafe.Sizeof(uintptr(0))/8)
)

// waitable waits until a child has ended, target or any for -1, and leaves it to be reaped.
func waitable(target int) (int, error) {
	kind, id := idPID, target
	if target < 0 {
		kind, id = idAll, 0
	}
	var info [infoSize]byte
	_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, uintptr(kind), uintptr(id), uintptr(unsafe.Pointer(&info)),
		syscall.WEXITED|wNoWait, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(int32(binary.NativeEndian.Uint32(info[infoPID:]))), nil
}
