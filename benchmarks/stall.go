package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"
)

const (
	burst      = 100 // calls, then a pause
	burstPause = time.Millisecond
	closeBound = 3 * time.Second // longest that a Close is waited for
	stallTurns = 3
	leastCalls = 20_000                 // more than any peer's buffer holds
	noProgress = 500 * time.Millisecond // a caller that makes no call for this long after the end is blocked
)

// stalled is what callers saw in one run against a pipe.
type stalled struct {
	took   []time.Duration // sorted
	inside bool            // a call had not returned at the end
	behind int             // records that a destination beside the pipe had not delivered
	close  float64         // seconds until Close returned while nobody read; NaN: not within closeBound
}

// tail is the latency that one call of a thousand exceeds, in µs.
func (s stalled) tail() float64 { return float64(percentile(s.took, .999)) / 1e3 }

// stall logs into a named pipe, first with a reader, then with a pipe that nobody reads.
func (r *run) stall() error {
	ps := r.selected(func(p *peer) bool { return p.toFile != nil && !p.slog })
	good, bad := make([][]stalled, len(ps)), make([][]stalled, len(ps))
	err := turns(stallTurns, len(ps), func(i int) error {
		g, err := r.pipeRun(ps[i], true)
		if err != nil {
			return fmt.Errorf("%s: %w", ps[i].name, err)
		}
		b, err := r.pipeRun(ps[i], false)
		if err != nil {
			return fmt.Errorf("%s: %w", ps[i].name, err)
		}
		good[i], bad[i] = append(good[i], g), append(bad[i], b)
		return nil
	})
	if err != nil {
		return err
	}
	t := &table{Name: "stall", Title: "The caller while the destination stalls (µs)",
		Notes: []string{fmt.Sprintf("A named pipe, %d calls with ten fields each millisecond for %s: first with a reader, then nobody reads. The caller of a logger that blocks makes few calls: its last one took all the time.", burst, r.sizes.stall)},
		Columns: []column{{"read: p50", "%.2f"}, {"p99", "%.1f"}, {"p99.9", "%.1f"}, {"unread: p50", "%.2f"}, {"p99", "%.1f"}, {"p99.9", "%.1f"}, {"max", "%.0f"},
			{"p99.9 to read", "%.2f"}, {"calls", "%.0f"}, {"blocked", "%.0f"}, {"Close s", "%.2f"}}}
	for i, p := range ps {
		ratio := t.addStalled(p.name, good[i], bad[i])
		if p.hydra {
			r.checks = append(r.checks, atMost("caller's p99.9 with a pipe that nobody reads, ratio to the same pipe read", ratio, 2))
			r.checks = append(r.checks, stallChecks(bad[i])...)
		}
	}
	r.add(t)
	return nil
}

// stallChecks are what a pipe that nobody reads must leave as it is.
func stallChecks(runs []stalled) []check {
	behind, slowest := 0, 0.0
	for _, s := range runs {
		behind = max(behind, s.behind)
		if math.IsNaN(s.close) {
			s.close = math.Inf(1)
		}
		slowest = max(slowest, s.close)
	}
	return []check{
		atMost("records that the destination beside the pipe lacks after a second", float64(behind), 0),
		atMost("seconds that Close takes with a close_timeout of 1 s and a pipe that nobody reads", slowest, 2),
	}
}

// addStalled adds a peer's row, from the medians of its runs, and returns the ratio of the tails.
func (t *table) addStalled(name string, good, bad []stalled) float64 {
	of := func(runs []stalled, get func(stalled) float64) float64 {
		v := make([]float64, len(runs))
		for i, s := range runs {
			v[i] = get(s)
		}
		return median(v)
	}
	at := func(runs []stalled, p float64) figure {
		return figure(of(runs, func(s stalled) float64 { return float64(percentile(s.took, p)) / 1e3 }))
	}
	blocked := func(s stalled) float64 {
		if s.inside {
			return 1
		}
		return 0
	}
	ratio := of(bad, stalled.tail) / of(good, stalled.tail)
	t.add(name, at(good, .5), at(good, .99), at(good, .999), at(bad, .5), at(bad, .99), at(bad, .999), at(bad, 1), figure(ratio),
		figure(of(bad, func(s stalled) float64 { return float64(len(s.took)) })), figure(of(bad, blocked)),
		figure(of(bad, func(s stalled) float64 { return s.close })))
	return ratio
}

func (r *run) pipeRun(p *peer, read bool) (stalled, error) {
	dir, remove, err := r.scratch()
	if err != nil {
		return stalled{}, err
	}
	defer remove()
	path := filepath.Join(dir, "app.jsonl")
	if err := makePipe(path); err != nil {
		return stalled{}, err
	}
	// Open for reading and writing does not wait for another end.
	end, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return stalled{}, err
	}
	defer end.Close()
	if read {
		go func() { _, _ = io.Copy(io.Discard, end) }()
	}
	s, err := p.openPipe(path, dir)
	if err != nil {
		return stalled{}, err
	}
	return pipeCalls(s, end, r.sizes.stall), nil
}

// pipeCalls logs for d, tries to close, and then closes the reader's end, which frees whoever is blocked.
func pipeCalls(s *session, end *os.File, d time.Duration) stalled {
	b := &bursts{log: s.fields10, until: time.Now().Add(d), done: make(chan struct{})}
	go b.run()
	for made := int64(-1); ; {
		select {
		case <-b.done:
			out := stalled{took: b.took}
			slices.Sort(out.took)
			if s.hydra != nil {
				out.behind = s.hydra.behind(len(b.took))
			}
			out.close = timedClose(s, end)
			return out
		case <-time.After(d + noProgress):
		}
		if n := b.made.Load(); n != made {
			made = n
			continue
		}
		b.stop.Store(true)
		end.Close()
		<-b.done
		go s.closed()
		slices.Sort(b.took)
		return stalled{took: b.took, inside: true, close: math.NaN()}
	}
}

// bursts makes calls until a time and a number are reached.
type bursts struct {
	log   loop
	until time.Time
	made  atomic.Int64
	stop  atomic.Bool
	took  []time.Duration
	done  chan struct{}
}

func (b *bursts) run() {
	defer close(b.done)
	b.took = make([]time.Duration, 0, 1<<20)
	for time.Now().Before(b.until) || len(b.took) < leastCalls {
		for range burst {
			start := time.Now()
			b.log(len(b.took), 1)
			b.took = append(b.took, time.Since(start))
			b.made.Add(1)
			if b.stop.Load() {
				return
			}
		}
		time.Sleep(burstPause)
	}
}

// timedClose returns the seconds that Close took, NaN if it did not return in time.
func timedClose(s *session, end *os.File) float64 {
	closed := make(chan struct{})
	start := time.Now()
	go func() { _ = s.closed(); close(closed) }()
	select {
	case <-closed:
		return time.Since(start).Seconds()
	case <-time.After(closeBound):
	}
	end.Close()
	select {
	case <-closed:
	case <-time.After(closeBound):
	}
	return math.NaN()
}
