// Package leak finds goroutines, descriptors and mapped files that outlive a
// test or a whole test binary.
//
//	func TestMain(m *testing.M) { leak.Main(m) }
package leak

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// patience is how long a leak may take to go away by itself: goroutines that
// were told to end need a moment.
const patience = 5 * time.Second

// Main runs the tests of a package and fails the binary when something of
// theirs is still there afterwards. It does not return.
func Main(m *testing.M) {
	before := take()
	code := m.Run()
	if code == 0 {
		if left := before.wait(patience); len(left) > 0 {
			fmt.Fprintf(os.Stderr, "left behind by the tests of this package:\n%s\n", strings.Join(left, "\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// Check fails t when something that did not exist at the time of the call is
// there when t ends. It sees the whole process: not for parallel tests.
func Check(t testing.TB) {
	t.Helper()
	before := take()
	t.Cleanup(func() {
		if left := before.wait(patience); len(left) > 0 {
			t.Errorf("left behind by %s:\n%s", t.Name(), strings.Join(left, "\n"))
		}
	})
}

// snapshot is what exists at one moment.
type snapshot struct {
	goroutines  map[string]string // id → stack
	descriptors map[string]string // number → target; nil where the system does not tell
	mappings    map[string]string // path → path
}

func take() snapshot {
	return snapshot{goroutines: goroutines(), descriptors: descriptors(), mappings: mappings()}
}

// wait returns what is new since s, once nothing is new or time is up.
func (s snapshot) wait(patience time.Duration) []string {
	deadline := time.Now().Add(patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		left := s.news(take())
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
		time.Sleep(pause)
	}
}

// news describes what now has and s has not.
func (s snapshot) news(now snapshot) []string {
	var left []string
	for id, stack := range now.goroutines {
		if _, known := s.goroutines[id]; !known {
			left = append(left, stack)
		}
	}
	for fd, target := range now.descriptors {
		if s.descriptors[fd] != target {
			left = append(left, "descriptor "+fd+" of "+target)
		}
	}
	for path := range now.mappings {
		if _, known := s.mappings[path]; !known {
			left = append(left, "mapping of "+path)
		}
	}
	return left
}
