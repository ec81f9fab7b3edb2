//go:build !race

package journal

import (
	"sync"

	"golang.org/x/sys/unix"
)

// On this machine a plain store is a release: a reader that sees the commit word sees the record. What it lacks, against an
// atomic one, is that it waits until the record's cache lines are there, 10 to 40 ns in every call. Somebody has to wait
// for [Journal.wake] to be right, and that is the one who is about to sleep: it makes the other processors run a barrier.
const lightCommits = true

// Commands of membarrier(2).
const (
	barrierExpedited = 1 << 3
	barrierRegister  = 1 << 4
)

func membarrier(command uintptr) bool {
	_, _, errno := unix.RawSyscall(unix.SYS_MEMBARRIER, command, 0, 0)
	return errno == 0
}

// canFence says whether fence works here: the kernel may be older than 4.14, or forbid the call.
var canFence = sync.OnceValue(func() bool { return membarrier(barrierRegister) && membarrier(barrierExpedited) })

// fence returns when every other running thread of this process has executed a barrier.
func fence() { membarrier(barrierExpedited) }
