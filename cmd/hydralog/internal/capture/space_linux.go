package capture

import (
	"os"
	"syscall"
)

const punchHole = 0x02 | 0x01 // FALLOC_FL_PUNCH_HOLE, which demands FALLOC_FL_KEEP_SIZE

// giveBack frees the space of a part of a file, which reads as zero from now on.
func giveBack(f *os.File, from, to int64) error {
	return os.NewSyscallError("fallocate", syscall.Fallocate(int(f.Fd()), punchHole, from, to-from))
}
