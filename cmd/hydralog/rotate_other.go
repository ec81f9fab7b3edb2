//go:build !unix

package main

import "errors"

func rotateProcess(int) error {
	return errors.New("there is no SIGUSR1 on this system: rotate with --config")
}
