//go:build linux

package journal

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hydra-logger/hydra/internal/crashtest"
	"github.com/hydra-logger/hydra/internal/vfs"
)

// powerChildren are the children of the tests that cut the power.
var powerChildren = map[string]func(*crashtest.Child){"power": crashPower, "power drain": crashPowerDrain}

// powerDisk is an ext4 file system whose power can be cut: what was not synced is gone then.
type powerDisk struct {
	t          *testing.T
	image, dir string
}

func newPowerDisk(t *testing.T) *powerDisk {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounts a file system: needs root")
	}
	d := &powerDisk{t: t, image: filepath.Join(t.TempDir(), "image"), dir: t.TempDir()}
	f, err := os.Create(d.image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(128 << 20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("can't make an ext4 file system: %v %s", err, out)
	}
	if err := d.mount(); err != nil {
		t.Skipf("can't mount a loop device: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(d.dir, unix.MNT_DETACH) })
	return d
}

func (d *powerDisk) mount() error {
	return exec.Command("mount", "-o", "loop", d.image, d.dir).Run()
}

// cut is what a power cut is to the file system: EXT4_IOC_SHUTDOWN, without writing its own journal out.
func (d *powerDisk) cut() {
	d.t.Helper()
	const shutdown, withoutFlush = 0x8004587d, 2
	f, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), shutdown, withoutFlush); err != nil {
		d.t.Skipf("this kernel can't shut an ext4 file system down: %v", err)
	}
}

// again mounts a copy of what the device has: the first one may stay in use, where another process has made a mount namespace of its own
// meanwhile, and is gone for good then.
func (d *powerDisk) again() {
	d.t.Helper()
	next := filepath.Join(d.t.TempDir(), "image")
	if out, err := exec.Command("cp", "--sparse=always", d.image, next).CombinedOutput(); err != nil {
		d.t.Fatalf("copy: %v %s", err, out)
	}
	if err := unix.Unmount(d.dir, unix.MNT_DETACH); err != nil {
		d.t.Fatal("unmount:", err)
	}
	_ = os.Remove(d.image)
	d.image = next
	if err := d.mount(); err != nil {
		d.t.Fatal("mount:", err)
	}
}

// crashPower is a child that counts a record as accepted when it is on the device: with "commit" each call waits for that, with
// "interval" the journal syncs by itself and the child watches how far it is.
func crashPower(c *crashtest.Child) {
	backend, _ := strconv.Atoi(c.Args[1])
	o := powerOptions(backend)
	if slices.Contains(c.Args, "interval") {
		o.Durability, o.Interval = DurabilityInterval, 100*time.Millisecond
	}
	j, err := Open(c.Args[0], o)
	if err != nil {
		c.Fail("open:", err)
	}
	r, err := j.NewReader(ReaderOptions{Name: "sink", Hash: 7})
	if err != nil {
		c.Fail("reader:", err)
	}
	out, err := os.OpenFile(filepath.Join(c.Args[2], "delivered-"+strconv.Itoa(c.Run)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		c.Fail(err)
	}
	go deliverUntilItFails(c, r, out)
	returned := make([]atomic.Uint64, c.Goroutines)
	for g := range c.Goroutines {
		go producePower(c, j, g, &returned[g])
	}
	if slices.Contains(c.Args, "interval") {
		go watchDurable(c, j, returned)
	}
	c.Ready()
	select {}
}

func powerOptions(backend int) Options {
	return Options{Backend: Backend(backend), Destinations: map[string]uint64{"sink": 7}, MaxSegment: 1 << 20, Quota: 64 << 20, Reserve: 1}
}

// producePower appends until the device is gone.
func producePower(c *crashtest.Child, j *Journal, g int, returned *atomic.Uint64) {
	rng := rand.New(rand.NewPCG(uint64(c.Run), uint64(g)))
	commit := slices.Contains(c.Args, "commit")
	for n := uint64(1); ; n++ {
		p := crashtest.Record(c.Run, g, n, 32+rng.IntN(3000))
		c.Issue(g, n)
		end, err := j.AppendWait(context.Background(), p, uint16(g), uint8(n%12))
		if err != nil {
			return
		}
		returned.Store(n)
		if !commit {
			time.Sleep(200 * time.Microsecond)
			continue
		}
		if err := j.WaitDurable(context.Background(), end); err != nil {
			return
		}
		c.Accept(g, n)
	}
}

// watchDurable counts what had returned before a position that has been synced since.
func watchDurable(c *crashtest.Child, j *Journal, returned []atomic.Uint64) {
	seen := make([]uint64, len(returned))
	for {
		for g := range returned {
			seen[g] = returned[g].Load()
		}
		for tail := j.Tail(); durable(j) < tail; {
			time.Sleep(time.Millisecond)
		}
		for g, n := range seen {
			c.Accept(g, n)
		}
	}
}

func durable(j *Journal) uint64 {
	j.sync.mu.Lock()
	defer j.sync.mu.Unlock()
	return j.sync.durable
}

// deliverUntilItFails acknowledges, and so moves cursors that may survive what they are about.
func deliverUntilItFails(c *crashtest.Child, r *Reader, out *os.File) {
	var dst [128]Entry
	for {
		n, err := r.Next(dst[:], 256<<10)
		if err != nil {
			return
		}
		if n == 0 {
			if slices.Contains(c.Args, "once") {
				return
			}
			r.Wait(context.Background(), false, -1)
			continue
		}
		var batch []byte
		for _, e := range dst[:n] {
			batch = binary.LittleEndian.AppendUint32(batch, uint32(len(e.Payload)))
			batch = append(batch, e.Payload...)
		}
		if _, err := out.Write(batch); err != nil {
			c.Fail(err)
		}
		if r.Ack(dst[n-1].End) != nil {
			return
		}
		r.Release()
	}
}

// crashPowerDrain is a child that delivers what is left.
func crashPowerDrain(c *crashtest.Child) {
	c.Args = append(c.Args, "once")
	backend, _ := strconv.Atoi(c.Args[1])
	j, err := Open(c.Args[0], powerOptions(backend))
	if err != nil {
		c.Fail("open:", err)
	}
	r, err := j.NewReader(ReaderOptions{Name: "sink", Hash: 7})
	if err != nil {
		c.Fail("reader:", err)
	}
	out, err := os.OpenFile(filepath.Join(c.Args[2], "delivered-"+strconv.Itoa(c.Run)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		c.Fail(err)
	}
	c.Ready()
	deliverUntilItFails(c, r, out)
	if err := j.Close(); err != nil {
		c.Fail("close:", err)
	}
}

func TestAPowerCutLosesNothingThatWasSynced(t *testing.T) {
	for _, level := range []string{"commit", "interval"} {
		t.Run(level, func(t *testing.T) {
			backends(t, func(t *testing.T, b Backend) {
				c := powerCuts(t, b, level, crashtest.Size(3, 13))
				got := c.tally.Result()
				t.Log(got)
				if got.Accepted == 0 || got.Lost > 0 || got.Invented > 0 || got.Altered > 0 {
					t.Error(got)
				}
			})
		})
	}
}

// powerCuts cuts the power of a busy journal so many times, delivers what is left, and counts. Each start finds the journal's id
// as it was: the ids of records depend on it.
func powerCuts(t *testing.T, b Backend, level string, cuts int) *crashRun {
	disk := newPowerDisk(t)
	c := newCrashRun(t, b)
	c.dir = filepath.Join(disk.dir, "journal")
	args := []string{c.dir, strconv.Itoa(int(b)), c.out, level}
	var id [16]byte
	for c.runs = 1; c.runs <= cuts; c.runs++ {
		p := crashtest.Start(t, "power", crashtest.Options{Run: c.runs, Goroutines: 8, Args: args})
		for late := time.Now().Add(30 * time.Second); p.Accepted() == 0 && time.Now().Before(late); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
		disk.cut()
		time.Sleep(50 * time.Millisecond) // it goes on for a while on a device that is gone, and must not say that it synced
		p.Kill()
		c.tally.Run(p)
		disk.again()
		now, err := readIdentity(vfs.OS{}, c.dir)
		if err != nil {
			t.Fatalf("cut %d: %v", c.runs, err)
		}
		if c.runs > 1 && now.id != id {
			t.Errorf("cut %d: the journal has another id", c.runs)
		}
		id = now.id
	}
	p := crashtest.Start(t, "power drain", crashtest.Options{Run: c.runs, Args: args})
	if err := p.Wait(); err != nil {
		t.Errorf("draining: %v", err)
	}
	for run := 1; run <= c.runs; run++ {
		c.read(filepath.Join(c.out, "delivered-"+strconv.Itoa(run)))
	}
	return c
}
