//go:build unix

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// rotateProcess sends SIGUSR1, but not to a process that would die of it.
func rotateProcess(pid int) error {
	if pid <= 1 {
		return fmt.Errorf("process %d: that is no program of yours", pid)
	}
	if known, catches := catchesUSR1(pid); known && !catches {
		return fmt.Errorf("process %d does not catch SIGUSR1 and would die of it: set rotate_on_signal, or rotate with --config", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	return nil
}

// catchesUSR1 looks into /proc; known is false where there is none.
func catchesUSR1(pid int) (known, catches bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false, false
	}
	for line := range strings.Lines(string(data)) {
		if mask, ok := strings.CutPrefix(line, "SigCgt:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(mask), 16, 64)
			return err == nil, bits&(1<<(syscall.SIGUSR1-1)) != 0
		}
	}
	return false, false
}
