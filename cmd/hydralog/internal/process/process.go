// Package process runs the command of hydralog: it starts it, passes signals
// on, reaps what is left to it as PID 1, and knows its exit code.
package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
)

// The exit codes of a shell for a command that could not be run.
const (
	CodeNotExecutable = 126
	CodeNotFound      = 127
	codeSignal        = 128 // plus the signal's number
)

// StartError says why a command could not be started, and the exit code for it.
type StartError struct {
	Code int
	Err  error
}

func (e *StartError) Error() string { return e.Err.Error() }
func (e *StartError) Unwrap() error { return e.Err }

// Command describes what to start. It inherits environment, directory and standard input.
type Command struct {
	Args           []string
	Stdout, Stderr *os.File
}

// Process is a command that was started.
type Process struct {
	pid     int
	process *os.Process
	waiter  waiter
	stop    func() // ends the forwarding of signals
}

// Start starts a command and passes signals on to it from then on. The error is a [*StartError].
func Start(c Command) (*Process, error) {
	path, err := exec.LookPath(c.Args[0])
	if errors.Is(err, exec.ErrDot) {
		err = nil // as a shell does when the path says so
	}
	if err != nil {
		return nil, startError(c.Args[0], err)
	}
	signals := catch() // before there is somebody to pass them to, so that none gets lost
	p, err := os.StartProcess(path, c.Args, &os.ProcAttr{
		Files: []*os.File{os.Stdin, c.Stdout, c.Stderr}, Sys: attributes(),
	})
	if err != nil {
		signals.release()
		return nil, startError(c.Args[0], err)
	}
	out := &Process{pid: p.Pid, process: p}
	out.stop = signals.forward(out)
	return out, nil
}

func startError(name string, err error) error {
	code := CodeNotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = CodeNotFound
	}
	return &StartError{Code: code, Err: fmt.Errorf("the command %s can't be started: %w", name, err)}
}

// PID is the command's process id.
func (p *Process) PID() int { return p.pid }

// Wait waits for the end of the command and returns its exit code; for a signal, 128 plus its number.
func (p *Process) Wait() (int, error) {
	defer p.stop()
	return p.wait()
}
