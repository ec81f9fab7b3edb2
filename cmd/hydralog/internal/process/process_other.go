//go:build !unix

package process

import (
	"os"
	"os/signal"
	"syscall"
)

type waiter struct{}

func attributes() *syscall.SysProcAttr { return nil }

type catcher struct{ ch chan os.Signal }

// catch keeps Ctrl-C, which the console sends to the command as well, from ending us before it.
func catch() *catcher {
	c := &catcher{ch: make(chan os.Signal, 1)}
	signal.Notify(c.ch, os.Interrupt)
	return c
}

func (c *catcher) release() { signal.Stop(c.ch) }

func (c *catcher) forward(*Process) (stop func()) { return func() {} }

func (p *Process) wait() (int, error) {
	state, err := p.process.Wait()
	if err != nil {
		return 1, err
	}
	return state.ExitCode(), nil
}
