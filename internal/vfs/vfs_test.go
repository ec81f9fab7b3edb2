//go:build unix

package vfs

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func create(t *testing.T, fs FS, name string) File {
	t.Helper()
	f, err := fs.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestFaultFailsTheChosenCallAlone(t *testing.T) {
	f := &Fault{FS: OS{}}
	dir := t.TempDir()
	f.Fail("open", 2, syscall.EMFILE)
	f.FailOn("write", "b", 1, 0, syscall.EIO)
	a := create(t, f, filepath.Join(dir, "a"))
	if _, err := f.OpenFile(filepath.Join(dir, "x"), os.O_RDWR|os.O_CREATE, 0o600); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("second open: %v", err)
	}
	b := create(t, f, filepath.Join(dir, "b"))
	if _, err := a.WriteAt([]byte("1234"), 0); err != nil {
		t.Errorf("write to a: %v", err)
	}
	if n, err := b.WriteAt([]byte("1234"), 0); n != 2 || !errors.Is(err, syscall.EIO) {
		t.Errorf("write to b: %d, %v; want half of it", n, err)
	}
	f.Heal()
	if _, err := b.WriteAt([]byte("1234"), 0); err != nil {
		t.Errorf("write to b after Heal: %v", err)
	}
	if c := f.Counts(); c["open"] != 3 || c["write"] != 3 {
		t.Errorf("counts: %v", c)
	}
}

func TestSecondLockIsRefusedInTheSameProcess(t *testing.T) {
	name := filepath.Join(t.TempDir(), "LOCK")
	a, b := create(t, OS{}, name), create(t, OS{}, name)
	if err := a.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := b.Lock(); !errors.Is(err, ErrLocked) {
		t.Errorf("second lock: %v", err)
	}
}

func TestSymbolicLinkIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	if f, err := (OS{}).OpenFile(link, os.O_RDWR|os.O_CREATE, 0o600); err == nil {
		_ = f.Close()
		t.Error("a symbolic link was opened")
	}
}

func TestAllocatedFileIsMappedAndHoldsWhatIsStored(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	f := create(t, OS{}, name)
	const size = 1 << 20
	if err := f.Allocate(size); err != nil {
		t.Fatal(err)
	}
	mem, err := f.Map(size)
	if errors.Is(err, ErrMapUnsupported) {
		t.Skip("no mapping here")
	}
	if err != nil {
		t.Fatal(err)
	}
	copy(mem[size-5:], "hello")
	if err := f.Sync(); err != nil {
		t.Error(err)
	}
	if err := f.Unmap(mem); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(name)
	if err != nil || len(b) != size || string(b[size-5:]) != "hello" {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
