package hydra_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/internal/leak"
)

// smallDisk mounts a file system of 16 MiB, or skips the test where that is not possible.
func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("a small file system can't be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("the file system is still in use: %v", err)
			_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		}
	})
	return dir
}

// fillUp takes all of a file system but free bytes. The returned function gives the room back.
func fillUp(t *testing.T, dir string, free int64) (release func()) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, int64(st.Bavail)*int64(st.Bsize)-free); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// logTimed logs n records of about 200 bytes and returns the longest time of a call.
func logTimed(log *hydra.Logger, from, n int) (longest time.Duration) {
	pad := padding(120)
	for i := range n {
		start := time.Now()
		log.Log(bg, overflowLevels[(from+i)%4], "record", slog.Int("n", from+i), slog.String("pad", pad))
		longest = max(longest, time.Since(start))
	}
	return longest
}

func fullDiskConfig(logs, state string) hydra.Config {
	return hydra.Config{
		Name: "full", BaseLogDir: logs, Journal: hydra.Journal{Dir: state},
		Layers: map[string]hydra.Layer{"default": {Level: "TRACE", Destinations: []hydra.Destination{{Name: "file", Type: "file", Path: "app.jsonl"}}}},
	}
}

func TestAFullDiskHealsByItself(t *testing.T) {
	leak.Check(t)
	disk := smallDisk(t)
	release := fillUp(t, disk, 512<<10)
	log := hydra.Must(hydra.New(fullDiskConfig(disk, filepath.Join(t.TempDir(), "state")), hydra.WithEvents(func(hydra.Event) {})))
	n := size(20_000, 60_000)
	if longest := logTimed(log, 0, n); longest > bound(50*time.Millisecond) {
		t.Errorf("a call took %v", longest)
	}
	eventually(t, 10*time.Second, "the file is full", func() bool { return destOf(t, log, "file").State == health.StateRetrying })
	d := destOf(t, log, "file")
	if !strings.Contains(d.LastError, "no space left") || d.Ledger.Pending == 0 || d.Ledger.Difference() != 0 {
		t.Errorf("health says %+v", d)
	}
	if r, ok := hasReason(log.Health(), health.CodeDestinationDown); !ok || r.Subject != "file" || log.Health().Status != health.Degraded {
		t.Errorf("health says %v %+v", log.Health().Status, log.Health().Reasons)
	}
	time.Sleep(time.Duration(size(0, 3000)) * time.Millisecond) // the delay between tries grows

	before := destOf(t, log, "file").Ledger.Delivered
	release()
	eventually(t, 2*time.Second, "delivery resumes", func() bool { return destOf(t, log, "file").Ledger.Delivered > before })
	eventually(t, 10*time.Second, "everything is delivered", func() bool { return destOf(t, log, "file").Ledger.Pending == 0 })
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	checkOnce(t, readLines(t, filepath.Join(disk, "app.jsonl")), n)
}

func TestWithLogsAndJournalOnAFullDiskEveryDropIsCountedAndReported(t *testing.T) {
	for name, journal := range map[string]hydra.Journal{
		"default limits": {},
		"no limits":      {Quota: 64 << 20, Reserve: config.NoReserve},
		"written":        {Quota: 64 << 20, Reserve: config.NoReserve, Backend: "write"},
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			disk := smallDisk(t)
			cfg := fullDiskConfig(disk, filepath.Join(disk, "state"))
			dir := cfg.Journal.Dir
			cfg.Journal = journal
			cfg.Journal.Dir = dir
			log := hydra.Must(hydra.New(cfg, hydra.WithEvents(func(hydra.Event) {})))
			fillAndHeal(t, log, disk)
		})
	}
}

// fillAndHeal logs to a file and a journal on a full disk, makes room, and looks for every record.
func fillAndHeal(t *testing.T, log *hydra.Logger, disk string) {
	logTimed(log, 0, 100)
	mustFlush(t, log)
	release := fillUp(t, disk, 4<<20)
	n := size(50_000, 300_000)
	if longest := logTimed(log, 100, n-100); longest > bound(100*time.Millisecond) {
		t.Errorf("a call took %v", longest)
	}
	r := log.Health()
	if _, ok := hasReason(r, health.CodeDropped); !ok || r.Status != health.Unhealthy {
		t.Errorf("the drops are not reported: %v %+v", r.Status, r.Reasons)
	}
	before := destOf(t, log, "file").Ledger.Delivered
	release()
	eventually(t, 5*time.Second, "what is logged is delivered again", func() bool {
		dropped := destOf(t, log, "file").Ledger.DroppedTotal()
		logTimed(log, n, 1)
		n++
		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		err := log.Flush(ctx)
		d := destOf(t, log, "file").Ledger
		return err == nil && d.Delivered > before && d.DroppedTotal() == dropped
	})
	dropped := destOf(t, log, "file").Ledger.DroppedTotal()
	logTimed(log, n, 100)
	n += 100
	if now := destOf(t, log, "file").Ledger.DroppedTotal(); now != dropped {
		t.Errorf("%d records were dropped although there is room", now-dropped)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, log)
	checkDropsOf(t, filepath.Join(disk, "app.jsonl"), n, destOf(t, log, "file").Ledger)
}

// checkDropsOf fails unless the file holds what the ledger says: each record once at most, in order, and what is missing as dropped, by level.
func checkDropsOf(t *testing.T, path string, n int, ledger health.Ledger) {
	t.Helper()
	missing, last := map[string]uint64{}, -1
	miss := func(to int) {
		for i := last + 1; i < to; i++ {
			missing[levelNames[overflowLevels[i%4]]]++
		}
	}
	delivered := uint64(0)
	for _, l := range readLines(t, path) {
		if l.N == nil {
			continue // a notice
		}
		if *l.N <= last {
			t.Fatalf("record %d follows record %d", *l.N, last)
		}
		miss(*l.N)
		last = *l.N
		delivered++
	}
	miss(n)
	counted := map[string]uint64{}
	for _, levels := range ledger.Dropped {
		for level, v := range levels {
			counted[level] += v
		}
	}
	if fmt.Sprint(counted) != fmt.Sprint(missing) || ledger.Delivered != delivered {
		t.Errorf("missing %v, counted %v; in the file %d, delivered %d; by reason %v", missing, counted, delivered, ledger.Delivered, ledger.Dropped)
	}
	if len(missing) == 0 {
		t.Error("nothing was dropped: the test is too small")
	}
	t.Logf("%d of %d delivered, dropped %v", delivered, n, ledger.Dropped)
}

func TestAJournalOnAVolatileFileSystemIsReported(t *testing.T) {
	disk := smallDisk(t)
	log := hydra.Must(hydra.New(quietConfig(filepath.Join(disk, "state"))))
	defer log.Close()
	r, ok := hasReason(log.Health(), health.CodeJournalVolatile)
	if !ok || r.Status != health.Degraded || !strings.Contains(r.Text, "tmpfs") {
		t.Errorf("%+v", log.Health().Reasons)
	}
}
