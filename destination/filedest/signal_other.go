//go:build !unix

package filedest

import (
	"errors"
	"os"
)

func onSignal(chan<- os.Signal) error {
	return errors.New("there is no SIGUSR1 on this system: leave on_signal out and call Rotate")
}
