package hydra_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/invariants"
)

// serviceChildren are processes whose use of the machine is looked at from outside.
func serviceChildren() map[string]func(dir string) {
	return map[string]func(dir string){
		"service":       service,
		"idle":          idleService,
		"one line":      func(dir string) { oneLine(dir) },
		"print default": printDefault,
	}
}

// service logs 1,000 records a second for the time in HYDRA_TEST_TIME, says "ready", and stays until its input ends.
func service(dir string) {
	length, err := time.ParseDuration(os.Getenv("HYDRA_TEST_TIME"))
	if err != nil {
		panic(err)
	}
	log := hydra.Must(hydra.New(fileConfig(dir)))
	tick := time.NewTicker(10 * time.Millisecond)
	start, n := time.Now(), 0
	for time.Since(start) < length {
		<-tick.C
		for due := int(time.Since(start) / time.Millisecond); n < due; n++ {
			log.Info(bg, "record", slog.Int("n", n), slog.String("text", strings.Repeat("x", 200)))
		}
	}
	tick.Stop()
	fmt.Println("logged", n)
	waitForInput()
	if err := log.Close(); err != nil {
		panic(err)
	}
}

// idleService logs a little and then does nothing until its input ends.
func idleService(dir string) {
	log := hydra.Must(hydra.New(fileConfig(dir)))
	for i := range 100 {
		log.Info(bg, "record", slog.Int("n", i))
	}
	if err := log.Flush(bg); err != nil {
		panic(err)
	}
	runtime.GC() // nor will the garbage collector have a reason to run
	fmt.Println("ready")
	waitForInput()
	_ = log.Close()
}

func waitForInput() { _, _ = bufio.NewReader(os.Stdin).ReadByte() }

func oneLine(dir string) {
	log := hydra.Must(hydra.New(fileConfig(dir)))
	log.Info(bg, "record", slog.Int("n", 0))
	if err := log.Close(); err != nil {
		panic(err)
	}
}

// printDefault uses a logger that nobody configured, and exits without a goodbye.
func printDefault(string) {
	hydra.Default().Info(bg, "from the default logger", slog.Int("n", 1))
	hydra.FromContext(nil).Error(bg, "and from a context without one")
	os.Exit(5)
}

// startService starts a child that ends with its input. The returned function ends it.
func startService(t *testing.T, cmd *exec.Cmd) (*bufio.Reader, func()) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(out), func() {
		t.Helper()
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the service ended with %v\n%s", err, stderr.String())
		}
	}
}

func TestAnUnconfiguredLoggerHasPrintedBeforeExit(t *testing.T) {
	out, state := runChild(t, child(t, "print default", t.TempDir()))
	if state.ExitCode() != 5 || !strings.Contains(out, "from the default logger n=1") || !strings.Contains(out, "and from a context without one") {
		t.Errorf("%v: %q", state, out)
	}
}

func TestACommandThatLogsOneLineLeavesLessThan16KiB(t *testing.T) {
	dir := t.TempDir()
	if out, state := runChild(t, child(t, "one line", dir)); !state.Success() {
		t.Fatalf("%v: %s", state, out)
	}
	checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), 1)
	if n := diskUse(t, dir); n >= 16<<10 {
		t.Errorf("%d bytes left", n)
	}
}

// switches returns how often each thread of a process went to sleep, by thread.
func switches(t *testing.T, pid int) map[string]int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	out := map[string]int{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				n, _ := strconv.Atoi(strings.TrimSpace(rest))
				out[filepath.Dir(f)] = n
			}
		}
	}
	return out
}

// wakeups returns how often threads of the process woke up in d.
func wakeups(t *testing.T, pid int, d time.Duration) int {
	t.Helper()
	before := switches(t, pid)
	time.Sleep(d)
	n := 0
	for task, count := range switches(t, pid) {
		n += count - before[task]
	}
	return n
}

func TestAnIdleLoggerMakesNoSystemCalls(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	if invariants.Enabled {
		t.Skip("the race detector has threads of its own")
	}
	cmd := child(t, "idle", t.TempDir())
	r, end := startService(t, cmd)
	defer end()
	if line, err := r.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	// It calms down: the worker's naps, the journal's ten seconds in which it keeps what traffic may need again,
	// and the runtime's own threads.
	watch := time.Duration(size(1, 10)) * time.Second
	eventually(t, 30*time.Second, "no thread of an idle process wakes up", func() bool { return wakeups(t, cmd.Process.Pid, watch) == 0 })
	checkStrace(t, cmd.Process.Pid, watch)
}

// checkStrace looks a second time, with strace where that is installed.
func checkStrace(t *testing.T, pid int, watch time.Duration) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Log("strace is not installed: only wake-ups were counted")
		return
	}
	out := filepath.Join(t.TempDir(), "strace")
	cmd := exec.Command(strace, "-f", "-q", "-o", out, "-p", strconv.Itoa(pid))
	if err := cmd.Start(); err != nil {
		t.Logf("strace can't be started (%v): only wake-ups were counted", err)
		return
	}
	time.Sleep(watch)
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	text, _ := os.ReadFile(out)
	for line := range strings.Lines(string(text)) {
		// A call that was going on when strace came is no call of this time, and so is its restart.
		if !strings.Contains(line, "<detached ...>") && !strings.Contains(line, "<unfinished ...>") && !strings.Contains(line, "restart_syscall") {
			t.Errorf("an idle process made a system call: %s", line)
		}
	}
}
