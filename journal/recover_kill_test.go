package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra/internal/vfs"
)

// dyingFS lets a process die at its n-th change of the file system: that one and all later calls panic. With
// half set, the write at which it dies is half done, as at a page boundary.
type dyingFS struct {
	vfs.FS
	mu   sync.Mutex
	left int
	half bool
	open []vfs.File
}

// die closes the files, as the kernel does.
func (d *dyingFS) die() {
	for _, f := range d.open {
		_ = f.Close() // most are closed already
	}
}

var errDied = errors.New("died")

func (d *dyingFS) change() (last bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left--
	if d.left < 0 {
		panic(errDied)
	}
	return d.left == 0
}

func (d *dyingFS) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	if flag&(os.O_CREATE|os.O_TRUNC) != 0 {
		d.change()
	}
	f, err := d.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	d.open = append(d.open, f)
	return &dyingFile{f, d}, nil
}

func (d *dyingFS) Mkdir(name string, perm fs.FileMode) error {
	d.change()
	return d.FS.Mkdir(name, perm)
}

func (d *dyingFS) Rename(from, to string) error {
	d.change()
	return d.FS.Rename(from, to)
}

func (d *dyingFS) Remove(name string) error {
	d.change()
	return d.FS.Remove(name)
}

// RemoveAll removes what is inside one after the other, in the order of the names from behind.
func (d *dyingFS) RemoveAll(name string) error {
	entries, err := d.FS.ReadDir(name)
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(entries) {
		d.change()
		if err := d.FS.RemoveAll(filepath.Join(name, e.Name())); err != nil {
			return err
		}
	}
	d.change()
	return d.FS.RemoveAll(name)
}

type dyingFile struct {
	vfs.File
	d *dyingFS
}

func (f *dyingFile) WriteAt(p []byte, off int64) (int, error) {
	if f.d.change() && f.d.half {
		f.d.left--
		_, _ = f.File.WriteAt(p[:len(p)/2], off)
		panic(errDied)
	}
	return f.File.WriteAt(p, off)
}

func (f *dyingFile) Truncate(size int64) error {
	f.d.change()
	return f.File.Truncate(size)
}

// crowdedDir is a state directory with something of everything that recovery changes.
func crowdedDir(t testing.TB) (dir string, want []string) {
	dir = stateDir(t)
	w := writerFor(testID, 0x100000, 64<<10)
	all := mixed(w, 30)
	w.claimed(60, 20)
	w.vanished(8)
	w.add(payloadOf(50, 70))
	w.claimed(5000, 100)
	w.add(payloadOf(51, 70))
	w.vanished(40)
	w.add(payloadOf(52, 70))
	w.b[w.pos[7].off+20] ^= 4
	w.save(t, dir)
	want = texts(append(append(append([][]byte{}, all[:7]...), all[8:]...), payloadOf(50, 70), payloadOf(51, 70), payloadOf(52, 70))...)
	sealed := writerFor(testID, 0x200000, 64<<10)
	more := mixed(sealed, 12)
	sealed.seal()
	cut := sealed.pos[9].end
	sealed.b = sealed.b[:cut+3]
	sealed.save(t, dir)
	want = append(want, texts(more[:10]...)...)
	writerFor(testID, 0x300000, 64<<10).save(t, dir)
	writerFor([16]byte{3}, 0x400000, 64<<10).save(t, dir)
	renamed := writerFor(testID, 0x500000, 64<<10)
	last := mixed(renamed, 3)
	if err := os.Rename(renamed.save(t, dir), segmentPath(dir, 0x800000)); err != nil {
		t.Fatal(err)
	}
	want = append(want, texts(last...)...)
	if err := os.WriteFile(filepath.Join(dir, "spare-4.tmp"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := openCursorFile(vfs.OS{}, dir, "d", 9)
	if err != nil {
		t.Fatal(err)
	}
	c.bind(testID)
	if err := errors.Join(c.store(0x101000), c.intent(0x102000, []byte("s")), c.close(false)); err != nil {
		t.Fatal(err)
	}
	return dir, want
}

// dyingRecovery recovers dir in a process that dies after some changes. It says whether it came to the end.
func dyingRecovery(t testing.TB, dir string, after int, half bool) (ended bool) {
	t.Helper()
	d := &dyingFS{FS: vfs.OS{}, left: after, half: half}
	o := testOptions(d)
	defer d.die()
	defer func() {
		if r := recover(); r != nil && r != any(errDied) {
			panic(r)
		}
	}()
	h, err := openHome(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recoverHome(h, o); err != nil {
		t.Fatal(err)
	}
	return true
}

func TestRecoveryKilledAtEveryChangeIsJustAnotherRun(t *testing.T) {
	points := 0
	for _, half := range []bool{false, true} {
		for _, times := range []int{1, 10} {
			for after := 0; ; after++ {
				dir, want := crowdedDir(t)
				ended := false
				for range times {
					ended = dyingRecovery(t, dir, after, half)
				}
				before := len(filesIn(t, dir))
				r := recoverTest(t, dir)
				equal(t, r.payloads(t), want)
				if c := r.cursors[destinationKey{"d", 9}]; c.acked != 0x101000 || c.intentEnd != 0x102000 || len(r.segments) != 3 {
					t.Fatalf("killed at change %d: cursor %+v, %d segments", after, c, len(r.segments))
				}
				if r.report.Lost > 3 && !half { // one is damaged, two are cut off; half of a word may look like more
					t.Fatalf("killed at change %d: %d are reported as lost: %v", after, r.report.Lost, r.events)
				}
				if now := len(filesIn(t, dir)); now > before+2 {
					t.Fatalf("killed at change %d: %d files became %d", after, before, now)
				}
				os.RemoveAll(dir)
				points++
				if ended {
					break
				}
			}
		}
	}
	t.Logf("%d kills", points)
}

func TestFailedCallsOfRecoveryLoseNothing(t *testing.T) {
	count := vfs.Fault{FS: vfs.OS{}}
	dir, _ := crowdedDir(t)
	tryRecover(t, dir, &count)
	cases := 0
	for op, calls := range count.Counts() {
		for n := 1; n <= calls; n++ {
			dir, want := crowdedDir(t)
			f := &vfs.Fault{FS: vfs.OS{}}
			f.Fail(op, n, os.ErrPermission)
			tryRecover(t, dir, f)
			got := recoverTest(t, dir).payloads(t)
			if len(got) != len(want) { // a file that could not be read may have been moved to the quarantine, whole
				got = append(got, quarantinedRecords(t, dir)...)
			}
			if len(got) < len(want) {
				t.Fatalf("%s call %d failed: %d of %d records", op, n, len(got), len(want))
			}
			os.RemoveAll(dir)
			cases++
		}
	}
	t.Logf("%d failed calls", cases)
}

// tryRecover recovers with a file system that fails, and does not mind an error.
func tryRecover(t *testing.T, dir string, fsys vfs.FS) {
	t.Helper()
	o := testOptions(fsys)
	h, err := openHome(dir, o)
	if err != nil {
		return
	}
	_, _ = recoverHome(h, o)
	_ = h.lock.Close()
}

func quarantinedRecords(t *testing.T, dir string) (all []string) {
	t.Helper()
	for _, name := range quarantined(t, dir) {
		base, ok := segmentBase(name)
		if !ok {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, quarantineDir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, scanBytes(b, testID, base)...)
	}
	return all
}
