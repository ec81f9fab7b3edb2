//go:build linux

package journal

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestAThousandOpensAreCheap(t *testing.T) {
	if raceEnabled {
		t.Skip("measures time")
	}
	dir := t.TempDir()
	o := Options{Destinations: map[string]uint64{"a": 7}}
	const rounds = 300
	start, cpu := time.Now(), cpuTime()
	for i := range uint64(rounds) {
		j := open(t, dir, o)
		r := reader(t, j, "a")
		if _, err := j.Append(payload(i, 100), 1, 1); err != nil {
			t.Fatal(err)
		}
		if n := readAll(t, r, nil); n != 1 {
			t.Fatalf("read %d", n)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	each := (cpuTime() - cpu) / rounds // what other processes take is not ours
	t.Logf("%v of processor time each, %v on the clock", each, time.Since(start)/rounds)
	if each > 3*time.Millisecond {
		t.Errorf("open, append, read, close take %v", each)
	}
	if n := dirBytes(t, dir); n > 16<<10 {
		t.Errorf("%d bytes are left", n)
	}
}

func TestTwoHundredJournalsStaySmall(t *testing.T) {
	root := t.TempDir()
	var all []*Journal
	defer func() {
		for _, j := range all {
			_ = j.Close()
		}
	}()
	for i := range 200 {
		j := open(t, filepath.Join(root, fmt.Sprint(i)), Options{})
		all = append(all, j)
		r := reader(t, j, "a")
		for k := range uint64(20) {
			if _, err := j.Append(payload(k, 200), 1, 1); err != nil {
				t.Fatal(err)
			}
		}
		readAll(t, r, nil)
	}
	n := dirBytes(t, root)
	t.Logf("%d MiB of files, %d MiB mapped", n>>20, mapped.n.Load()>>20)
	if n > 100<<20 || mapped.n.Load() > 64<<20 {
		t.Errorf("%d MiB of files, %d MiB mapped; want at most 100 and 64", n>>20, mapped.n.Load()>>20)
	}
}

func TestIdleJournalGivesBackWhatABurstTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		j := open(t, dir, Options{Backend: BackendWrite})
		r := reader(t, j, "a")
		for i := range uint64(20000) {
			if _, err := j.AppendWait(t.Context(), payload(i, 500), 1, 1); err != nil {
				t.Fatal(err)
			}
			if i%100 == 0 {
				readAll(t, r, nil)
			}
		}
		readAll(t, r, nil)
		synctest.Wait()
		burst := dirBytes(t, dir)
		time.Sleep(shrinkAfter + time.Second)
		synctest.Wait()
		rested := dirBytes(t, dir)
		if burst < 2<<20 || rested > 300<<10 {
			t.Errorf("%d bytes after the burst, %d when idle", burst, rested)
		}
		if _, err := j.Append(payload(1, 100), 1, 1); err != nil {
			t.Fatal(err)
		}
		readAll(t, r, nil)
		time.Sleep(ackedLimit + time.Minute)
		synctest.Wait()
		for _, s := range j.segs {
			if s.claimed() > headerPage {
				t.Errorf("records that were acknowledged an hour ago are still there")
			}
		}
		if d := j.due(); d != 0 {
			t.Errorf("an idle journal has a timer of %v", d)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
}

// memoryGroup makes a control group with a limit, of version 1 or 2, and returns the function that moves a process into it.
func memoryGroup(t *testing.T, limit int64) (enter func(pid int), oomKills func() int) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("makes a control group: needs root")
	}
	root, limitFile, eventFile := "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"
	if _, err := os.Stat(filepath.Join(root, limitFile)); err != nil {
		root, limitFile, eventFile = "/sys/fs/cgroup", "memory.max", "memory.events"
	}
	dir := filepath.Join(root, fmt.Sprintf("hydra-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("can't make a control group:", err)
	}
	t.Cleanup(func() { _ = syscall.Rmdir(dir) })
	if err := os.WriteFile(filepath.Join(dir, limitFile), []byte(fmt.Sprint(limit)), 0o644); err != nil {
		t.Skip("can't limit the memory of a control group:", err)
	}
	enter = func(pid int) {
		if err := os.WriteFile(dir+"/cgroup.procs", []byte(fmt.Sprint(pid)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	oomKills = func() int {
		b, _ := os.ReadFile(filepath.Join(dir, eventFile))
		for line := range bytes.Lines(b) {
			if v, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
				n, _ := strconv.Atoi(string(bytes.TrimSpace(v)))
				return n
			}
		}
		return 0
	}
	return enter, oomKills
}
