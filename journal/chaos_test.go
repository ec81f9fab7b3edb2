//go:build linux

package journal

import (
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

	"github.com/hydra-logger/hydra/internal/crashtest"
)

// chaos is up to three processes on one state directory of a small file system, to which everything happens.
type chaos struct {
	t       *testing.T
	b       Backend
	dir     string // of the journal
	out     string // of what was delivered
	ballast string
	rng     *rand.Rand
	runs    int
	live    []*crashtest.Process
	tally   map[string]*crashtest.Tally
	did     map[string]int
	flips   uint64
	harmed  bool // bits are flipped too; without that not one record may be lost
}

func TestNothingIsLostWhateverHappensInWhateverOrder(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		seed := uint64(time.Now().UnixNano())
		mount := tmpfs(t, "24m")
		c := &chaos{t: t, b: b, dir: filepath.Join(mount, "j"), out: t.TempDir(), ballast: filepath.Join(mount, "ballast"),
			rng: rand.New(rand.NewPCG(seed, 1)), tally: map[string]*crashtest.Tally{}, did: map[string]int{}, harmed: seed/1000%2 == 0}
		t.Logf("seed %d, with flipped bits: %v", seed, c.harmed)
		for name := range chaosReaders {
			c.tally[name] = &crashtest.Tally{}
		}
		defer func() {
			for _, p := range c.live {
				p.Kill()
			}
		}()
		for end := time.Now().Add(chaosTime()); time.Now().Before(end); {
			c.act()
			time.Sleep(time.Duration(c.rng.IntN(120)) * time.Millisecond)
		}
		c.finish()
	})
}

// chaosTime is how long it goes on with each backend: 2 s, 9 s with HYDRA_FULL, or as $HYDRA_CHAOS says.
func chaosTime() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("HYDRA_CHAOS")); err == nil {
		return d
	}
	return time.Duration(crashtest.Size(2, 9)) * time.Second
}

// act does one thing to one of them.
func (c *chaos) act() {
	if len(c.live) == 0 {
		c.flip()
		c.start()
		return
	}
	i := c.rng.IntN(len(c.live))
	p := c.live[i]
	switch what := c.rng.IntN(12); {
	case what < 3 && len(c.live) < 3:
		c.start()
	case what < 6:
		c.did["killed"]++
		p.Kill()
		c.gone(i)
	case what == 6:
		c.did["closed"]++
		c.end(i)
	case what == 7:
		c.did["stopped"]++
		_ = p.Cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(time.Duration(c.rng.IntN(50)) * time.Millisecond)
		_ = p.Cmd.Process.Signal(syscall.SIGCONT)
	case what == 8:
		c.did["disk full"]++
		_ = os.WriteFile(c.ballast, make([]byte, 24<<20), 0o600) // as much as there is room for
	case what == 9:
		_ = os.Remove(c.ballast)
	case what == 10:
		c.did["all killed"]++
		for len(c.live) > 0 {
			c.live[0].Kill()
			c.gone(0)
		}
	}
}

func (c *chaos) start(extra ...string) *crashtest.Process {
	c.runs++
	c.did["started"]++
	args := append([]string{c.dir, strconv.Itoa(int(c.b)), c.out}, extra...)
	p := crashtest.Start(c.t, "chaos", crashtest.Options{Run: c.runs, Goroutines: 6, Args: args})
	c.live = append(c.live, p)
	return p
}

// end closes one that is in the middle of its work. It may be so full that closing takes its time.
func (c *chaos) end(i int) {
	p := c.live[i]
	_ = p.Cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(10*time.Second, func() { _ = p.Cmd.Process.Signal(syscall.SIGQUIT) })
	if err := p.Wait(); err != nil {
		c.t.Errorf("run %d: the end of one that closes: %v", p.Run, err)
	}
	late.Stop()
	c.gone(i)
}

// gone counts what one had accepted.
func (c *chaos) gone(i int) {
	p := c.live[i]
	c.live = slices.Delete(c.live, i, i+1)
	if !p.Killed() && p.Cmd.ProcessState.ExitCode() != 0 {
		c.t.Errorf("run %d ended by itself: %v", p.Run, p.Cmd.ProcessState)
	}
	for _, tally := range c.tally {
		tally.Run(p)
	}
}

// flip changes one bit of one segment, while nobody runs. It may cost one record, and no other.
func (c *chaos) flip() {
	names, _ := filepath.Glob(filepath.Join(c.dir, "*.seg"))
	if !c.harmed || len(names) == 0 || c.rng.IntN(2) == 0 {
		return
	}
	name := names[c.rng.IntN(len(names))]
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return
	}
	var b [1]byte
	at := c.rng.Int64N(info.Size())
	if c.rng.IntN(8) == 0 {
		at = c.rng.Int64N(headerPage)
	}
	if _, err := f.ReadAt(b[:], at); err != nil {
		c.t.Fatal(err)
	}
	b[0] ^= 1 << c.rng.IntN(8)
	if _, err := f.WriteAt(b[:], at); err != nil {
		c.t.Fatal(err)
	}
	c.flips++
	c.did["bit flipped"]++
}

// finish delivers what is left, and compares.
func (c *chaos) finish() {
	_ = os.Remove(c.ballast)
	for len(c.live) > 0 {
		c.live[0].Kill()
		c.gone(0)
	}
	p := c.start("drain")
	if err := p.Wait(); err != nil {
		c.t.Errorf("the last start: %v", err)
	}
	c.gone(0)
	c.t.Log(c.did)
	for name, tally := range c.tally {
		for run := 1; run <= c.runs; run++ {
			for i := range 64 {
				c.read(filepath.Join(c.out, fmt.Sprintf("%s-%d-%d", name, run, i)), tally)
			}
		}
		res := tally.Result()
		c.t.Logf("%s: %v", name, res)
		if res.Lost > c.flips || res.Invented > 0 || res.Altered > 0 {
			c.t.Errorf("%s: lost %d, invented %d, altered %d, after %d flipped bits", name, res.Lost, res.Invented, res.Altered, c.flips)
		}
		if kills := c.runs; name == "quick" && res.Duplicates > uint64(128*kills) {
			c.t.Errorf("%s: %d duplicates, at most a batch of 128 for each of %d runs is explained", name, res.Duplicates, kills)
		}
	}
	_ = filepath.WalkDir(c.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "quarantine" {
			return filepath.SkipDir // where flipped bits are shown to people
		}
		if err == nil && (strings.HasSuffix(path, segmentSuffix) || strings.HasSuffix(path, ".tmp") || d.IsDir() && strings.HasPrefix(d.Name(), privatePrefix)) {
			c.t.Errorf("left behind: %s", path)
		}
		return nil
	})
}

// read counts what one destination got. A last record that the kill cut off was not acknowledged.
func (c *chaos) read(path string, tally *crashtest.Tally) {
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		c.t.Fatal(err)
	}
	for len(b) >= 4 {
		n := binary.LittleEndian.Uint32(b)
		if uint32(len(b)-4) < n {
			return
		}
		tally.Deliver(b[4 : 4+n])
		b = b[4+n:]
	}
}
