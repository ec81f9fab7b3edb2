package leak

import (
	"os"
	"runtime"
	"strings"
)

// goroutines returns the stacks by goroutine id, without those that belong to
// the runtime and to package testing, and without the caller's.
func goroutines() map[string]string {
	buf := make([]byte, 1<<16)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	all := make(map[string]string)
	for i, stack := range strings.Split(string(buf), "\n\n") {
		id, _, ok := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
		if i == 0 || !ok || isOfTheSystem(stack) {
			continue
		}
		all[id] = stack
	}
	return all
}

// isOfTheSystem reports whether the stack is one that a test can't end.
func isOfTheSystem(stack string) bool {
	_, body, _ := strings.Cut(stack, "\n")
	for _, top := range []string{"testing.RunTests", "testing.(*T).Run", "testing.(*T).Parallel", "testing.runFuzz",
		"testing.(*F).Fuzz", "os/signal.signal_recv", "runtime.ensureSigM", "runtime.ReadTrace",
		"runtime.runFinalizers", "runtime.runCleanups", "runtime.runfinq"} {
		if strings.HasPrefix(body, top) {
			return true
		}
	}
	for _, within := range []string{"\nos/signal.loop(", "\ntesting.(*M).startAlarm", "created by runtime.",
		"created by testing.(*M).", "\ntesting.runTests(", "\ntesting.tRunner("} {
		if strings.Contains(stack, within) {
			return true
		}
	}
	return false
}

// descriptors returns the targets of the open descriptors by number, where /proc tells.
func descriptors() map[string]string {
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	all := make(map[string]string)
	for _, e := range entries {
		target, err := os.Readlink(dir + "/" + e.Name())
		if err != nil || isOfThePoller(target) {
			continue
		}
		all[e.Name()] = target
	}
	return all
}

// isOfThePoller reports whether the runtime opened the descriptor and keeps it.
func isOfThePoller(target string) bool {
	return strings.HasPrefix(target, "anon_inode:[event") || strings.HasPrefix(target, "/proc/")
}

// mappings returns the paths of mapped files, where /proc tells. Programs and
// libraries are left out: they are mapped executable somewhere.
func mappings() map[string]string {
	data, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	all, programs := make(map[string]string), make(map[string]bool)
	for line := range strings.Lines(string(data)) {
		i := strings.Index(line, "/")
		f := strings.Fields(line)
		if i < 0 || len(f) < 6 {
			continue
		}
		path := strings.TrimSuffix(line[i:], "\n")
		all[path] = path
		if strings.Contains(f[1], "x") {
			programs[path] = true
		}
	}
	for path := range programs {
		delete(all, path)
	}
	return all
}
