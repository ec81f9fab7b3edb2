package journal

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestWindowHasNoPreemptionPoint disassembles the window between claim and commit: it may call memmove, and panics
// that a bounds check would raise, and nothing else. Invariant I7.
func TestWindowHasNoPreemptionPoint(t *testing.T) {
	if testing.Short() || raceEnabled || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("needs an ordinary build")
	}
	bin := filepath.Join(t.TempDir(), "journal.test")
	if out, err := exec.Command("go", "test", "-c", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{`put`, `putBatch`} {
		out, err := exec.Command("go", "tool", "objdump", "-s", `\(\*segment\)\.`+name+`$`, bin).Output()
		if err != nil {
			t.Fatal(err)
		}
		text := string(out)
		if !strings.Contains(text, name) || strings.Count(text, "\n") < 20 {
			t.Fatalf("%s is not in the binary: it was inlined\n%s", name, text)
		}
		calls := regexp.MustCompile(`(?m)\b(?:CALL|BL)\s+(\S+)`).FindAllStringSubmatch(text, -1)
		moves := 0
		for _, c := range calls {
			switch f := c[1]; {
			case strings.HasPrefix(f, "runtime.memmove"):
				moves++
			case strings.HasPrefix(f, "runtime.panic"):
			default:
				t.Errorf("%s calls %s", name, f)
			}
		}
		if moves == 0 {
			t.Errorf("%s copies nothing: the test looks at the wrong code", name)
		}
		if strings.Contains(text, "morestack") {
			t.Errorf("%s can grow its stack", name)
		}
	}
}
