//go:build unix

package hydra_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/internal/crashtest"
)

// crashMain runs the child of a crash test and ends the process, when this process is one.
func crashMain() {
	crashtest.Main(map[string]func(*crashtest.Child){"killed": killedService, "drain": drainService, "poisoned": poisonedService, "rotating": rotatingService})
}

// crashConfig has two layers with a file each. Arguments of the child: directory, backend of the journal.
func crashConfig(c *crashtest.Child) hydra.Config {
	return hydra.Config{
		Name: "crash", BaseLogDir: c.Args[0], Journal: hydra.Journal{Backend: config.Backend(c.Args[1])}, SyncLevel: "CRITICAL",
		Layers: map[string]hydra.Layer{
			"api":    {Level: "INFO", Destinations: []hydra.Destination{{Type: "file", Path: "api.jsonl"}}},
			"events": {Level: "INFO", Destinations: []hydra.Destination{{Type: "file", Path: "events.jsonl"}}},
		},
	}
}

// crashLayer is where goroutine g of a child logs.
func crashLayer(g int) string { return trafficLayer(g) }

// killedService logs from all its goroutines, in every way there is, until it is killed.
func killedService(c *crashtest.Child) {
	log, err := hydra.New(crashConfig(c))
	if err != nil {
		c.Fail("open:", err)
	}
	var wg sync.WaitGroup
	for g := range c.Goroutines {
		wg.Go(func() { logUntilKilled(c, log.Layer(crashLayer(g)), g) })
	}
	c.Ready()
	wg.Wait()
}

func logUntilKilled(c *crashtest.Child, log *hydra.Logger, g int) {
	rng := rand.New(rand.NewPCG(uint64(c.Run), uint64(g)))
	pad := strings.Repeat("x", 2000)
	attrs := func(n uint64) []slog.Attr {
		return []slog.Attr{slog.Int("run", c.Run), slog.Int("g", g), slog.Uint64("n", n), slog.String("pad", pad[:rng.IntN(200)])}
	}
	for n := uint64(1); ; n++ {
		switch rng.IntN(50) {
		case 0:
			c.Issue(g, n+2)
			batch := make([]hydra.Record, 3)
			for i := range batch {
				batch[i] = hydra.Record{Level: hydra.LevelInfo, Message: "record", Attrs: attrs(n + uint64(i))}
			}
			log.LogBatch(bg, batch)
			n += 2
		case 1:
			c.Issue(g, n)
			log.Slog().LogAttrs(bg, slog.LevelWarn, "record", attrs(n)...)
		default:
			c.Issue(g, n)
			log.Info(bg, "record", attrs(n)...)
		}
		c.Accept(g, n)
		if n%200 == 0 {
			time.Sleep(5 * time.Millisecond) // many kills, not many bytes
		}
	}
}

// drainService starts, delivers what was left, and ends.
func drainService(c *crashtest.Child) {
	log, err := hydra.New(crashConfig(c))
	if err != nil {
		c.Fail("open:", err)
	}
	c.Ready()
	if err := log.Close(); err != nil {
		c.Fail("close:", err)
	}
}

func TestKilledAtAnyInstantNothingIsLostInventedOrWrittenTwice(t *testing.T) {
	for _, c := range []struct {
		backend string
		kills   int
	}{
		{"mapped", size(6, 100)},
		{"write", size(2, 20)},
	} {
		t.Run(c.backend, func(t *testing.T) {
			dir := t.TempDir()
			tally := &crashtest.Tally{}
			for run := range c.kills {
				p := crashtest.Start(t, "killed", crashtest.Options{Run: run + 1, Goroutines: 32, Args: []string{dir, c.backend}})
				time.Sleep(rand.N(250 * time.Millisecond)) // the instant of the kill
				p.Kill()
				if !p.Killed() {
					t.Fatalf("run %d ended by itself: %v", run+1, p.Cmd.ProcessState)
				}
				tally.Run(p)
			}
			drain := crashtest.Start(t, "drain", crashtest.Options{Run: c.kills + 1, Goroutines: 1, Args: []string{dir, c.backend}})
			if err := drain.Wait(); err != nil {
				t.Fatalf("the last start: %v", err)
			}
			for _, layer := range trafficLayers {
				countCrash(t, filepath.Join(dir, layer+".jsonl"), layer, tally)
			}
			r := tally.Result()
			t.Log(r)
			if r.Lost+r.Invented+r.Altered+r.Duplicates > 0 || r.Accepted == 0 {
				t.Errorf("%v", r)
			}
			checkNothingLeft(t, dir)
		})
	}
}

// countCrash counts the records of a file. It reads nothing but JSON.
func countCrash(t *testing.T, path, layer string, tally *crashtest.Tally) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	last := map[[2]int]uint64{}
	line := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		line++
		var l struct {
			Message, Layer string
			Run, G         int
			N              uint64
		}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s: line %d is not whole: %v: %q", path, line, err, s.Text())
		}
		if l.Message != "record" {
			continue // how the last run ended
		}
		if l.Layer != layer || crashLayer(l.G) != layer {
			t.Errorf("%s: line %d is of layer %s, goroutine %d", path, line, l.Layer, l.G)
		}
		source := [2]int{l.Run, l.G}
		if l.N <= last[source] {
			t.Errorf("%s: line %d: record %s after %d", path, line, fmt.Sprint(source, l.N), last[source])
		}
		last[source] = l.N
		tally.Count(l.Run, l.G, l.N)
	}
}
