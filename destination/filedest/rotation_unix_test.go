//go:build unix

package filedest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNextFileHasTheModeAndOwnerOfTheOneBefore(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := inTemp(t)
	if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	root := os.Geteuid() == 0
	if root {
		if err := os.Chown(path, 1234, 4321); err != nil {
			t.Fatal(err)
		}
	}
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{OnStart: true, Compress: "gzip"}})
	deliver(t, d, "new")
	eventually(t, "it is compressed", func() bool { return strings.HasSuffix(rotated(t, path)[0], ".gz") })
	for _, p := range append(rotated(t, path), path) {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		if info.Mode().Perm() != 0o664 || root && (st.Uid != 1234 || st.Gid != 4321) {
			t.Errorf("%s has %v, %d:%d", filepath.Base(p), info.Mode(), st.Uid, st.Gid)
		}
	}
}

func TestModeAndOwnerAreAsTheyAreSet(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := inTemp(t)
	o := Options{Mode: 0o644, Rotation: &Rotation{MaxSize: 2}}
	if os.Geteuid() == 0 {
		o.Owner = "1234:4321"
	}
	deliver(t, rotatingDriver(t, path, o), "a", "b")
	for _, p := range append(rotated(t, path), path) {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		if info.Mode().Perm() != 0o644 || o.Owner != "" && (st.Uid != 1234 || st.Gid != 4321) {
			t.Errorf("%s has %v, %d:%d", filepath.Base(p), info.Mode(), st.Uid, st.Gid)
		}
	}
}

func TestSignalRotatesWhereThatIsAskedFor(t *testing.T) {
	path := inTemp(t)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{OnSignal: true}})
	deliver(t, d, "a")
	if err := unix.Kill(os.Getpid(), unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is rotated", func() bool { return len(rotated(t, path)) == 1 })
	deliver(t, d, "b")
	wantContents(t, path, "a\n", "b\n")
}

func TestSecondProcessIsRefusedWhereTheFileIsNotShared(t *testing.T) { // two drivers stand for them
	path, no := inTemp(t), false
	o := Options{Rotation: &Rotation{Shared: &no}}
	first, second := rotatingDriver(t, path, o), rotatingDriver(t, path, o)
	deliver(t, first, "a")
	if err := second.Deliver(context.Background(), batchOf(1, "b")); !errors.Is(err, errTaken) {
		t.Error(err)
	}
	deliver(t, first, "c")
	first.Close(context.Background())
	deliver(t, second, "d")
	wantContents(t, path, "a\nc\nd\n")
}

func TestOneDriverFollowsTheRotationOfTheOther(t *testing.T) {
	path := inTemp(t)
	first, second := rotatingDriver(t, path, Options{}), rotatingDriver(t, path, Options{})
	deliver(t, first, "a")
	deliver(t, second, "b")
	if err := second.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
	deliver(t, first, "c")
	if err := first.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
	deliver(t, second, "d")
	wantContents(t, path, "a\nb\n", "c\n", "d\n")
}

func TestFullDiskDuringARotationHeals(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "app.log")
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 20 << 10, Compress: "gzip"}})
	deliver(t, d, "before")
	filler := fill(t, dir, 64<<10)
	b := batchOf(1, numbered(1000, 100)...)
	var err error
	for ; b.Attempt <= 3; b.Attempt++ {
		d.Intent(b)
		if err = d.Deliver(context.Background(), b); !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("attempt %d: %v", b.Attempt, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	d.Intent(b)
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	d.rot.janitor.Wake()
	eventually(t, "compression works again", func() bool {
		d.rot.janitor.Wake()
		for _, p := range rotated(t, path) {
			if strings.HasSuffix(p, ".log") {
				return false
			}
		}
		return d.Trouble() == nil
	})
	all := strings.Join(contents(t, path), "")
	if all != "before\n"+text(numbered(1000, 100)) {
		t.Errorf("the files hold %s", brief(all))
	}
}

func TestDirectoryThatIsReadOnlyLetsTheFileGrow(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	path := inTemp(t)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Dir(path), 0o700)
	d := rotatingDriver(t, path, Options{Rotation: &Rotation{MaxSize: 5}})
	deliver(t, d, "n001", "n002")
	wantFile(t, path, "n001\nn002\n")
	if d.Trouble() == nil {
		t.Error("nobody knows")
	}
}
