//go:build linux

package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/crashtest"
)

// crashBurst is a child that appends a burst while its destination is down. Arguments: directory, backend,
// directory of the results, name of the control group to wait for, records a goroutine.
func crashBurst(c *crashtest.Child) {
	c.Ready()
	for {
		b, err := os.ReadFile("/proc/self/cgroup")
		if err != nil {
			c.Fail(err)
		}
		if strings.Contains(string(b), c.Args[3]) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	backend, _ := strconv.Atoi(c.Args[1])
	each, _ := strconv.ParseUint(c.Args[4], 10, 64)
	j, err := Open(c.Args[0], Options{Backend: Backend(backend), Destinations: map[string]uint64{"sink": 7}, MappedLimit: 16 << 20, Quota: 4 << 30})
	if err != nil {
		c.Fail("open:", err)
	}
	if _, err := j.NewReader(ReaderOptions{Name: "sink", Hash: 7}); err != nil {
		c.Fail("reader:", err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var waits []time.Duration
	for g := range c.Goroutines {
		wg.Go(func() {
			p := make([]byte, 1000)
			mine := make([]time.Duration, 0, each)
			for n := uint64(1); n <= each; n++ {
				crashtest.Fill(p, c.Run, g, n)
				c.Issue(g, n)
				start := time.Now()
				if _, err := j.AppendWait(context.Background(), p, 1, 1); err != nil {
					c.Fail("append:", err)
				}
				mine = append(mine, time.Since(start))
				c.Accept(g, n)
			}
			mu.Lock()
			waits = append(waits, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	slices.Sort(waits)
	text := fmt.Sprintf("p50 %v, p99 %v, p99.9 %v, max %v; %d segments unmapped", waits[len(waits)/2], waits[len(waits)*99/100],
		waits[len(waits)*999/1000], waits[len(waits)-1], j.Stats().Unmapped)
	if err := os.WriteFile(filepath.Join(c.Args[2], "waits"), []byte(text), 0o600); err != nil {
		c.Fail(err)
	}
	os.Exit(0) // without Close: what was accepted is there all the same
}

func TestBurstOfFiftyTimesTheMemoryIsKept(t *testing.T) {
	backends(t, func(t *testing.T, b Backend) {
		const budget = 16 << 20
		enter, oomKills := memoryGroup(t, budget+64<<20)
		burst := crashtest.Size(160, 800) << 20
		const goroutines = 4
		c := newCrashRun(t, b)
		c.runs++
		group := "hydra-test-" + strconv.Itoa(os.Getpid())
		p := crashtest.Start(t, "burst", crashtest.Options{Run: c.runs, Goroutines: goroutines,
			Args: []string{c.dir, strconv.Itoa(int(b)), c.out, group, strconv.Itoa(burst / 1000 / goroutines)}})
		enter(p.Cmd.Process.Pid)
		if err := p.Wait(); err != nil {
			t.Errorf("the burst: %v", err)
		}
		if n := oomKills(); n > 0 {
			t.Errorf("%d OOM kills", n)
		}
		c.tally.Run(p)
		if waits, err := os.ReadFile(filepath.Join(c.out, "waits")); err == nil {
			t.Logf("%s", waits)
		}
		c.check(c.finish(), 0)
		c.inOrder(filepath.Join(c.out, fmt.Sprintf("delivered-%d", c.runs)), goroutines)
	})
}

// inOrder checks that the records of each goroutine came out in their order.
func (c *crashRun) inOrder(path string, goroutines int) {
	c.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	last := make([]uint64, goroutines)
	for len(b) >= 4 {
		n := binary.LittleEndian.Uint32(b)
		_, g, number, ok := crashtest.Parse(b[4 : 4+n])
		if !ok || number != last[g]+1 {
			c.t.Fatalf("goroutine %d: record %d came after %d", g, number, last[g])
		}
		last[g] = number
		b = b[4+n:]
	}
}
