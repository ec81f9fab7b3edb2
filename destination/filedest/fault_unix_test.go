//go:build unix

package filedest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestModesAreNarrow(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "sub", "app.log")
	deliver(t, newDriver(t, path), "a")
	for p, want := range map[string]os.FileMode{path: 0o640, filepath.Dir(path): 0o750 | os.ModeDir} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", filepath.Base(p), info.Mode(), want)
		}
	}
}

func TestPipeIsRefusedAndNeverHangs(t *testing.T) {
	path := inTemp(t)
	d := newDriver(t, path) // nothing is there yet
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	if _, err := New(Options{Path: path}); err == nil || !strings.Contains(err.Error(), "console") {
		t.Errorf("New: %v", err)
	}
	if err := d.Deliver(context.Background(), batchOf(1, "a")); err == nil {
		t.Error("Deliver wrote to a pipe")
	}
}

func TestDeviceIsWrittenAsItIs(t *testing.T) {
	d := newDriver(t, "/dev/null")
	if d.Intent(batchOf(1, "a")) != nil {
		t.Error("an intent for a device")
	}
	deliver(t, d, "a")
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	full := newDriver(t, "/dev/full")
	for attempt := range 3 {
		if err := full.Deliver(context.Background(), batchOf(attempt+1, "a")); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("attempt %d: %v", attempt+1, err)
		}
	}
}

func TestFileThatOnlyItsWriterMayWriteIsAppendedTo(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read every file")
	}
	path := inTemp(t)
	if err := os.WriteFile(path, nil, 0o200); err != nil {
		t.Fatal(err)
	}
	deliver(t, newDriver(t, path), "a")
}

// smallDisk mounts a file system of one MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to mount a small file system")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("can't mount a small file system: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// fill takes all room but keep bytes, and returns the file that holds it.
func fill(t *testing.T, dir string, keep int) string {
	t.Helper()
	path := filepath.Join(dir, "filler")
	if err := os.WriteFile(path, make([]byte, 1<<20-keep), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFullDiskLeavesNoTornLineAndHeals(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "app.log")
	d := newDriver(t, path)
	deliver(t, d, "before")
	filler := fill(t, dir, 64<<10)
	b := batchOf(1, numbered(1000, 100)...)
	for ; b.Attempt <= 3; b.Attempt++ {
		d.Intent(b)
		if err := d.Deliver(context.Background(), b); !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("attempt %d: %v", b.Attempt, err)
		}
		wantFile(t, path, "before\n")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	d.Intent(b)
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "before\n"+text(numbered(1000, 100)))
}

func TestBatchOnAFullDiskWithOtherWritersIsCompletedNotRepeated(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "app.log")
	d, other := newDriver(t, path), newDriver(t, path)
	deliver(t, d, "ours")
	deliver(t, other, "theirs")
	filler := fill(t, dir, 64<<10)
	b := batchOf(1, numbered(1000, 100)...)
	for ; b.Attempt <= 2; b.Attempt++ {
		if err := d.Deliver(context.Background(), b); !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("attempt %d: %v", b.Attempt, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "ours\ntheirs\n"+text(numbered(1000, 100)))
}

func TestLineThatOthersWroteBehindIsWrittenAgainWhole(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "app.log")
	d, other := newDriver(t, path), newDriver(t, path)
	deliver(t, other, "theirs")
	filler := fill(t, dir, 64<<10)
	b := batchOf(1, numbered(1000, 100)...)
	if err := d.Deliver(context.Background(), b); err == nil {
		t.Fatal("the disk is not full")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, "\ntheirs again\n")
	b.Attempt++
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(got)) {
		counts[line]++
	}
	for _, line := range b.Items {
		if l := string(b.Data[line.Start:line.End]); counts[l] != 1 {
			t.Fatalf("%q is there %d times", l[:10], counts[l])
		}
	}
}

func TestAnotherBatchBeginsOnALineOfItsOwn(t *testing.T) { // as with mode sync, where a failed record is dropped
	dir := smallDisk(t)
	path := filepath.Join(dir, "app.log")
	d, other := newDriver(t, path), newDriver(t, path)
	deliver(t, other, "theirs")
	filler := fill(t, dir, 64<<10)
	if err := d.Deliver(context.Background(), batchOf(1, strings.Repeat("y", 100<<10))); err == nil {
		t.Fatal("the disk is not full")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	deliver(t, d, "next")
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(got), "y\nnext\n") {
		t.Errorf("the file ends with %q", got[max(len(got)-20, 0):])
	}
}

func TestRestOfABatchGoesToTheNewFileWhenTheOldOneIsMovedAway(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "app.log")
	d := newDriver(t, path)
	deliver(t, d, "before")
	fill(t, dir, 64<<10)
	b := batchOf(1, numbered(1000, 100)...)
	if err := d.Deliver(context.Background(), b); err == nil {
		t.Fatal("the disk is not full")
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := d.Reopen(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	b.Attempt++
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path+".1", "before\n")
	wantFile(t, path, text(numbered(1000, 100)))
}

func TestWhatCouldNotBeCutIsWithdrawnWhenTheFileIsGivenUp(t *testing.T) {
	dir := smallDisk(t)
	path := filepath.Join(dir, "app.log")
	d, other := newDriver(t, path), newDriver(t, path)
	deliver(t, other, "theirs")
	filler := fill(t, dir, 64<<10)
	b := batchOf(1, numbered(1000, 100)...)
	if err := d.Deliver(context.Background(), b); err == nil {
		t.Fatal("the disk is not full")
	}
	if err := other.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(path, path+".1"), d.Reopen(), os.Remove(filler)); err != nil {
		t.Fatal(err)
	}
	b.Attempt++
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path+".1", "theirs\n")
	wantFile(t, path, text(numbered(1000, 100)))
}

// limitedChild as first argument makes the test binary one that may not write large files.
const limitedChild = "write-beyond-limit"

const fileLimit = 64 << 10

func TestFileSizeLimitIsAFailureThatHeals(t *testing.T) { // RLIMIT_FSIZE, and the SIGXFSZ that comes with it
	path := inTemp(t)
	out, err := exec.Command(os.Args[0], limitedChild, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	wantFile(t, path, "before\n"+text(numbered(1000, 100)))
}

func writeBeyondLimit(path string) int {
	err := func() error {
		var limit unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		hard := limit.Max
		limit.Cur = fileLimit
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		d, err := New(Options{Path: path})
		if err != nil {
			return err
		}
		if err := d.Deliver(context.Background(), batchOf(1, "before")); err != nil {
			return err
		}
		b := batchOf(1, numbered(1000, 100)...)
		if err := d.Deliver(context.Background(), b); !errors.Is(err, unix.EFBIG) {
			return fmt.Errorf("beyond the limit: %w", err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "before\n" {
			return fmt.Errorf("after the failure the file has %d bytes, %v", len(got), err)
		}
		limit.Cur = hard
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		b.Attempt++
		return errors.Join(d.Deliver(context.Background(), b), d.Close(context.Background()))
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
