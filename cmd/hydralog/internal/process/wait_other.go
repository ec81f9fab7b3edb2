//go:build unix && !linux

package process

import "time"

// waitable waits until a child has ended. Only the command itself is waited for: these systems have an init of their own.
func waitable(target int) (int, error) {
	time.Sleep(10 * time.Millisecond) // reap tells whether it has
	return target, nil
}
