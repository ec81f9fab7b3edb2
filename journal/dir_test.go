//go:build unix

package journal

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/vfs"
)

const childEnv = "HYDRA_JOURNAL_DIR_CHILD"

// TestChildOfTheDirectoryTests is not a test: it is the other process of those below.
func TestChildOfTheDirectoryTests(t *testing.T) {
	spec := os.Getenv(childEnv)
	if spec == "" {
		return
	}
	role, dir, _ := strings.Cut(spec, ":")
	o := testOptions(vfs.OS{})
	if role == "private" || role == "private-records" {
		o.WhenBusy = BusyPrivateSubdir
	}
	if role == "wait" {
		o.WhenBusy, o.BusyWait = BusyWait, 30*time.Second
		fmt.Println("WAITING")
	}
	h, err := openHome(dir, o)
	if err != nil {
		fmt.Println("ERROR", err)
		return
	}
	if role == "parent" { // a child of its own that lives on
		c := exec.Command("sleep", "60")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		fmt.Println("GRANDCHILD", c.Process.Pid)
	}
	if role == "private-records" {
		if err := writePrivate(h, o); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("READY", h.dir, time.Now().UnixNano())
	time.Sleep(time.Minute)
}

// writePrivate leaves a segment with five records that name their process.
func writePrivate(h *home, o *Options) error {
	r, err := recoverHome(h, o)
	if err != nil {
		return err
	}
	w := writerFor(r.identity.id, r.nextBase, 64<<10)
	for i := range 5 {
		w.add(fmt.Appendf(nil, "12345678 process %d record %d", os.Getpid(), i))
	}
	return os.WriteFile(segmentPath(h.dir, w.base), w.b, 0o600)
}

// child is another process that holds or wants a directory.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startChild(t *testing.T, role, dir string) *child {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestChildOfTheDirectoryTests$")
	c.Env = append(os.Environ(), childEnv+"="+role+":"+dir)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGCONT)
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return &child{c, bufio.NewScanner(out)}
}

// until returns the rest of the next line that begins with word.
func (c *child) until(t *testing.T, word string) string {
	t.Helper()
	for c.lines.Scan() {
		if rest, ok := strings.CutPrefix(c.lines.Text(), word); ok {
			return strings.TrimSpace(rest)
		}
		if strings.HasPrefix(c.lines.Text(), "ERROR") {
			t.Fatal(c.lines.Text())
		}
	}
	t.Fatalf("the child ended without %s", word)
	return ""
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	must(t, c.cmd.Process.Kill())
	_ = c.cmd.Wait() // it was killed
}

func TestSecondProcessIsRefusedWithTheHoldersPID(t *testing.T) {
	dir := stateDir(t)
	c := startChild(t, "hold", dir)
	c.until(t, "READY")
	refused := func() {
		t.Helper()
		begun := time.Now()
		_, err := openHome(dir, testOptions(vfs.OS{}))
		var busy *BusyError
		if !errors.Is(err, ErrBusy) || !errors.As(err, &busy) || busy.PID != c.cmd.Process.Pid || busy.Host == "" || time.Since(busy.Since) > time.Minute {
			t.Fatalf("error %v", err)
		}
		if took := time.Since(begun); took > 50*time.Millisecond {
			t.Errorf("the refusal took %v", took)
		}
	}
	refused()
	must(t, c.cmd.Process.Signal(syscall.SIGSTOP)) // a stopped process holds its directory all the same
	refused()
	must(t, c.cmd.Process.Signal(syscall.SIGCONT))
	c.kill(t)
	h, err := openHome(dir, testOptions(vfs.OS{}))
	must(t, err)
	must(t, h.close())
}

func TestWaiterTakesOverWhenTheHolderDies(t *testing.T) {
	dir := stateDir(t)
	holder := startChild(t, "hold", dir)
	holder.until(t, "READY")
	waiter := startChild(t, "wait", dir)
	waiter.until(t, "WAITING")
	must(t, holder.cmd.Process.Signal(syscall.SIGSTOP))
	o := testOptions(vfs.OS{})
	o.WhenBusy, o.BusyWait = BusyWait, 150*time.Millisecond
	if _, err := openHome(dir, o); !errors.Is(err, ErrBusy) {
		t.Fatalf("a waiter's error is %v", err)
	}
	killed := time.Now().UnixNano()
	holder.kill(t)
	fields := strings.Fields(waiter.until(t, "READY"))
	var at int64
	fmt.Sscan(fields[1], &at)
	if took := time.Duration(at - killed); took > 100*time.Millisecond {
		t.Errorf("it took over after %v", took)
	}
}

func TestSameDirectoryTwiceInOneProcessIsRefused(t *testing.T) {
	dir := stateDir(t)
	h, err := openHome(dir, testOptions(vfs.OS{}))
	must(t, err)
	if _, err := openHome(dir, testOptions(vfs.OS{})); !errors.Is(err, ErrBusy) {
		t.Errorf("error %v", err)
	}
	must(t, h.close())
	h, err = openHome(dir, testOptions(vfs.OS{}))
	must(t, err)
	must(t, h.close())
}

func TestLockEndsWithItsProcessAndNotWithItsChildren(t *testing.T) {
	dir := stateDir(t)
	c := startChild(t, "parent", dir)
	var pid int
	fmt.Sscan(c.until(t, "GRANDCHILD"), &pid)
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	c.until(t, "READY")
	must(t, c.cmd.Process.Kill())
	_, err := c.cmd.Process.Wait()
	must(t, err)
	must(t, syscall.Kill(pid, 0)) // it lives
	h, err := openHome(dir, testOptions(vfs.OS{}))
	must(t, err)
	must(t, h.close())
}

func TestBusyDirectoryGivesAPrivateOneThatGoesWhenItIsEmpty(t *testing.T) {
	dir := stateDir(t)
	o := testOptions(vfs.OS{})
	h, err := openHome(dir, o)
	must(t, err)
	defer h.close()
	o.WhenBusy = BusyPrivateSubdir
	p, err := openHome(dir, o)
	must(t, err)
	if !p.private || filepath.Dir(p.dir) != dir || !strings.HasPrefix(filepath.Base(p.dir), fmt.Sprintf("p-%d-", os.Getpid())) {
		t.Errorf("private directory %s", p.dir)
	}
	fi, err := os.Stat(p.dir)
	if err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}
	_, err = recoverHome(p, o)
	must(t, err)
	must(t, p.close())
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("%s stayed: %v", p.dir, err)
	}
}

func TestDirectoryAndFilesAreForTheirOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b", "state")
	o := testOptions(vfs.OS{})
	h, err := openHome(dir, o)
	must(t, err)
	_, err = recoverHome(h, o)
	must(t, err)
	c, _ := openTestCursor(t, dir, "d")
	must(t, c.store(5))
	must(t, h.close())
	for path, want := range map[string]os.FileMode{"": 0o700, "LOCK": 0o600, "JOURNAL": 0o600, "cur": 0o700, "cur/d.0000000000000009.cur": 0o600} {
		fi, err := os.Stat(filepath.Join(dir, path))
		if err != nil || fi.Mode().Perm() != want {
			t.Errorf("%q: %v, %v", path, fi.Mode(), err)
		}
	}
}

func TestDirectoriesThatOthersControlAreRefused(t *testing.T) {
	base := t.TempDir()
	real := filepath.Join(base, "real")
	must(t, os.Mkdir(real, 0o700))
	link := filepath.Join(base, "link")
	must(t, os.Symlink(real, link))
	open := filepath.Join(base, "open")
	must(t, os.Mkdir(open, 0o700))
	must(t, os.Chmod(open, 0o777))
	file := filepath.Join(base, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	dirs := map[string]string{link: "symbolic link", open: "chmod", file: "not a directory"}
	if os.Getuid() == 0 {
		foreign := filepath.Join(base, "foreign")
		must(t, os.Mkdir(foreign, 0o700))
		must(t, os.Chown(foreign, 65534, 65534))
		dirs[foreign] = "chown"
	}
	for dir, word := range dirs {
		if _, err := openHome(dir, testOptions(vfs.OS{})); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %v", dir, err)
		}
	}
}

func TestSymbolicLinksInTheDirectoryAreNotFollowed(t *testing.T) {
	for _, name := range []string{lockFileName, journalFileTemp} {
		dir := stateDir(t)
		target := filepath.Join(t.TempDir(), "target")
		must(t, os.WriteFile(target, []byte("precious"), 0o600))
		must(t, os.Symlink(target, filepath.Join(dir, name)))
		o := testOptions(vfs.OS{})
		if h, err := openHome(dir, o); err == nil {
			_, _ = recoverHome(h, o)
			must(t, h.close())
		} else if name != lockFileName {
			t.Error(err)
		}
		if b, err := os.ReadFile(target); err != nil || string(b) != "precious" {
			t.Errorf("%s: the target says %q, %v", name, b, err)
		}
	}
}

func TestJournalsOfFiveKilledProcessesAreAdoptedOnce(t *testing.T) {
	dir := stateDir(t)
	holder := startChild(t, "hold", dir)
	holder.until(t, "READY")
	var want []string
	for range 5 {
		c := startChild(t, "private-records", dir)
		c.until(t, "READY")
		for i := range 5 {
			want = append(want, fmt.Sprintf("12345678 process %d record %d", c.cmd.Process.Pid, i))
		}
		c.kill(t)
	}
	live := startChild(t, "private-records", dir)
	live.until(t, "READY")
	holder.kill(t)

	h, o := hold(t, dir)
	adopted, events := adoptDead(h, o)
	var got []string
	for _, r := range adopted {
		got = append(got, r.payloads(t)...)
		if !r.has(EventAdopted) {
			t.Errorf("events %v", r.events)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	equal(t, got, want)
	if len(adopted) != 5 || len(events) != 0 {
		t.Errorf("%d adopted, events %v", len(adopted), events)
	}
	if again, _ := adoptDead(h, o); len(again) != 0 {
		t.Errorf("%d were adopted twice", len(again))
	}
	for _, r := range adopted {
		must(t, r.home.remove())
	}
	left := privateDirs(t, dir)
	if len(left) != 1 || !strings.Contains(left[0], fmt.Sprintf("p-%d-", live.cmd.Process.Pid)) {
		t.Errorf("left %v", left)
	}
}

// swapFS replaces LOCK between its opening and its locking, as a process does that removes a drained directory.
type swapFS struct{ vfs.FS }

type swapFile struct{ vfs.File }

func (s swapFS) OpenFile(name string, flag int, perm os.FileMode) (vfs.File, error) {
	f, err := s.FS.OpenFile(name, flag, perm)
	if err != nil || filepath.Base(name) != lockFileName || flag&os.O_CREATE == 0 {
		return f, err
	}
	return swapFile{f}, nil
}

func (f swapFile) Lock() error {
	if err := f.File.Lock(); err != nil {
		return err
	}
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	return os.WriteFile(f.Name(), []byte("pid=1\ntoken=other\n"), 0o600)
}

func TestLockOnAFileThatWasReplacedIsNone(t *testing.T) {
	if _, err := openHome(stateDir(t), testOptions(swapFS{vfs.OS{}})); err == nil || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("error %v", err)
	}
}
