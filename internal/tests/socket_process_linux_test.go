package tests

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// process is a server in a process of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}
}

func startProcess(t *testing.T, output string, name string, args ...string) *process {
	t.Helper()
	log, err := os.OpenFile(output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p := &process{t: t, cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	// It ends with us, also when the tests are killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(p.done); _ = p.cmd.Wait() }()
	t.Cleanup(func() { p.stop(syscall.SIGKILL) })
	return p
}

func (p *process) stop(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		p.t.Errorf("%s did not end by %v", p.cmd.Path, s)
	}
}

func needs(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if _, err := os.Stat(program); err != nil {
			t.Skipf("%s is not there: install the Debian package %s", program, pkg)
		}
		return program
	}
	return path
}
