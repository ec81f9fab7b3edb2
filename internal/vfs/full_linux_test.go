package vfs

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFailedAllocationLeavesNoRoomTaken(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounts a file system: needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("can't mount a tmpfs:", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	f := create(t, OS{}, filepath.Join(dir, "f"))
	if err := f.Allocate(4 << 20); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("4 MiB on 1 MiB: %v", err)
	}
	if n, err := f.Size(); n != 0 || err != nil {
		t.Errorf("the file has %d bytes, %v", n, err)
	}
	u, err := (OS{}).Usage(dir)
	if err != nil || u.Kind != "tmpfs" || u.Survives || u.Free < 1<<20-8192 {
		t.Errorf("%+v, %v", u, err)
	}
}
