//go:build linux

package journal

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/internal/crashtest"
)

func TestBurstOfFiftyTimesTheMemoryIsKept(t *testing.T) {
	if raceEnabled {
		t.Skip("measures memory, of which the race detector takes most")
	}
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
			var p50, p99 string
			if _, err := fmt.Sscanf(string(waits), "p50 %s p99 %s", &p50, &p99); err != nil {
				t.Errorf("%q: %v", waits, err)
			}
			if d, err := time.ParseDuration(strings.TrimSuffix(p99, ",")); err != nil || crashtest.Full() && b == BackendMapped && d > time.Millisecond {
				t.Errorf("p99 of an append is %v, %v", d, err)
			}
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
