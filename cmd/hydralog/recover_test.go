//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startService starts a service under another program's name and returns when its logger is open.
func (b *bench) startService(first, count int) (*exec.Cmd, io.Writer) {
	b.t.Helper()
	cmd := exec.Command(b.path("program/service"), "hydra.yaml", fmt.Sprint(first), fmt.Sprint(count))
	cmd.Dir = b.dir
	in, err := cmd.StdinPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("open\n"))); err != nil {
		b.t.Fatal("the service did not open its logger: ", err)
	}
	return cmd, in
}

func (b *bench) copyProgram(name string) {
	b.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := os.ReadFile(exe)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(b.path(name)), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(name), text, 0o700); err != nil {
		b.t.Fatal(err)
	}
}

// fill makes the log file one that takes nothing; unfill makes it an ordinary one.
func (b *bench) fill() {
	b.t.Helper()
	if err := os.MkdirAll(b.path("logs"), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", b.path("logs/out.jsonl")); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) unfill() {
	b.t.Helper()
	if err := os.Remove(b.path("logs/out.jsonl")); err != nil {
		b.t.Fatal(err)
	}
}

const namelessConfig = `base_log_dir: logs
layers:
  default:
    destinations: [{type: file, path: out.jsonl}]
`

// Two processes of a service at once; the second has a private directory. Both are killed while they log. The
// configuration does not name the logger, so its name is the program's, which hydralog is not.
func TestRecoverDeliversWhatServicesOfAnotherNameLeft(t *testing.T) {
	b := newBench(t, namelessConfig)
	b.copyProgram("program/service")
	b.fill()
	const count = 20000
	one, goOne := b.startService(1, count)
	two, goTwo := b.startService(count+1, count)
	_, _ = goTwo.Write([]byte("\n"))
	_ = two.Wait()
	_, _ = goOne.Write([]byte("\n"))
	_ = one.Wait()
	b.unfill()
	out, err := b.command("recover", "-c", "hydra.yaml").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	seen := b.times()
	for i := 1; i <= 2*count; i++ {
		if seen[i] != 1 {
			t.Fatalf("line %d is there %d times", i, seen[i])
		}
	}
	if left, _ := filepath.Glob(b.path("logs/.hydra/*/p-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// While a service lives its journal is left to it.
func TestRecoverLeavesALivingServiceAlone(t *testing.T) {
	b := newBench(t, namelessConfig)
	b.copyProgram("program/service")
	one, goOne := b.startService(1, 10)
	out, err := b.command("recover", "-c", "hydra.yaml").Output()
	if err != nil || !bytes.Contains(out, []byte("in use by a living process")) {
		t.Errorf("%v\n%s", err, out)
	}
	_, _ = goOne.Write([]byte("\n"))
	_ = one.Wait()
}

// A destination that takes nothing leaves records pending, and recover says so with its exit code.
func TestRecoverFailsWhileSomethingIsPending(t *testing.T) {
	config := namelessConfig + "name: test\n"
	b := newBench(t, config)
	b.fill()
	b.copyProgram("program/service")
	one, goOne := b.startService(1, 100)
	_, _ = goOne.Write([]byte("\n"))
	_ = one.Wait()
	cmd := b.command("recover", "-c", "hydra.yaml", "--timeout", "300ms", "--json")
	out, err := cmd.Output()
	var results []recovered
	if jsonErr := json.Unmarshal(out, &results); jsonErr != nil {
		t.Fatal(jsonErr, string(out))
	}
	if err == nil || cmd.ProcessState.ExitCode() != exitFailure || len(results) != 1 || results[0].pending() < 100 {
		t.Errorf("%v, %d pending", err, results[0].pending())
	}
	b.unfill()
	b.recover()
	if seen := b.times(); len(seen) != 100 {
		t.Errorf("%d of 100 lines", len(seen))
	}
}

// Two commands run under one configuration at once, and both hydralogs are killed.
func TestTwoKilledHydralogsOfOneConfigurationLoseNoLine(t *testing.T) {
	b := newBench(t, fileConfig)
	const count = 3000
	var both []*exec.Cmd
	for i := range 2 {
		cmd := b.emit(1+i*count, count, 150)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		b.wait("the command", func() bool { return b.noted(1+i*count) > 0 })
		both = append(both, cmd)
	}
	time.Sleep(50 * time.Millisecond)
	for _, cmd := range both {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	b.wait("the end of the commands", func() bool {
		_ = b.command("recover", "-c", "hydra.yaml").Run()
		return b.captures() == 0
	})
	b.recover()
	b.check(2 * count)
}
