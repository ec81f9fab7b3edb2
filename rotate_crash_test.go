//go:build unix

package hydra_test

import (
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/internal/crashtest"
)

// rotateLimit is the largest file of these tests, in bytes.
const rotateLimit = 64 << 10

// rotatingService logs and rotates every 50 ms until it is killed, or has logged as many records as its arguments say:
// directory, state directory, number of records a goroutine, compression.
func rotatingService(c *crashtest.Child) {
	cfg := rotatingConfig(c.Args[0], "app.jsonl", hydra.Destination{MaxSize: "64KiB", BackupCount: new(int), Compress: "gzip"})
	if c.Args[3] == "none" {
		cfg.Layers["default"].Destinations[0].Compress = "none"
	}
	cfg.Journal.Dir = c.Args[1]
	log, err := hydra.New(cfg)
	if err != nil {
		c.Fail("open:", err)
	}
	stop := make(chan struct{})
	var rotating, logging sync.WaitGroup
	rotating.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				if err := log.Rotate(bg); err != nil {
					c.Fail("rotate:", err)
				}
			}
		}
	})
	limit, _ := strconv.ParseUint(c.Args[2], 10, 64)
	pad := strings.Repeat("x", 200)
	c.Ready()
	for g := range c.Goroutines {
		logging.Go(func() {
			for n := uint64(1); n <= limit; n++ {
				c.Issue(g, n)
				log.Info(bg, "record", slog.Int("run", c.Run), slog.Int("g", g), slog.Uint64("n", n), slog.String("pad", pad))
				c.Accept(g, n)
				if n%50 == 0 {
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	logging.Wait()
	close(stop)
	rotating.Wait()
	if err := log.Close(); err != nil {
		c.Fail("close:", err)
	}
}

// countRotated counts the records of all files. It reads nothing but JSON and gzip.
func countRotated(t *testing.T, dir string, tally *crashtest.Tally) (files int) {
	t.Helper()
	for _, path := range filesOf(t, dir, "app.jsonl") {
		text := readPlain(t, path)
		files++
		lines := 0
		for line := range strings.Lines(text) {
			lines++
			var l struct {
				Message string
				Run, G  int
				N       uint64
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil || !strings.HasSuffix(line, "\n") {
				t.Fatalf("%s: line %d is not whole: %v", path, lines, err)
			}
			if l.Message == "record" {
				tally.Count(l.Run, l.G, l.N)
			}
		}
		if len(text) > rotateLimit && lines > 1 {
			t.Errorf("%s has %d bytes", path, len(text))
		}
	}
	return files
}

func TestKilledWhileItRotatesEachRecordIsInOneFile(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	tally := &crashtest.Tally{}
	kills := size(8, 200)
	for run := range kills {
		p := crashtest.Start(t, "rotating", crashtest.Options{Run: run + 1, Goroutines: 4, Args: []string{dir, state, "1000000000", "gzip"}})
		time.Sleep(rand.N(200 * time.Millisecond)) // the instant of the kill
		p.Kill()
		if !p.Killed() {
			t.Fatalf("run %d ended by itself: %v", run+1, p.Cmd.ProcessState)
		}
		tally.Run(p)
	}
	last := crashtest.Start(t, "rotating", crashtest.Options{Run: kills + 1, Goroutines: 1, Args: []string{dir, state, "100", "gzip"}})
	if err := last.Wait(); err != nil {
		t.Fatal(err)
	}
	tally.Run(last)
	cfg := rotatingConfig(dir, "app.jsonl", hydra.Destination{MaxSize: "64KiB", BackupCount: new(int), Compress: "gzip"})
	cfg.Journal.Dir = state
	log, err := hydra.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	waitCompressed(t, dir, log)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	files := countRotated(t, dir, tally)
	r := tally.Result()
	t.Logf("%v, in %d files", r, files)
	if r.Lost+r.Invented+r.Altered+r.Duplicates > 0 || r.Accepted == 0 {
		t.Error(r)
	}
}

// waitCompressed waits as long as old files become fewer.
func waitCompressed(t *testing.T, dir string, log *hydra.Logger) {
	t.Helper()
	least, since := 1<<30, time.Now()
	for least > 0 {
		left, _ := filepath.Glob(filepath.Join(dir, "app-*.jsonl"))
		if len(left) < least {
			least, since = len(left), time.Now()
		}
		if time.Since(since) > 20*time.Second {
			t.Fatalf("%d files are not compressed, %s for one: %+v", least, left[0], log.Health().Reasons)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestTwoProcessesRotateOneFileAndNoLineIsLostOrTorn(t *testing.T) {
	dir := t.TempDir()
	tally := &crashtest.Tally{}
	records := strconv.Itoa(size(4000, 40000))
	var all []*crashtest.Process
	for run := range 2 {
		all = append(all, crashtest.Start(t, "rotating", crashtest.Options{Run: run + 1, Goroutines: 2,
			Args: []string{dir, filepath.Join(dir, "state"+strconv.Itoa(run)), records, "none"}}))
	}
	for _, p := range all {
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
		tally.Run(p)
	}
	files := countRotated(t, dir, tally)
	r := tally.Result()
	t.Logf("%v, in %d files", r, files)
	if r.Lost+r.Invented+r.Altered+r.Duplicates > 0 || r.Accepted == 0 {
		t.Error(r)
	}
}
