//go:build unix

package process

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"unsafe"
)

// waiter keeps signals from going to a process id that is another's by now.
type waiter struct {
	mu    sync.Mutex
	ended bool
}

// attributes puts the command into a process group of its own, so that it gets each signal once: from us. In the
// foreground of a terminal it stays in ours: the terminal sends Ctrl-C and Ctrl-Z to all of it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: !inForeground()}
}

// inForeground reports whether our process group is the one that the terminal sends signals to.
func inForeground() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer tty.Close()
	var group int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&group)))
	return errno == 0 && int(group) == syscall.Getpgrp()
}

// catcher receives the signals that are to be passed on.
type catcher struct{ ch chan os.Signal }

func catch() *catcher {
	c := &catcher{ch: make(chan os.Signal, 64)}
	signals := []os.Signal{
		syscall.SIGHUP, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGVTALRM, syscall.SIGXCPU, syscall.SIGXFSZ,
	}
	terminal := []os.Signal{syscall.SIGINT, syscall.SIGQUIT}
	if inForeground() {
		signal.Notify(make(chan os.Signal, 1), terminal...) // the command has them already; we stay until it ends
	} else {
		signals = append(signals, terminal...)
		signals = append(signals, syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH)
	}
	signal.Notify(c.ch, signals...)
	return c
}

func (c *catcher) release() { signal.Stop(c.ch) }

// forward passes signals on until stop is called. Those that came before the command was there come first.
func (c *catcher) forward(p *Process) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case s := <-c.ch:
				p.send(s.(syscall.Signal))
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		wg.Wait() // the signals stay caught: the rest of our work is short, and theirs was with the command
	}
}

func (p *Process) send(s syscall.Signal) {
	p.waiter.mu.Lock()
	defer p.waiter.mu.Unlock()
	if !p.waiter.ended {
		_ = syscall.Kill(p.pid, s) // gone in this moment: Wait sees it
	}
}

// wait reaps the command. As PID 1 it reaps every process that was left to us, or they stay for ever.
func (p *Process) wait() (int, error) {
	target := p.pid
	if os.Getpid() == 1 {
		target = -1
	}
	for {
		// Look first and reap under the lock, so that no signal goes to a process id that is free again.
		pid, err := waitable(target)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return 1, fmt.Errorf("waiting for the command: %w", err)
		}
		status, ok := p.reap(pid)
		if ok && pid == p.pid {
			return exitCode(status), nil
		}
	}
}

func (p *Process) reap(pid int) (syscall.WaitStatus, bool) {
	p.waiter.mu.Lock()
	defer p.waiter.mu.Unlock()
	var status syscall.WaitStatus
	got, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
	if err != nil || got != pid {
		return 0, false
	}
	if pid == p.pid {
		p.waiter.ended = true
		_ = p.process.Release()
	}
	return status, true
}

func exitCode(s syscall.WaitStatus) int {
	if s.Signaled() {
		return codeSignal + int(s.Signal())
	}
	return s.ExitStatus()
}
