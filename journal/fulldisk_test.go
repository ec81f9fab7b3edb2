//go:build linux

package journal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hydra-logger/hydra/internal/crashtest"
)

// loopExt4 mounts an ext4 file system of size bytes that lies in a file.
func loopExt4(t *testing.T, size int64) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounts a file system: needs root")
	}
	image := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, size); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil {
		t.Skipf("can't make an ext4 file system: %v %s", err, out)
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		t.Skipf("can't mount a loop device: %v %s", err, out)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("the file system is still in use: %v", err)
			_ = unix.Unmount(dir, unix.MNT_DETACH)
		}
	})
	return dir
}

func TestProducersOfTenTimesTheDiskWaitAndGoOnWhenThereIsRoom(t *testing.T) {
	for name, mount := range map[string]func() (string, int64){
		"tmpfs": func() (string, int64) { return tmpfs(t, "32m"), 32 << 20 },
		"ext4":  func() (string, int64) { return loopExt4(t, 64<<20), 64 << 20 },
	} {
		t.Run(name, func(t *testing.T) {
			backends(t, func(t *testing.T, b Backend) {
				dir, size := mount()
				produceTenTimes(t, filepath.Join(dir, "j"), b, size*int64(crashtest.Size(2, 10)))
			})
		})
	}
}

// produceTenTimes lets eight goroutines append so many bytes to a disk that holds a part of them, while nobody reads until they
// all wait.
func produceTenTimes(t *testing.T, dir string, b Backend, bytes int64) {
	const goroutines, length = 8, 2000
	each := uint64(bytes / goroutines / length)
	j := open(t, dir, Options{Backend: b, Quota: 1 << 30, Reserve: 1, MaxSegment: 4 << 20})
	r := reader(t, j, "a")
	var accepted atomic.Uint64
	var wg sync.WaitGroup
	for g := range uint64(goroutines) {
		wg.Go(func() {
			for n := range each {
				if _, err := j.AppendWait(t.Context(), payload(g<<32|n, length), 1, 1); err != nil {
					t.Errorf("goroutine %d, record %d: %v", g, n, err)
					return
				}
				accepted.Add(1)
			}
		})
	}
	for last := uint64(0); ; { // until the disk is full and no call returns
		time.Sleep(100 * time.Millisecond)
		n := accepted.Load()
		if n == last && j.Stats().Full == FullDisk {
			break
		}
		last = n
	}
	full, next := accepted.Load(), make([]uint64, goroutines)
	see := func(e Entry) {
		n := number(e.Payload)
		g := n >> 32
		if n&(1<<32-1) != next[g] {
			t.Fatalf("goroutine %d: record %d, want %d", g, n&(1<<32-1), next[g])
		}
		next[g]++
	}
	start, resumed := time.Now(), time.Duration(0)
	got := uint64(0)
	for got < each*goroutines && !t.Failed() {
		got += uint64(readAll(t, r, see))
		if resumed == 0 && accepted.Load() > full {
			resumed = time.Since(start)
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("%d of %d records after a minute: %s", got, each*goroutines, fmt.Sprint(j.Stats()))
		}
	}
	wg.Wait()
	t.Logf("%d records filled the disk, appends went on after %v, %d came out", full, resumed, got)
	limit := 8 * time.Second // the machines of quick runs do other things as well
	if crashtest.Full() && !raceEnabled {
		limit = 2 * time.Second
	}
	if resumed > limit {
		t.Errorf("appends went on after %v", resumed)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
