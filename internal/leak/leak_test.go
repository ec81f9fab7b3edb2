package leak

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestGoroutineThatStaysIsFound(t *testing.T) {
	before := take()
	stop, running := make(chan struct{}), make(chan struct{})
	go func() { close(running); <-stop }()
	<-running
	left := before.wait(20 * time.Millisecond)
	if len(left) != 1 || !strings.Contains(left[0], "TestGoroutineThatStaysIsFound") {
		t.Errorf("found %q", left)
	}
	close(stop)
	if left := before.wait(patience); len(left) != 0 {
		t.Errorf("after its end there is still %q", left)
	}
}

func TestOpenFileIsFound(t *testing.T) {
	if descriptors() == nil {
		t.Skip("no /proc/self/fd on this system")
	}
	before := take()
	f, err := os.Create(filepath.Join(t.TempDir(), "kept-open"))
	if err != nil {
		t.Fatal(err)
	}
	left := before.wait(0)
	if len(left) != 1 || !strings.Contains(left[0], "kept-open") {
		t.Errorf("found %q", left)
	}
	f.Close()
	if left := before.wait(0); len(left) != 0 {
		t.Errorf("after Close there is still %q", left)
	}
}

func TestCheckIsSilentWhenNothingIsLeft(t *testing.T) {
	Check(t)
	done := make(chan struct{})
	go func() { time.Sleep(5 * time.Millisecond); close(done) }()
	t.Cleanup(func() { <-done })
}

func TestGoroutineStartedByAHelperOfPackageTestingIsNotALeak(t *testing.T) {
	before := take()
	t.Run("nested", func(t *testing.T) {
		if left := before.wait(0); len(left) != 0 {
			t.Errorf("found %q", left)
		}
	})
}
