package hydra_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cgroup is a memory control group, of version 1 or 2.
type cgroup struct {
	dir string
	v2  bool
}

// memoryCgroup makes a control group with a limit, or skips the test where that is not possible.
func memoryCgroup(t *testing.T, limit int64) *cgroup {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make a control group")
	}
	for _, g := range []*cgroup{{dir: "/sys/fs/cgroup/memory"}, {dir: "/sys/fs/cgroup", v2: true}} {
		if _, err := os.Stat(filepath.Join(g.dir, g.file("memory.limit_in_bytes", "cgroup.subtree_control"))); err != nil {
			continue
		}
		g.dir = filepath.Join(g.dir, fmt.Sprintf("hydra-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
		if err := os.Mkdir(g.dir, 0o755); err != nil {
			t.Skipf("a control group can't be made here: %v", err)
		}
		t.Cleanup(func() { g.remove(t) })
		if err := os.WriteFile(filepath.Join(g.dir, g.file("memory.limit_in_bytes", "memory.max")), []byte(strconv.FormatInt(limit, 10)), 0o600); err != nil {
			t.Skipf("the memory of a control group can't be limited here: %v", err)
		}
		return g
	}
	t.Skip("there are no memory control groups here")
	return nil
}

func (g *cgroup) file(v1, v2 string) string {
	if g.v2 {
		return v2
	}
	return v1
}

// remove waits until the kernel has noticed that the last process is gone.
func (g *cgroup) remove(t *testing.T) {
	var err error
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if err = os.Remove(g.dir); err == nil {
			return
		}
	}
	t.Errorf("a control group is left: %v", err)
}

// runIn makes cmd start inside the group: through a shell that enters it first, so that all of its memory is charged there.
func (g *cgroup) runIn(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	cmd.Args = []string{"sh", "-c", `echo $$ > "$1" && exec "$2"`, "sh", filepath.Join(g.dir, "cgroup.procs"), cmd.Path}
	cmd.Path = sh
}

func (g *cgroup) number(t *testing.T, v1, v2 string) int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.dir, g.file(v1, v2)))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// usage is what the group is charged now.
func (g *cgroup) usage(t *testing.T) int64 {
	return g.number(t, "memory.usage_in_bytes", "memory.current")
}

// most is what the group was charged at most.
func (g *cgroup) most(t *testing.T) int64 {
	return g.number(t, "memory.max_usage_in_bytes", "memory.peak")
}

// kills is how often the kernel killed a process of the group for lack of memory.
func (g *cgroup) kills(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.dir, g.file("memory.oom_control", "memory.events")))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "oom_kill "); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(rest))
			return n
		}
	}
	return 0
}
