package filedest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestBatchesAreAppendedInOrder(t *testing.T) {
	path := inTemp(t)
	if err := os.WriteFile(path, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, path)
	deliver(t, d, "a", "b")
	deliver(t, d, "c")
	wantFile(t, path, "before\na\nb\nc\n")
}

func TestMissingParentsAreMadeAlsoLater(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "var", "log", "app.log")
	d := newDriver(t, path)
	deliver(t, d, "a")
	if err := os.RemoveAll(filepath.Join(root, "var")); err != nil {
		t.Fatal(err)
	}
	deliver(t, d, "b")
	wantFile(t, path, "b\n")
}

func TestRemovedFileIsMadeAnewByTheNextWrite(t *testing.T) {
	path := inTemp(t)
	d := newDriver(t, path)
	deliver(t, d, "a")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	deliver(t, d, "b")
	wantFile(t, path, "b\n")
}

func TestRenamedFileIsMadeAnewWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := inTemp(t)
		d := newDriver(t, path)
		deliver(t, d, "a")
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		deliver(t, d, "b")
		wantFile(t, path+".1", "a\n")
		wantFile(t, path, "b\n")
	})
}

func TestReplacedFileIsOpenedWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := inTemp(t)
		d := newDriver(t, path)
		deliver(t, d, "a")
		if err := os.WriteFile(path+".new", []byte("new\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		deliver(t, d, "b")
		wantFile(t, path, "new\nb\n")
	})
}

func TestReopenLeadsToThePathAnew(t *testing.T) {
	path := inTemp(t)
	d := newDriver(t, path)
	if err := d.Reopen(); err != nil {
		t.Fatal("before the first write:", err)
	}
	deliver(t, d, "a")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := d.Reopen(); err != nil {
		t.Fatal(err)
	}
	deliver(t, d, "b")
	wantFile(t, path+".1", "a\n")
	wantFile(t, path, "b\n")
}

func TestReopenBetweenIntentAndDeliveryLeavesTheIntentTrue(t *testing.T) {
	path := inTemp(t)
	d := newDriver(t, path)
	b := batchOf(1, "a")
	if d.Intent(b) == nil {
		t.Fatal("no intent")
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := d.Reopen(); err != nil {
		t.Fatal(err)
	}
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path+".1", "a\n")
	deliver(t, d, "b")
	wantFile(t, path, "b\n")
}

func TestEmptiedFileIsWrittenFromItsStart(t *testing.T) { // logrotate's copytruncate
	path := inTemp(t)
	d := newDriver(t, path)
	deliver(t, d, "a", "b")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	deliver(t, d, "c")
	wantFile(t, path, "c\n")
	if d.OtherWriters() {
		t.Error("an emptied file counts as one with other writers")
	}
}

func TestUnfinishedLineOfAnotherProgramIsEnded(t *testing.T) {
	path := inTemp(t)
	if err := os.WriteFile(path, []byte("whole\nhal"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, path)
	b := batchOf(1, "a")
	if d.Intent(b) == nil {
		t.Fatal("no intent")
	}
	if err := d.Deliver(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "whole\nhal\na\n")
}

func TestSymbolicLinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	link, target := filepath.Join(dir, "link.log"), filepath.Join(dir, "target.log")
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	d := newDriver(t, link)
	deliver(t, d, "a") // the target did not exist
	deliver(t, d, "b")
	wantFile(t, target, "a\nb\n")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v %v", info, err)
	}
}

func TestDirectoryIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	if _, err := New(Options{Path: dir}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no path was accepted")
	}
}

func TestDeliveryAfterCloseIsAnError(t *testing.T) {
	path := inTemp(t)
	d := newDriver(t, path)
	deliver(t, d, "a")
	for range 2 {
		if err := d.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Deliver(context.Background(), batchOf(1, "b")); err == nil {
		t.Error("no error")
	}
	wantFile(t, path, "a\n")
}

func TestReopenAndQuestionsDuringWritesLoseNothing(t *testing.T) {
	path := inTemp(t)
	d := newDriver(t, path)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_ = d.Reopen()
				_ = d.OtherWriters()
				_ = d.Describe()
			}
		})
	}
	var want strings.Builder
	for i := range 500 {
		line := fmt.Sprint("line ", i)
		b := batchOf(1, line)
		d.Intent(b)
		if err := d.Deliver(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		want.WriteString(line + "\n")
	}
	close(stop)
	wg.Wait()
	wantFile(t, path, want.String())
}

func TestTwoDriversOfOneFileKnowOfEachOther(t *testing.T) {
	path := inTemp(t)
	a := newDriver(t, path)
	deliver(t, a, "a")
	if a.OtherWriters() {
		t.Error("a driver alone says that it is not")
	}
	b := newDriver(t, path)
	deliver(t, b, "b")
	if !b.OtherWriters() {
		t.Error("the second driver does not know of the first")
	}
	if b.Intent(batchOf(1, "x")) != nil {
		t.Error("an intent for a shared file")
	}
	deliver(t, a, "c")
	if !a.OtherWriters() && lockTellsTheFirst {
		t.Error("the first driver does not know of the second")
	}
	wantFile(t, path, "a\nb\nc\n")
	b.Close(context.Background())
	if lockTellsTheFirst && a.Intent(batchOf(1, "x")) == nil {
		t.Error("no intent after the other writer has gone")
	}
}

func TestLinesOfOtherProgramsAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := inTemp(t)
		d := newDriver(t, path)
		deliver(t, d, "a")
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintln(f, "theirs")
		deliver(t, d, "b")
		wantFile(t, path, "a\ntheirs\nb\n")
		if !d.OtherWriters() {
			t.Error("the line of another program was not noticed")
		}
		time.Sleep(2 * foreignFor)
		if d.OtherWriters() {
			t.Error("it counts for ever")
		}
	})
}

func TestWritingDoesNotAllocate(t *testing.T) {
	d := newDriver(t, inTemp(t))
	b := batchOf(1, "a", "b")
	ctx := context.Background()
	n := testing.AllocsPerRun(200, func() {
		d.Intent(b)
		if err := d.Deliver(ctx, b); err != nil {
			t.Fatal(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

func BenchmarkBatch256KiB(b *testing.B) {
	d, err := New(Options{Path: filepath.Join(b.TempDir(), "app.log")})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close(context.Background())
	batch := batchOf(1, numbered(870, 300)...)
	b.SetBytes(int64(len(batch.Data)))
	for b.Loop() {
		d.Intent(batch)
		if err := d.Deliver(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
		if d.size > 256<<20 {
			_ = d.f.Truncate(0)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch.Items)), "ns/record")
}

func TestNothingIsCutOffThatSomebodyWroteMeanwhile(t *testing.T) { // between a failed write and the cut that repairs it
	path := inTemp(t)
	d := newDriver(t, path)
	deliver(t, d, "ours")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("theirs\n"); err != nil {
		t.Fatal(err)
	}
	if err := d.cut(0); err == nil {
		t.Error("it was cut")
	}
	wantFile(t, path, "ours\ntheirs\n")
}
