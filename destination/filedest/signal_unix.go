//go:build unix

package filedest

import (
	"os"
	"os/signal"
	"syscall"
)

// onSignal sends SIGUSR1 to ch from now on.
func onSignal(ch chan<- os.Signal) error {
	signal.Notify(ch, syscall.SIGUSR1)
	return nil
}
