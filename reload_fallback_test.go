package hydra_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/filedest"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/internal/leak"
)

// uncertain is a file that fails while its switch is on.
type uncertain struct {
	*filedest.Driver
	down *atomic.Bool
}

func (u uncertain) Deliver(ctx context.Context, b *destination.Batch) error {
	if u.down.Load() {
		return destination.Retry(errors.New("down for the test"), 0)
	}
	return u.Driver.Deliver(ctx, b)
}

// uncertainType is a type of destination that writes dir/main.jsonl.
func uncertainType(down *atomic.Bool, dir *string) hydra.Option {
	return hydra.WithType("uncertain", func(context.Context, config.ResolvedDestination) (destination.Driver, error) {
		d, err := filedest.New(filedest.Options{Path: filepath.Join(*dir, "main.jsonl")})
		return uncertain{d, down}, err
	})
}

const fallbackHead = reloadHead + "layers: {default: {destinations: [main]}}\ndestinations:\n"

// fallbackVersions are configurations in which a fallback comes, changes, is replaced, gets one itself, and goes.
var fallbackVersions = []string{
	"  main: {type: uncertain, url: 'x:1', format: json-lines, retry_delay: 1ms, fallback: a}\n  a: {type: file, path: a.jsonl}\n",
	"  main: {type: uncertain, url: 'x:1', format: json-lines, retry_delay: 1ms, fallback: a}\n  a: {type: file, path: a.jsonl, buffer_size: 64KiB}\n",
	"  main: {type: uncertain, url: 'x:1', format: json-lines, retry_delay: 1ms, fallback: b}\n  b: {type: file, path: b.jsonl}\n",
	"  main: {type: uncertain, url: 'x:1', format: json-lines, retry_delay: 1ms, fallback: b}\n  b: {type: file, path: b.jsonl, fallback: a}\n  a: {type: file, path: a.jsonl}\n",
	"  main: {type: uncertain, url: 'x:1', format: json-lines, retry_delay: 1ms}\n",
	"  main: {type: uncertain, url: 'x:1', format: json-lines, retry_delay: 2ms, fallback: a}\n  a: {type: file, path: a.jsonl}\n",
}

func TestAFallbackComesAndGoesWithAReload(t *testing.T) {
	leak.Check(t)
	var down atomic.Bool
	var dir string
	log, dir, write := reloadable(t, fallbackHead+fallbackVersions[4], uncertainType(&down, &dir))
	defer log.Close()
	down.Store(true)
	log.Info(t.Context(), "m", slog.Int("g", 0), slog.Int("n", 0))
	write(fallbackHead + fallbackVersions[0])
	mustReload(t, log)
	mustFlush(t, log) // by the fallback
	if lines := linesOf(t, dir, "a.jsonl", "m"); len(lines) != 1 {
		t.Errorf("%d lines in the fallback that was added", len(lines))
	}
	write(fallbackHead + fallbackVersions[2])
	mustReload(t, log)
	log.Info(t.Context(), "m", slog.Int("g", 0), slog.Int("n", 1))
	mustFlush(t, log)
	if lines := linesOf(t, dir, "b.jsonl", "m"); len(lines) != 1 {
		t.Errorf("%d lines in the fallback that took its place", len(lines))
	}
	if _, ok := hasReason(log.Health(), health.CodeFallback); !ok {
		t.Error("health does not say that a fallback is in use")
	}
	write(fallbackHead + fallbackVersions[4])
	mustReload(t, log)
	log.Info(t.Context(), "m", slog.Int("g", 0), slog.Int("n", 2))
	down.Store(false)
	mustFlush(t, log)
	if lines := linesOf(t, dir, "main.jsonl", "m"); len(lines) != 1 || *lines[0].N != 2 {
		t.Errorf("%d lines in the destination itself", len(lines))
	}
	checkBalance(t, log)
	write(fallbackHead + strings.Replace(fallbackVersions[3], "fallback: a", "fallback: main", 1))
	if err := log.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "itself") {
		t.Errorf("a circle of fallbacks: %v", err)
	}
}

func TestFallbacksThatComeAndGoUnderLoadLoseNothing(t *testing.T) {
	leak.Check(t)
	var down atomic.Bool
	var dir string
	log, dir, write := reloadable(t, fallbackHead+fallbackVersions[0], uncertainType(&down, &dir))
	const callers = 4
	var stop atomic.Bool
	var counts [callers]int
	var wg sync.WaitGroup
	for g := range callers {
		wg.Go(func() {
			for ; !stop.Load(); counts[g]++ {
				log.Info(context.Background(), "m", slog.Int("g", g), slog.Int("n", counts[g]))
				if counts[g]%32 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	n := size(30, 100)
	for i := 1; i <= n; i++ {
		down.Store(i%3 != 0)
		write(fallbackHead + fallbackVersions[i%len(fallbackVersions)])
		mustReload(t, log)
	}
	down.Store(false)
	stop.Store(true)
	wg.Wait()
	mustFlush(t, log)
	checkBalance(t, log)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	var seen [callers]map[int]int
	total := 0
	for _, file := range []string{"main.jsonl", "a.jsonl", "b.jsonl"} {
		if gone(filepath.Join(dir, file)) {
			continue // it had no turn
		}
		for _, l := range linesOf(t, dir, file, "m") {
			if seen[*l.G] == nil {
				seen[*l.G] = map[int]int{}
			}
			seen[*l.G][*l.N]++
			total++
		}
	}
	for g := range callers {
		for k := range counts[g] {
			if seen[g][k] != 1 {
				t.Fatalf("record %d of goroutine %d is there %d times", k, g, seen[g][k])
			}
		}
	}
	t.Logf("%d reloads, %d records", n, total)
}
