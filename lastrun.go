package hydra

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Two files in the state directory tell the next start how this run ended:
// "run" is made when the journal opens and removed by a Close that left nothing,
// and "crash" gets the text that the runtime writes when a program dies of a
// panic or a fatal error. A run file without an end means that nobody said goodbye.
const (
	runFile   = "run"
	crashFile = "crash"
	// maxCrashText is how much of a crash text goes into the record; the runtime prints every goroutine.
	maxCrashText = 64 << 10
)

// runMarker is this run's trace.
type runMarker struct {
	dir string

	mu    sync.Mutex
	info  runInfo
	owner bool // the runtime's crash output is ours
	over  bool // it says how the run ended
}

type runInfo struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`   // set by a Close that left records
	Pending uint64    `json:"pending,omitzero"` // left by it
}

// beginRun reads what earlier runs left, and leaves the trace of this one where there is a state directory. Failing to is no
// reason not to log.
func (e *engine) beginRun() {
	if e.stateDir == "" || e.journal == nil {
		return
	}
	for _, j := range e.journals() {
		if r := readLastRun(j.Dir()); r != nil {
			e.lastRuns = append(e.lastRuns, r)
		}
	}
	m := &runMarker{dir: e.journal.Dir(), info: runInfo{PID: os.Getpid(), Started: time.Now()}}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.write()
	e.run.Store(m)
	if !e.opts.noCrash && engines.takeCrashOutput(e) {
		m.owner = m.crashOutput()
	}
}

// crashOutput makes the file that gets the text of a crash.
func (m *runMarker) crashOutput() bool {
	f, err := os.OpenFile(filepath.Join(m.dir, crashFile), os.O_CREATE|os.O_WRONLY|os.O_TRUNC|oNoFollow, 0o600)
	if err != nil {
		return false
	}
	defer f.Close() // SetCrashOutput has its own copy of the descriptor
	return debug.SetCrashOutput(f, debug.CrashOptions{}) == nil
}

// runAgain leaves the trace of this run anew, in a directory that was removed and has been made again.
func (e *engine) runAgain(dir string) {
	m := e.run.Load()
	if m == nil || m.dir != dir {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return
	}
	m.write()
	if m.owner {
		m.crashOutput()
	}
}

func (m *runMarker) write() {
	text, err := json.Marshal(m.info)
	if err == nil {
		_ = os.WriteFile(filepath.Join(m.dir, runFile), text, 0o600)
	}
}

// endRun removes the trace, or leaves the number of records that stay behind.
func (e *engine) endRun(pending uint64) {
	m := e.run.Load()
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	if m.owner {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	}
	engines.giveCrashOutput(e)
	crashToStderr()
	_ = os.Remove(filepath.Join(m.dir, crashFile))
	if pending == 0 {
		_ = os.Remove(filepath.Join(m.dir, runFile))
		return
	}
	m.info.Ended, m.info.Pending = time.Now(), pending
	m.write()
}

// takeCrashOutput makes e the one engine of the process that has the runtime's crash output.
func (r *registry) takeCrashOutput(e *engine) bool {
	return r.crash.CompareAndSwap(nil, e)
}

func (r *registry) giveCrashOutput(e *engine) { r.crash.CompareAndSwap(e, nil) }

// lastRun is what an earlier run left in a directory.
type lastRun struct {
	info  runInfo
	crash string
}

// readLastRun returns what a run in dir left, nil if it left nothing.
func readLastRun(dir string) *lastRun {
	text, err := readSmall(filepath.Join(dir, runFile), 4096)
	if err != nil {
		return nil
	}
	r := &lastRun{}
	if json.Unmarshal(text, &r.info) != nil {
		return nil
	}
	if crash, err := readSmall(filepath.Join(dir, crashFile), maxCrashText); err == nil {
		r.crash = strings.TrimSpace(string(crash))
	}
	return r
}

func readSmall(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|oNoFollow, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// crashReason is the first line of a crash text. Of a fatal error the runtime leaves that line out of it, and begins with the
// goroutine: then it is the first function of the stack that is not the runtime's.
func crashReason(text string) string {
	first, stack, _ := strings.Cut(text, "\n")
	if !strings.HasPrefix(first, "goroutine ") {
		return first
	}
	for line := range strings.Lines(stack) {
		at := strings.LastIndexByte(line, '(') // of the arguments
		switch {
		case strings.TrimSpace(line) == "": // the end of the first goroutine
			return "a fatal error of the runtime"
		case at < 0, strings.HasPrefix(line, "\t"), strings.HasPrefix(line, "runtime."), strings.HasPrefix(line, "internal/"):
			continue
		}
		return "a fatal error of the runtime in " + line[:at]
	}
	return "a fatal error of the runtime"
}

// EndedKey marks the record that says how the last run ended.
const EndedKey = "last_run_ended"

// reportLastRun logs how the last run ended, if it did not end with everything delivered: the first record of this run.
func (e *engine) reportLastRun() {
	runs := e.lastRuns
	left := e.adopted()
	log := &Logger{h: &handle{e: e}, e: e, slot: e.slots.fallback, name: e.fallback().name, logger: e.loggerName, bound: e.bound}
	for i, r := range runs {
		level, how := LevelWarning, "killed"
		switch {
		case !r.info.Ended.IsZero():
			level, how = LevelInfo, "closed"
		case r.crash != "":
			level, how = LevelError, "crashed"
		}
		attrs := []slog.Attr{
			slog.String(EndedKey, how), slog.Int("pid", r.info.PID), slog.Time("started", r.info.Started),
		}
		if how == "closed" {
			attrs = append(attrs, slog.Time("ended", r.info.Ended), slog.Uint64("left", r.info.Pending))
		}
		if r.crash != "" {
			attrs = append(attrs, slog.String("crash", r.crash))
		}
		if i == len(runs)-1 {
			attrs = append(attrs, left)
		}
		log.Log(context.Background(), level, r.message(how), attrs...)
	}
}

// adopted is what this run takes over, by destination: an empty group, which is not written, when that is nothing. Open waits
// for the count adoptedWait at most; of a larger journal it has what is counted by then, which is at least that.
func (e *engine) adopted() slog.Attr {
	var all []any
	end := time.Now().Add(adoptedWait)
	for _, d := range e.dests() {
		if d.source == nil || len(e.lastRuns) == 0 {
			continue
		}
		if n := d.source.adoptedWithin(time.Until(end)).Total(); n > 0 {
			all = append(all, slog.Uint64(d.cfg.Name, n))
		}
	}
	return slog.Group("adopted", all...)
}

const adoptedWait = 100 * time.Millisecond

func (r *lastRun) message(how string) string {
	switch how {
	case "closed":
		return fmt.Sprintf("the last run was closed with %d records not delivered; they follow or have been delivered", r.info.Pending)
	case "crashed":
		return "the last run crashed: " + crashReason(r.crash)
	}
	return "the last run ended without Close: killed, or os.Exit"
}
