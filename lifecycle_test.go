package hydra_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	oldlog "log"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor"
)

// childRecords is how many records a scenario logs before it ends.
const childRecords = 500

// fileConfig is a logger with one file below dir.
func fileConfig(dir string) hydra.Config {
	return hydra.Config{
		Name: "child", BaseLogDir: dir,
		Layers: map[string]hydra.Layer{"default": {Destinations: []hydra.Destination{{Type: "file", Path: "app.jsonl"}}}},
	}
}

func logAll(log *hydra.Logger) {
	for i := range childRecords {
		log.Info(context.Background(), "record", slog.Int("n", i))
	}
}

func openChild(dir string) *hydra.Logger { return hydra.Must(hydra.New(fileConfig(dir))) }

// oddChildren are ways to end, or not to, that nobody recommends.
func oddChildren() map[string]func(dir string) {
	return map[string]func(dir string){
		"closed from many goroutines": func(dir string) {
			log := openChild(dir)
			logAll(log)
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					if err := log.Close(); err != nil {
						fmt.Println("close:", err)
					}
				})
			}
			wg.Wait()
			fmt.Println("closed again:", log.Close())
		},
		"logs after close": func(dir string) {
			log := openChild(dir)
			logAll(log)
			if err := log.Close(); err != nil {
				fmt.Println("close:", err)
			}
			for range 1000 {
				log.Info(context.Background(), "too late")
				log.With(slog.String("k", "v")).Critical(context.Background(), "too late as well")
			}
			fmt.Println("after close:", log.Health().AfterClose)
		},
		"dropped and collected": func(dir string) {
			func() { logAll(openChild(dir).With(slog.String("k", "v"))) }()
			for deadline := time.Now().Add(20 * time.Second); len(leftBehind(dir)) > 0; time.Sleep(time.Millisecond) {
				if runtime.GC(); time.Now().After(deadline) {
					fmt.Println("the logger was not closed:", leftBehind(dir))
					break
				}
			}
			os.Exit(0)
		},
		"out of memory": func(dir string) {
			log := openChild(dir)
			logAll(log)
			takeAllMemory()
			runtime.KeepAlive(log) // else it is collected, which closes it
		},
		"log fatal": func(dir string) { logAll(openChild(dir)); oldlog.Fatal("the standard library's end") },
	}
}

// takeAllMemory touches memory until the kernel ends the process.
func takeAllMemory() {
	var all [][]byte
	for {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
		if len(all) > 1<<10 {
			fmt.Println("nobody minds")
			os.Exit(1)
		}
	}
}

// waitToBeKilled keeps a timer running: a program in which every goroutine waits for another, and
// an idle logger's do, is ended by the runtime as deadlocked.
func waitToBeKilled() {
	for {
		time.Sleep(time.Minute)
	}
}

// fileLine is what the tests read of a line; the code that counts imports nothing of the library.
type fileLine struct {
	Message   string `json:"message"`
	Level     string `json:"level"`
	N         *int   `json:"n"`
	G         *int   `json:"g"`
	Recovered bool   `json:"recovered"`
	Ended     string `json:"last_run_ended"`
	Crash     string `json:"crash"`
	Stack     string `json:"stack"`

	Adopted map[string]int `json:"adopted"`
}

func readLines(t *testing.T, path string) []fileLine {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []fileLine
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l fileLine
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s line %d is not JSON: %v: %q", path, len(out)+1, err, s.Text())
		}
		out = append(out, l)
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return out
}

// checkOnce fails unless the records 0 to n-1 are there, each once and in order.
func checkOnce(t *testing.T, lines []fileLine, n int) {
	t.Helper()
	next := 0
	for _, l := range lines {
		if l.N == nil || l.Message != "record" {
			continue
		}
		if *l.N != next {
			t.Fatalf("record %d follows where %d was due", *l.N, next)
		}
		next++
	}
	if next != n {
		t.Errorf("%d records in the file, want %d", next, n)
	}
}

// endOf returns what the second start said of the first.
func endOf(lines []fileLine) *fileLine {
	for i := range lines {
		if lines[i].Ended != "" {
			return &lines[i]
		}
	}
	return nil
}

func runChild(t *testing.T, cmd *exec.Cmd) (output string, state *os.ProcessState) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState
}

func TestEveryRecordIsInTheFileExactlyOnceHoweverTheProgramEnds(t *testing.T) {
	for _, c := range []struct {
		scenario string
		ended    string // what the next start says; "" when nothing was left undone
		crash    string
	}{
		{"returns without close", "killed", ""},
		{"exit", "killed", ""},
		{"log fatal", "killed", ""},
		{"hydra exit", "", ""},
		{"guarded panic", "", ""},
		{"unguarded panic in a goroutine", "crashed", "boom in a goroutine"},
		{"concurrent map writes", "crashed", "maps.fatal"},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first, _ := runChild(t, child(t, c.scenario, dir))
			second, state := runChild(t, child(t, "second start", dir))
			if !state.Success() {
				t.Fatalf("second start: %v\n%s\nfirst start: %s", state, second, first)
			}
			lines := readLines(t, filepath.Join(dir, "app.jsonl"))
			checkOnce(t, lines, childRecords)
			end := endOf(lines)
			switch {
			case c.ended == "" && end != nil:
				t.Errorf("the next start said %+v of an orderly end", end)
			case c.ended != "" && (end == nil || end.Ended != c.ended || !strings.Contains(end.Crash, c.crash)):
				t.Errorf("the next start said %+v, want %q with %q", end, c.ended, c.crash)
			}
			checkNothingLeft(t, dir)
		})
	}
}

func TestEveryRecordOfAProcessKilledForLackOfMemoryIsInTheFileOnce(t *testing.T) {
	group := memoryCgroup(t, 64<<20)
	dir := t.TempDir()
	cmd := child(t, "out of memory", dir)
	group.runIn(t, cmd)
	if out, _ := runChild(t, cmd); group.kills(t) == 0 {
		t.Fatalf("the kernel did not kill it: %s", out)
	}
	if out, state := runChild(t, child(t, "second start", dir)); !state.Success() {
		t.Fatalf("second start: %v %s", state, out)
	}
	lines := readLines(t, filepath.Join(dir, "app.jsonl"))
	checkOnce(t, lines, childRecords)
	if end := endOf(lines); end == nil || end.Ended != "killed" {
		t.Errorf("the next start said %+v", end)
	}
	checkNothingLeft(t, dir)
}

func TestAStartThatFailsDoesNotHideHowTheLastRunEnded(t *testing.T) {
	dir := t.TempDir()
	runChild(t, child(t, "unguarded panic in a goroutine", dir))
	refuse := func(config.ResolvedExtension) (processor.Processor, error) { return nil, errors.New("not today") }
	yes, broken := true, fileConfig(dir)
	broken.Extensions = []config.Extension{{Name: "mine", Enabled: &yes}}
	for range 2 {
		if _, err := hydra.New(broken, hydra.WithExtension("mine", refuse)); err == nil || !strings.Contains(err.Error(), "not today") {
			t.Fatal(err)
		}
	}
	runChild(t, child(t, "second start", dir))
	lines := readLines(t, filepath.Join(dir, "app.jsonl"))
	checkOnce(t, lines, childRecords)
	if end := endOf(lines); end == nil || end.Ended != "crashed" || !strings.Contains(end.Crash, "boom in a goroutine") {
		t.Errorf("the start after the failed ones said %+v", end)
	}
	if _, err := hydra.New(broken, hydra.WithExtension("mine", refuse)); err == nil {
		t.Fatal("it opens")
	}
	checkNothingLeft(t, dir)
}

// checkNothingLeft fails when a clean Close left a segment, a cursor or a trace of the run.
func checkNothingLeft(t *testing.T, dir string) {
	t.Helper()
	for _, path := range leftBehind(dir) {
		t.Errorf("left behind: %s", path)
	}
}

// leftBehind are the files of the journals in dir that a clean Close removes.
func leftBehind(dir string) (paths []string) {
	_ = filepath.WalkDir(filepath.Join(dir, ".hydra"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Base(path) != "LOCK" && filepath.Base(path) != "JOURNAL" {
			paths = append(paths, path)
		}
		return nil
	})
	return paths
}

func TestGuardLogsThePanicWithItsStackAndPanicsOn(t *testing.T) {
	dir := t.TempDir()
	out, state := runChild(t, child(t, "guarded panic", dir))
	if state.ExitCode() != 2 || !strings.Contains(out, "panic: boom") {
		t.Errorf("exit %v, output %q", state, out)
	}
	lines := readLines(t, filepath.Join(dir, "app.jsonl"))
	last := lines[len(lines)-1]
	if last.Level != "CRITICAL" || last.Message != "panic: boom" || !strings.Contains(last.Stack, "lifecycle_children_test.go") {
		t.Errorf("last line: %+v", last)
	}
}

func TestProgramOutlivesAStandardErrorThatNobodyReads(t *testing.T) {
	for _, full := range []bool{true, false} {
		t.Run(fmt.Sprintf("full %v", full), func(t *testing.T) {
			dir := t.TempDir()
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if full {
				fill(t, w)
			} else {
				r.Close()
			}
			cmd := child(t, "failing destination", dir)
			cmd.Stderr = w
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			w.Close()
			stop := time.AfterFunc(bound(15*time.Second), func() { _ = cmd.Process.Kill() })
			err = cmd.Wait()
			stop.Stop()
			if _, notThere := os.Stat(filepath.Join(dir, "survived")); notThere != nil {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// fill writes to a pipe until there is no room in it.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Skip("pipes have no deadlines here:", err)
	}
	for {
		if _, err := w.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	if err := w.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// startReady starts a scenario and waits until it says that it is ready.
func startReady(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(pipe)
	if line, err := r.ReadString('\n'); line != "ready\n" {
		t.Fatalf("child said %q, %v", line, err)
	}
	return r
}

func TestRunEndsTheContextOnSIGTERMAwaitsTheFunctionAndJoinsItsError(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, "run until signal", dir)
	r := startReady(t, cmd)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	line, _ := r.ReadString('\n')
	if err := cmd.Wait(); err != nil || !strings.Contains(line, "fn's own error") {
		t.Errorf("%v, %q", err, line)
	}
	checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), childRecords+1)
	checkNothingLeft(t, dir)
}

func TestRecordsOfAKilledProcessAreDeliveredByTheNextStart(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, "log until killed", dir)
	startReady(t, cmd)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if out, state := runChild(t, child(t, "second start", dir)); !state.Success() {
		t.Fatalf("second start: %v %s", state, out)
	}
	lines := readLines(t, filepath.Join(dir, "app.jsonl"))
	checkOnce(t, lines, childRecords)
	recovered := 0
	for _, l := range lines {
		if l.Recovered {
			recovered++
		}
	}
	if end := endOf(lines); end == nil || end.Ended != "killed" || end.Adopted["file-app.jsonl"] < recovered {
		t.Errorf("the next start said %+v, and %d records are recovered", end, recovered)
	}
}

func TestACriticalRecordIsInTheFileBeforeTheCallReturns(t *testing.T) {
	out, _ := runChild(t, child(t, "critical then killed", t.TempDir()))
	if !strings.Contains(out, "in the file: true") {
		t.Errorf("child said %q", out)
	}
}

func TestAChildThatClosesTooOftenTooEarlyOrNotAtAllLosesNothing(t *testing.T) {
	for scenario, says := range map[string]string{
		"closed from many goroutines": "closed again: <nil>\n",
		"logs after close":            "after close: 2000\n",
		"dropped and collected":       "",
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := child(t, scenario, dir)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || string(out) != says {
				t.Errorf("%v, it said %q, want %q", err, out, says)
			}
			if lines := strings.Count(stderr.String(), "\n"); scenario == "logs after close" && (lines == 0 || lines > 5) || lines > 5 {
				t.Errorf("%d lines on standard error, of 2000 calls one a second is told: %q", lines, stderr.String())
			}
			checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), childRecords)
			checkNothingLeft(t, dir) // before any other start
		})
	}
}

func TestCloseFromManyGoroutinesIsOneCloseWithOneResult(t *testing.T) {
	dir := t.TempDir()
	log := hydra.Must(hydra.New(fileConfig(dir)))
	log.Info(context.Background(), "record", slog.Int("n", 0))
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if err := log.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), 1)
}

func TestALogCallAfterCloseIsCountedAndDoesNotPanic(t *testing.T) {
	log := hydra.Must(hydra.New(fileConfig(t.TempDir())))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		log.Info(context.Background(), "too late")
		log.Slog().Info("too late as well")
	}
	r := log.Health()
	if r.AfterClose != 6 || r.Accepting {
		t.Errorf("after close %d, accepting %v", r.AfterClose, r.Accepting)
	}
}

func TestADroppedLoggerIsDrainedAndClosedWhenItIsCollected(t *testing.T) {
	dir := t.TempDir()
	func() {
		log := hydra.Must(hydra.New(fileConfig(dir)))
		for i := range childRecords {
			log.With(slog.String("k", "v")).Info(context.Background(), "record", slog.Int("n", i))
		}
	}()
	deadline := time.Now().Add(10 * time.Second)
	for hydra.Get("child") != nil || !gone(filepath.Join(dir, ".hydra", "child", "run")) {
		if time.Now().After(deadline) {
			t.Fatal("the logger was not closed")
		}
		runtime.GC()
		runtime.Gosched()
	}
	checkOnce(t, readLines(t, filepath.Join(dir, "app.jsonl")), childRecords)
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

func TestTheNextStartDeliversWhatSeveralKilledProcessesOfOneProgramLeft(t *testing.T) {
	dir := t.TempDir()
	const processes = 3
	var running []*exec.Cmd
	for range processes {
		cmd := child(t, "log until killed", dir)
		startReady(t, cmd)
		running = append(running, cmd)
	}
	// All three run: the first has the state directory, the others have a private one each.
	if private, _ := filepath.Glob(filepath.Join(dir, ".hydra", "child", "p-*")); len(private) != processes-1 {
		t.Errorf("private directories: %v", private)
	}
	for _, cmd := range running {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if out, state := runChild(t, child(t, "second start", dir)); !state.Success() {
		t.Fatalf("second start: %v %s", state, out)
	}
	seen := map[int]int{}
	text, err := os.ReadFile(filepath.Join(dir, "app.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		// One of several writers may be killed inside its write: nothing may be cut off a shared
		// file, so a torn line can stay in it, and its records come again.
		var l fileLine
		if json.Unmarshal([]byte(line), &l) == nil && l.N != nil {
			seen[*l.N]++
		}
	}
	for n := range childRecords {
		if seen[n] < processes { // several writers of one file: a record may be there twice, but not be missing
			t.Fatalf("record %d is there %d times, want %d", n, seen[n], processes)
		}
	}
	if private, _ := filepath.Glob(filepath.Join(dir, ".hydra", "child", "p-*")); len(private) != 0 {
		t.Errorf("left behind: %v", private)
	}
}
