//go:build unix

package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/crashtest"
)

func TestMain(m *testing.M) {
	children := map[string]func(*crashtest.Child){"producers": crashProducers, "drain": crashDrain, "burst": crashBurst, "chaos": crashChaos}
	maps.Copy(children, powerChildren)
	crashtest.Main(children)
	os.Exit(m.Run())
}

// crashProducers is a child that appends from many goroutines, reads, writes what it read to a file of its
// own, and acknowledges. Arguments: directory, backend, directory of the delivered files, options.
func crashProducers(c *crashtest.Child) {
	j, r, out := crashOpen(c)
	var wg sync.WaitGroup
	for g := range c.Goroutines {
		wg.Go(func() { produce(c, j, g) })
	}
	if !slices.Contains(c.Args, "behind") {
		go deliver(c, r, out)
	}
	c.Ready()
	wg.Wait()
	c.Fail("the producers ended")
}

func crashOpen(c *crashtest.Child) (*Journal, *Reader, *os.File) {
	backend, _ := strconv.Atoi(c.Args[1])
	o := Options{Backend: Backend(backend), Destinations: map[string]uint64{"sink": 7}, MaxSegment: 1 << 20, Quota: 1 << 30,
		OnEvent: func(e Event) { fmt.Fprintf(os.Stderr, "run %d: %+v\n", c.Run, e) }}
	if slices.Contains(c.Args, "behind") {
		o.MappedLimit = 1 << 20 // segments lose their memory before they are read
	}
	if slices.Contains(c.Args, "interval") {
		o.Durability, o.Interval = DurabilityInterval, 20*time.Millisecond
	}
	j, err := Open(c.Args[0], o)
	if err != nil {
		c.Fail("open:", err)
	}
	r, err := j.NewReader(ReaderOptions{Name: "sink", Hash: 7})
	if err != nil {
		c.Fail("reader:", err)
	}
	out, err := os.OpenFile(filepath.Join(c.Args[2], fmt.Sprintf("delivered-%d", c.Run)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		c.Fail(err)
	}
	return j, r, out
}

func produce(c *crashtest.Child, j *Journal, g int) {
	rng := rand.New(rand.NewPCG(uint64(c.Run), uint64(g)))
	buf := make([]byte, 300<<10)
	for n := uint64(1); ; n++ {
		size := 32 + rng.IntN(400)
		switch rng.IntN(2000) {
		case 0:
			size = 20<<10 + rng.IntN(40<<10)
		case 1:
			if g == 0 {
				size = 280 << 10 // a segment of its own
			}
		}
		p := buf[:size]
		crashtest.Fill(p, c.Run, g, n)
		c.Issue(g, n)
		for {
			_, err := j.Append(p, uint16(g), uint8(n%12))
			if err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		c.Accept(g, n)
		if n%64 == 0 {
			time.Sleep(200 * time.Microsecond) // many kills, not many bytes
		}
	}
}

// deliver writes batches of whole records, each with one write, and acknowledges them.
func deliver(c *crashtest.Child, r *Reader, out *os.File) (records int) {
	var dst [128]Entry
	var batch []byte
	for {
		n, err := r.Next(dst[:], 256<<10)
		if err != nil {
			return records
		}
		if n == 0 {
			if c.Args[len(c.Args)-1] == "once" {
				return records
			}
			r.Wait(context.Background(), false, -1)
			continue
		}
		batch = batch[:0]
		for _, e := range dst[:n] {
			batch = binary.LittleEndian.AppendUint32(batch, uint32(len(e.Payload)))
			batch = append(batch, e.Payload...)
		}
		if _, err := out.Write(batch); err != nil {
			c.Fail(err)
		}
		if err := r.Ack(dst[n-1].End); err != nil {
			c.Fail("ack:", err)
		}
		r.Release()
		records += n
	}
}

// crashDrain is a child that delivers what is left, and closes.
func crashDrain(c *crashtest.Child) {
	c.Args = append(c.Args, "once")
	j, r, out := crashOpen(c)
	c.Ready()
	deliver(c, r, out)
	if lost, bytes := r.Skipped(); lost > 0 {
		c.Fail("skipped", lost, "records,", bytes, "bytes")
	}
	if n, _, _ := r.Pending(); n > 0 {
		c.Fail("pending", n)
	}
	if err := j.Close(); err != nil {
		c.Fail("close:", err)
	}
}

// crashRun is a series of kills of one state directory.
type crashRun struct {
	t       *testing.T
	dir     string
	out     string
	backend Backend
	binary  string
	tally   crashtest.Tally
	runs    int
	extra   []string
}

func newCrashRun(t *testing.T, b Backend) *crashRun {
	return &crashRun{t: t, dir: filepath.Join(t.TempDir(), "journal"), out: t.TempDir(), backend: b}
}

func (c *crashRun) start(goroutines int, env ...string) *crashtest.Process {
	c.runs++
	args := append([]string{c.dir, strconv.Itoa(int(c.backend)), c.out}, c.extra...)
	return crashtest.Start(c.t, "producers", crashtest.Options{Run: c.runs, Goroutines: goroutines, Args: args, Env: env, Binary: c.binary})
}

// finish delivers the rest in one more child, and compares.
func (c *crashRun) finish() crashtest.Result {
	c.t.Helper()
	c.runs++
	p := crashtest.Start(c.t, "drain", crashtest.Options{Run: c.runs, Args: []string{c.dir, strconv.Itoa(int(c.backend)), c.out}, Binary: c.binary})
	if err := p.Wait(); err != nil {
		c.t.Errorf("draining: %v", err)
	}
	for run := 1; run <= c.runs; run++ {
		c.read(filepath.Join(c.out, fmt.Sprintf("delivered-%d", run)))
	}
	left, _ := filepath.Glob(filepath.Join(c.dir, "*.seg"))
	if len(left) > 0 {
		c.t.Errorf("segments left after a close with nothing pending: %v", left)
	}
	return c.tally.Result()
}

// read counts what a run delivered. A last record that the kill cut off was not acknowledged.
func (c *crashRun) read(path string) {
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		c.t.Fatal(err)
	}
	for len(b) >= 4 {
		n := binary.LittleEndian.Uint32(b)
		if uint32(len(b)-4) < n {
			return
		}
		c.tally.Deliver(b[4 : 4+n])
		b = b[4+n:]
	}
}

func (c *crashRun) check(res crashtest.Result, duplicatesPerKill uint64) {
	c.t.Helper()
	c.t.Log(res)
	if res.Lost > 0 || res.Invented > 0 || res.Altered > 0 {
		c.t.Errorf("lost %d, invented %d, altered %d; want none", res.Lost, res.Invented, res.Altered)
	}
	if res.Duplicates > duplicatesPerKill*uint64(c.runs) {
		c.t.Errorf("%d duplicates, at most a batch of %d for each of %d kills is explained", res.Duplicates, duplicatesPerKill, c.runs)
	}
}

func TestNothingIsLostByKillsAtRandom(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		c := newCrashRun(t, b)
		for i := range crashtest.Size(6, 200) {
			if i%3 == 2 {
				c.extra = []string{"interval"}
			} else {
				c.extra = nil
			}
			p := c.start(32)
			time.Sleep(time.Duration(3+rand.IntN(crashtest.Size(150, 500))) * time.Millisecond)
			p.Kill()
			c.tally.Run(p)
		}
		c.check(c.finish(), 128)
	})
}

var failBinary struct {
	once sync.Once
	path string
	err  error
}

// withFailpoints builds the test binary with failpoints.
func withFailpoints(t *testing.T) string {
	if testing.Short() {
		t.Skip("builds a binary")
	}
	failBinary.once.Do(func() {
		dir, err := os.MkdirTemp("", "hydrafail")
		if err != nil {
			failBinary.err = err
			return
		}
		failBinary.path = filepath.Join(dir, "journal.test")
		out, err := exec.Command("go", "test", "-c", "-tags", "hydrafail", "-o", failBinary.path, ".").CombinedOutput()
		if err != nil {
			failBinary.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if failBinary.err != nil {
		t.Fatal(failBinary.err)
	}
	return failBinary.path
}

// killAt runs kills at one place, each after a random number of passes.
func killAt(t *testing.T, b Backend, place, times, passes int) {
	c := newCrashRun(t, b)
	c.binary = withFailpoints(t)
	if place == failSealed || place == failUnmapped {
		c.extra = []string{"behind"}
	}
	killed := 0
	for range times {
		p := c.start(8, fmt.Sprintf("HYDRA_FAIL=%d:%d", place, 1+rand.IntN(passes)))
		done := make(chan struct{})
		go func() { _ = p.Wait(); close(done) }()
		select {
		case <-done:
			killed++
		case <-time.After(10 * time.Second):
			_ = p.Cmd.Process.Kill()
			<-done
			t.Errorf("place %d was not passed %d times", place, passes)
		}
		c.tally.Run(p)
	}
	c.check(c.finish(), 128)
}

func TestNothingIsLostByKillsInsideTheWindow(t *testing.T) {
	places := map[string]int{"after the claim": failAfterClaim, "after the mark": failAfterMark,
		"in the middle of the copy": failHalfCopy, "before the commit": failBeforeCommit}
	for name, place := range places {
		t.Run(name, func(t *testing.T) { killAt(t, BackendMapped, place, crashtest.Size(2, 50), 3000) })
	}
	t.Run("write", func(t *testing.T) { killAt(t, BackendWrite, failBeforeCommit, crashtest.Size(2, 50), 3000) })
}

func TestNothingIsLostByKillsDuringRotationAndDeletion(t *testing.T) {
	places := map[string]int{"spare created": failSpareCreated, "header written": failHeaderWritten, "spare renamed": failSpareRenamed,
		"published": failPublished, "cursor written": failCursorSynced, "segment removed": failSegmentRemoved, "recycled": failRecycled,
		"seal written": failSealed, "unmapped": failUnmapped}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			backends(t, func(t *testing.T, b Backend) {
				if place == failRecycled && b == BackendWrite {
					t.Skip("written segments are not used again")
				}
				killAt(t, b, place, crashtest.Size(1, 20), 4)
			})
		})
	}
}
