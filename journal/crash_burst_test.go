//go:build unix

package journal

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
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
