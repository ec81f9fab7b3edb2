//go:build linux

package leak

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMappedFileIsFound(t *testing.T) {
	before := take()
	f, err := os.Create(filepath.Join(t.TempDir(), "kept-mapped"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	m, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	left := before.wait(0)
	if len(left) != 1 || !strings.Contains(left[0], "mapping of") || !strings.Contains(left[0], "kept-mapped") {
		t.Errorf("found %q", left)
	}
	if err := unix.Munmap(m); err != nil {
		t.Fatal(err)
	}
	if left := before.wait(0); len(left) != 0 {
		t.Errorf("after Munmap there is still %q", left)
	}
}
