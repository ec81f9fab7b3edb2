//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const fileConfig = `name: test
base_log_dir: logs
close_timeout: 60s
layers:
  default:
    level: NOTSET
    destinations: [{type: file, path: out.jsonl}]
`

// rounds is 5, or 50 with HYDRA_FULL=1.
func rounds() int {
	if os.Getenv("HYDRA_FULL") != "" {
		return 50
	}
	return 5
}

// bench is a directory with a configuration and the two programs.
type bench struct {
	t   *testing.T
	dir string
}

func newBench(t *testing.T, config string) *bench {
	t.Helper()
	b := &bench{t, t.TempDir()}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hydralog", "emitter", "slowcat"} {
		if err := os.Symlink(exe, b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(b.path("hydra.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// command is hydralog with arguments, in the directory.
func (b *bench) command(args ...string) *exec.Cmd {
	cmd := exec.Command(b.path("hydralog"), args...)
	cmd.Dir = b.dir
	cmd.Stderr = os.Stderr
	if !testing.Verbose() {
		cmd.Stderr = nil
	}
	return cmd
}

func (b *bench) run(args ...string) *exec.Cmd {
	return b.command(append([]string{"run", "-c", "hydra.yaml"}, args...)...)
}

// emit is hydralog running an emitter.
func (b *bench) emit(first, count, ms int) *exec.Cmd {
	return b.run("--", "./emitter", fmt.Sprint(first), fmt.Sprint(count), fmt.Sprint(ms), fmt.Sprintf("note-%d", first))
}

// noted is how many lines the emitter that began with first had written.
func (b *bench) noted(first int) int {
	text, _ := os.ReadFile(b.path(fmt.Sprintf("note-%d", first)))
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

func (b *bench) wait(what string, until func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); !until(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatal("waited in vain for ", what)
		}
	}
}

func (b *bench) recover() {
	b.t.Helper()
	cmd := b.command("recover", "-c", "hydra.yaml")
	cmd.Stderr = nil
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("recover: %v\n%s", err, out)
	}
}

// messages are the messages of the log file, in its order.
func (b *bench) messages() []string {
	b.t.Helper()
	f, err := os.Open(b.path("logs/out.jsonl"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	var out []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 256<<20)
	for s.Scan() {
		var r struct{ Message string }
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			b.t.Fatalf("%q: %v", s.Text(), err)
		}
		out = append(out, r.Message)
	}
	if err := s.Err(); err != nil {
		b.t.Fatal(err)
	}
	return out
}

var lineNumber = regexp.MustCompile(`line (\d+)`)

// emittedTimes is times, and fails where a record is not what was emitted.
func (b *bench) emittedTimes() map[int]int {
	b.t.Helper()
	for _, m := range b.messages() {
		if found := lineNumber.FindStringSubmatch(m); found != nil {
			n, _ := strconv.Atoi(found[1])
			if text, _ := emitted(n); !strings.HasPrefix(text, "{") && m != strings.TrimSuffix(text, "\n") {
				b.t.Errorf("line %d became %q", n, m)
			}
		}
	}
	return b.times()
}

// times counts how often each number is in the log file.
func (b *bench) times() map[int]int {
	b.t.Helper()
	seen := map[int]int{}
	for _, m := range b.messages() {
		if found := lineNumber.FindStringSubmatch(m); found != nil { // else the logger's own
			n, _ := strconv.Atoi(found[1])
			seen[n]++
		}
	}
	return seen
}

// check fails unless numbers 1 to n are there, each once.
func (b *bench) check(n int) {
	b.t.Helper()
	seen := b.emittedTimes()
	lost, doubled := 0, 0
	for i := 1; i <= n; i++ {
		switch {
		case seen[i] == 0:
			lost++
		case seen[i] > 1:
			doubled++
		}
	}
	b.t.Logf("%d lines, %d lost, %d doubled", n, lost, doubled)
	if lost > 0 || doubled > 0 || len(seen) != n {
		b.t.Errorf("of %d lines %d are lost, %d doubled, %d different ones seen", n, lost, doubled, len(seen))
	}
	if left, _ := filepath.Glob(b.path("logs/.hydra/test/capture/*/stdout")); len(left) > 0 {
		b.t.Errorf("left behind: %v", left)
	}
}

// A hydralog is killed again and again, while its commands write on; each next one goes on with what the last left.
func TestKilledHydralogLosesNoLine(t *testing.T) {
	b := newBench(t, fileConfig)
	const count = 4000
	n := rounds()
	for i := range n {
		first := 1 + i*count
		cmd := b.emit(first, count, 200)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		b.wait("the command", func() bool { return b.noted(first) > 0 })
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for i := range n {
		b.wait("an orphaned command", func() bool { return b.noted(1+i*count) == count })
	}
	b.wait("the last command's end", func() bool {
		_ = b.command("recover", "-c", "hydra.yaml").Run() // fails while a command is just ending
		return b.captures() == 0
	})
	b.recover()
	b.check(n * count)
}

// captures is the number of directories with output that is not done with.
func (b *bench) captures() int {
	dirs, _ := filepath.Glob(b.path("logs/.hydra/test/capture/*/run.json"))
	return len(dirs)
}

// The command is killed; what it wrote is logged, and the exit code says how it ended.
func TestKilledCommandLosesNoLine(t *testing.T) {
	for i := range rounds() {
		b := newBench(t, fileConfig)
		cmd := b.emit(1, 1<<30, 1<<30)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		b.wait("the command", func() bool { return b.noted(1) > 0 })
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		killEmitter(t, b)
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 137 {
			t.Fatalf("round %d: %v, want exit code 137", i, err)
		}
		b.checkAtLeast(b.noted(1))
	}
}

// killEmitter kills the process that runs the bench's emitter.
func killEmitter(t *testing.T, b *bench) {
	t.Helper()
	out, err := exec.Command("pgrep", "-f", "^./emitter 1 .* note-1$").Output()
	if err != nil {
		t.Fatal("pgrep: ", err)
	}
	for _, field := range strings.Fields(string(out)) {
		pid, _ := strconv.Atoi(field)
		if cwd, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); cwd == b.dir {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return
		}
	}
	t.Fatal("the emitter was not found")
}

// checkAtLeast fails unless 1 to n are there, each once, and at most one line more, which was written and not noted.
func (b *bench) checkAtLeast(n int) {
	b.t.Helper()
	lost, last := 0, 0
	seen := map[int]int{}
	for _, m := range b.messages() {
		if found := lineNumber.FindStringSubmatch(m); found != nil {
			k, _ := strconv.Atoi(found[1])
			seen[k]++
			last = max(last, k)
		}
	}
	for i := 1; i <= n; i++ {
		if seen[i] != 1 {
			lost++
		}
	}
	b.t.Logf("%d lines, %d not there once", n, lost)
	if lost > 0 || last > n+1 {
		b.t.Errorf("of %d lines %d are not there exactly once; the last is %d", n, lost, last)
	}
}
