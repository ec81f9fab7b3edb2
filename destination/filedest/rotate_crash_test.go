//go:build unix

package filedest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/crashtest"
)

// crashLimit is the largest file of the crash tests.
const crashLimit = 2000

// crashMain runs the child of a crash test, when this process is one.
func crashMain() { crashtest.Main(map[string]func(*crashtest.Child){"rotating": rotatingChild}) }

// store is what a journal keeps for a destination: how many records are acknowledged, and an intent.
type store struct {
	f     *os.File
	acked uint64
	end   uint64 // behind the batch of the intent
	in    []byte
}

func openStore(path string) (*store, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &store{f: f}
	var b [128]byte
	if n, _ := f.ReadAt(b[:], 0); n == len(b) {
		s.acked, s.end = binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
		s.in = b[17 : 17+b[16]]
	}
	return s, nil
}

func (s *store) save() error {
	var b [128]byte
	binary.LittleEndian.PutUint64(b[:], s.acked)
	binary.LittleEndian.PutUint64(b[8:], s.end)
	b[16] = byte(len(s.in))
	copy(b[17:], s.in)
	_, err := s.f.WriteAt(b[:], 0)
	return err
}

// rotatingChild delivers numbered records until it has delivered as many as it was told, as a worker does. Arguments: directory, number
// of records in all, name of the point at which it kills itself, and how often it passes that before.
func rotatingChild(c *crashtest.Child) {
	dir, point := c.Args[0], c.Args[2]
	target, _ := strconv.ParseUint(c.Args[1], 10, 64)
	passes, _ := strconv.Atoi(c.Args[3])
	s, err := openStore(filepath.Join(dir, "store"))
	if err != nil {
		c.Fail(err)
	}
	d, err := New(Options{Path: filepath.Join(dir, "app.log"), Header: []byte("header\n"), Rotation: &Rotation{MaxSize: crashLimit, Compress: c.Args[4]}})
	if err != nil {
		c.Fail(err)
	}
	die := make(chan struct{}, 1<<20)
	d.rot.point = func(name string) {
		if name != point {
			return
		}
		if die <- struct{}{}; len(die) > passes {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	c.Ready()
	if err := deliverAll(d, s, target, uint64(c.Run)); err != nil {
		c.Fail(err)
	}
	if point != "" && point != "link undone" {
		time.Sleep(time.Second) // the point may be in the background
		return
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		left, _ := filepath.Glob(filepath.Join(dir, "app-*.log"))
		if len(left) == 0 || c.Args[4] == "" {
			break
		}
		if time.Now().After(end) {
			c.Fail("not compressed:", left, d.Trouble())
		}
	}
	if err := d.Close(context.Background()); err != nil {
		c.Fail(err)
	}
}

func deliverAll(d *Driver, s *store, target, seed uint64) error {
	if len(s.in) > 0 && s.end > s.acked {
		delivered, err := d.Recover(s.in)
		if err != nil {
			return fmt.Errorf("Recover: %w", err)
		}
		if delivered {
			s.acked = s.end
		}
		s.in = nil
		if err := s.save(); err != nil {
			return err
		}
	}
	d.Settled()
	rng := rand.New(rand.NewPCG(seed, 1))
	for s.acked < target {
		b := &destination.Batch{Attempt: 1}
		n := s.acked
		for range 1 + rng.IntN(60) {
			n++
			start := len(b.Data)
			b.Data = fmt.Appendf(b.Data, "%d %s\n", n, strings.Repeat("x", rng.IntN(100)))
			if rng.IntN(200) == 0 {
				b.Data = fmt.Appendf(b.Data[:start], "%d %s\n", n, strings.Repeat("y", 2*crashLimit))
			}
			b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data)})
		}
		s.in, s.end = d.Intent(b), n
		if s.in == nil {
			return fmt.Errorf("no intent: %w", d.Trouble())
		}
		if err := s.save(); err != nil {
			return err
		}
		if err := d.Deliver(context.Background(), b); err != nil {
			return err
		}
		if s.acked = n; s.save() != nil {
			return fmt.Errorf("the store can't be written")
		}
	}
	return nil
}

// checkCrash checks that each record up to the acknowledged one is there once, in order, and that limits held.
func checkCrash(t *testing.T, dir string) {
	t.Helper()
	s, err := openStore(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.f.Close()
	next := uint64(1)
	path := filepath.Join(dir, "app.log")
	all := contents(t, path)
	for i, text := range all {
		if text == "" && i == len(all)-1 {
			continue // killed between the making of the file and its header, and nothing was delivered since
		}
		lines := strings.SplitAfter(text, "\n")
		if len(lines) == 0 || lines[0] != "header\n" {
			t.Fatalf("file %d begins with %s", i, brief(text))
		}
		lines = lines[1 : len(lines)-1]
		if len(text) > crashLimit && len(lines) > 1 {
			t.Errorf("file %d has %d bytes, in %d records", i, len(text), len(lines))
		}
		for _, l := range lines {
			number, _, _ := strings.Cut(l, " ")
			if n, err := strconv.ParseUint(number, 10, 64); err != nil || n != next {
				t.Fatalf("file %d: record %s where %d was to come", i, brief(l), next)
			}
			next++
		}
	}
	if next != s.acked+1 {
		t.Errorf("%d records are there, %d were acknowledged", next-1, s.acked)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tmp") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

func TestKilledAtEveryStepOfARotationNothingIsLostOrDoubled(t *testing.T) {
	points := []string{"name chosen", "renamed", "file made", "begin noted", "link noted", "piece written", "archive synced", "archive renamed", "original removed"}
	for _, compress := range []string{"gzip", "zstd", ""} {
		for _, point := range points {
			if compress == "" && slices.Index(points, point) > 5 {
				continue
			}
			t.Run(strings.ReplaceAll(point, " ", "_")+compress, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				for run := range crashtest.Size(1, 20) {
					to := strconv.Itoa(2000 * (run + 1))
					start := func(point string, passes int) *crashtest.Process {
						p := crashtest.Start(t, "rotating", crashtest.Options{Run: run, Goroutines: 1, Args: []string{dir, to, point, strconv.Itoa(passes), compress}})
						_ = p.Wait()
						return p
					}
					if p := start(point, run*3%7); !p.Killed() {
						t.Fatalf("it did not die at %q: %v", point, p.Cmd.ProcessState)
					}
					if p := start("link undone", 0); !p.Killed() && !p.Cmd.ProcessState.Success() {
						t.Fatalf("the run after that: %v", p.Cmd.ProcessState)
					}
					if p := start("", 0); !p.Cmd.ProcessState.Success() {
						t.Fatalf("the last run: %v", p.Cmd.ProcessState)
					}
					checkCrash(t, dir)
				}
			})
		}
	}
}

func TestKilledAtAnyInstantOfRotationNothingIsLostOrDoubled(t *testing.T) {
	dir := t.TempDir()
	kills := crashtest.Size(15, 200)
	for run := range kills {
		p := crashtest.Start(t, "rotating", crashtest.Options{Run: run, Goroutines: 1, Args: []string{dir, "1000000000", "none", "0", "gzip"}})
		time.Sleep(rand.N(60 * time.Millisecond)) // the instant of the kill
		p.Kill()
		if !p.Killed() {
			t.Fatalf("run %d ended by itself: %v", run, p.Cmd.ProcessState)
		}
	}
	if p := crashtest.Start(t, "rotating", crashtest.Options{Run: kills, Goroutines: 1, Args: []string{dir, "1", "", "0", "gzip"}}); p.Wait() != nil {
		t.Fatal(p.Cmd.ProcessState)
	}
	checkCrash(t, dir)
	t.Logf("%d kills, %d archives", kills, len(rotated(t, filepath.Join(dir, "app.log"))))
}
