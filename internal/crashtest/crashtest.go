//go:build unix

// Package crashtest runs a part of a test in a child process, ends that process at the worst moment, and counts.
//
// The test binary starts itself again:
//
//	func TestMain(m *testing.M) {
//		crashtest.Main(map[string]func(*crashtest.Child){"writer": writer}) // does not return in a child
//		os.Exit(m.Run())
//	}
//
//	func writer(c *crashtest.Child) {
//		c.Ready()
//		for n := uint64(1); ; n++ {
//			c.Issue(0, n)
//			accept(crashtest.Record(c.Run, 0, n, 200))
//			c.Accept(0, n)
//		}
//	}
//
//	p := crashtest.Start(t, "writer", crashtest.Options{Run: 1, Goroutines: 1, Args: []string{dir}})
//	time.Sleep(...)
//	p.Kill()
//	tally.Run(p)               // what the child had accepted
//	tally.Deliver(payload)     // for every record that came out
//	tally.Result()             // lost, invented, altered, duplicates
//
// The accepted counts are in a mapped file that the parent owns, so that they survive the child. Nothing
// here imports what is under test.
package crashtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

const (
	envChild = "HYDRA_CRASH_CHILD"
	envRun   = "HYDRA_CRASH_RUN"
	envFile  = "HYDRA_CRASH_COUNTERS"
	envArgs  = "HYDRA_CRASH_ARGS"

	slotSize = 64 // a cache line for each goroutine: issued, accepted
	argSep   = "\x1f"
)

// Full says whether the tests are to run in their full size: HYDRA_FULL is set.
func Full() bool { return os.Getenv("HYDRA_FULL") != "" }

// Size is quick, or full with HYDRA_FULL.
func Size(quick, full int) int {
	if Full() {
		return full
	}
	return quick
}

// Main runs the child's function and ends the process, when this process is a child. Otherwise it returns.
func Main(children map[string]func(*Child)) {
	name := os.Getenv(envChild)
	if name == "" {
		return
	}
	f := children[name]
	if f == nil {
		fmt.Fprintf(os.Stderr, "crashtest: no child %q\n", name)
		os.Exit(3)
	}
	c, err := newChild()
	if err != nil {
		fmt.Fprintln(os.Stderr, "crashtest:", err)
		os.Exit(3)
	}
	f(c)
	os.Exit(0)
}

// Child is the side of the child process.
type Child struct {
	Run        int // number of the run, from Options
	Goroutines int
	Args       []string
	slots      []byte
}

func newChild() (*Child, error) {
	run, err := strconv.Atoi(os.Getenv(envRun))
	if err != nil {
		return nil, err
	}
	slots, err := mapFile(os.Getenv(envFile))
	if err != nil {
		return nil, err
	}
	c := &Child{Run: run, Goroutines: len(slots) / slotSize, slots: slots}
	if a := os.Getenv(envArgs); a != "" {
		c.Args = strings.Split(a, argSep)
	}
	return c, nil
}

// Ready tells the parent that the child is under way.
func (c *Child) Ready() { fmt.Println("READY") }

// Issue says that goroutine g is about to hand over its record n. Numbers start at 1 and have no gaps.
func (c *Child) Issue(g int, n uint64) { atomic.StoreUint64(slot(c.slots, g, 0), n) }

// Accept says that record n of goroutine g, and all before it, were accepted.
func (c *Child) Accept(g int, n uint64) { atomic.StoreUint64(slot(c.slots, g, 1), n) }

// Fail ends the child with an error that the parent shows.
func (c *Child) Fail(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(2)
}

func slot(b []byte, g, field int) *uint64 {
	return (*uint64)(unsafe.Pointer(&b[g*slotSize+8*field]))
}

func mapFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return syscall.Mmap(int(f.Fd()), 0, int(fi.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}

// Options are the settings of a child.
type Options struct {
	Run        int
	Goroutines int
	Args       []string
	Env        []string // NAME=value, beside those of the parent
	Binary     string   // Default: the running test binary.
}

// Process is the side of the parent.
type Process struct {
	Cmd   *exec.Cmd
	Run   int
	slots []byte
	path  string
	ready chan struct{}
}

// Start starts a child and waits until it says that it is ready, or has ended.
func Start(t testing.TB, name string, o Options) *Process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "counters")
	if err := os.WriteFile(path, make([]byte, max(1, o.Goroutines)*slotSize), 0o600); err != nil {
		t.Fatal(err)
	}
	slots, err := mapFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(slots) })
	if o.Binary == "" {
		o.Binary = os.Args[0]
	}
	cmd := exec.Command(o.Binary)
	cmd.Env = append(os.Environ(), envChild+"="+name, envRun+"="+strconv.Itoa(o.Run), envFile+"="+path, envArgs+"="+strings.Join(o.Args, argSep))
	cmd.Env = append(cmd.Env, o.Env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Process{Cmd: cmd, Run: o.Run, slots: slots, path: path, ready: make(chan struct{})}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	go func() {
		defer close(p.ready)
		_, _ = bufio.NewReader(out).ReadString('\n') // READY, or the end of the child, which Wait reports
	}()
	select {
	case <-p.ready:
	case <-time.After(30 * time.Second):
		t.Fatalf("child %s was not ready in time", name)
	}
	return p
}

// Kill ends the child with SIGKILL and waits for its end. It is no error when it has ended by itself.
func (p *Process) Kill() {
	_ = p.Cmd.Process.Kill()
	_ = p.Cmd.Wait()
}

// Wait waits for the end of the child. The error is that of exec.Cmd.
func (p *Process) Wait() error { return p.Cmd.Wait() }

// Killed says whether the child ended by SIGKILL.
func (p *Process) Killed() bool {
	st, ok := p.Cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && st.Signaled() && st.Signal() == syscall.SIGKILL
}

// Accepted is how many records the child had accepted, of all goroutines.
func (p *Process) Accepted() (n uint64) {
	for g := range len(p.slots) / slotSize {
		n += atomic.LoadUint64(slot(p.slots, g, 1))
	}
	return n
}
