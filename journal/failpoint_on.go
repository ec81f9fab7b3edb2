//go:build hydrafail && unix

package journal

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

const failpoints = true

// failAt is the place at which the process ends, and after how many passes: HYDRA_FAIL=place:passes. With
// HYDRA_FAIL_STALL set only the goroutine that is there ends, as a thread does that the system does not run.
var (
	failPlace, failAfter = readFailAt()
	failStall            = os.Getenv("HYDRA_FAIL_STALL") != ""
	failPassed           atomic.Int64
)

func readFailAt() (place int, after int64) {
	a, b, ok := strings.Cut(os.Getenv("HYDRA_FAIL"), ":")
	if !ok {
		return failNone, 0
	}
	place, _ = strconv.Atoi(a)
	after, _ = strconv.ParseInt(b, 10, 64)
	return place, after
}

// failpoint kills the process where the test said so.
func failpoint(place int) {
	if place != failPlace || failPassed.Add(1) != failAfter {
		return
	}
	if !failStall {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	select {}
}
