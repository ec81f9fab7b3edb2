package main

import (
	"fmt"
	"slices"
	"time"
)

// latency times single calls, back to back, in one goroutine.
func (r *run) latency() error {
	sh := shapes()[0]
	runners, err := r.open(r.selected(func(p *peer) bool { return p.toNowhere != nil && !p.slog }), sh)
	defer closeAll(runners)
	if err != nil {
		return err
	}
	t := &table{Name: "latency", Title: "Single calls with ten fields, back to back (µs, the clock's 0.05 included)",
		Notes:   []string{fmt.Sprintf("hydra fills %d segments; its longest calls are those that change the segment.", r.sizes.segments)},
		Columns: []column{{"p50", "%.2f"}, {"p99", "%.2f"}, {"p99.9", "%.2f"}, {"p99.99", "%.1f"}, {"max", "%.0f"}, {"over 1 ms, of a million", "%.1f"}}}
	for _, u := range runners {
		if u.s.hydra != nil {
			if err := touchMemory(u.dir, u.n*bytesARecord); err != nil {
				return err
			}
		}
		took := timed(u.l, u.n)
		if err := u.s.drained(); err != nil {
			return err
		}
		slices.Sort(took)
		t.add(u.peer.name, micros(percentile(took, .5)), micros(percentile(took, .99)), micros(percentile(took, .999)),
			micros(percentile(took, .9999)), micros(took[len(took)-1]), figure(overOneMs(took)))
		if h := u.s.hydra; h != nil {
			r.checks = append(r.checks, atMost("ms, p99.9 of a call in one goroutine, waits for a segment included", float64(percentile(took, .999))/1e6, 1))
			h.logged(u.n)
			if _, err := h.missing(); err != nil {
				return err
			}
		}
	}
	r.add(t)
	return nil
}

// timed calls l once for each record and returns how long each call took.
func timed(l loop, n int) []time.Duration {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		l(i, 1)
		took[i] = time.Since(start)
	}
	return took
}

func micros(d time.Duration) figure { return figure(float64(d) / float64(time.Microsecond)) }

// overOneMs is how many of a million calls took longer than a millisecond.
func overOneMs(sorted []time.Duration) float64 {
	i, _ := slices.BinarySearch(sorted, time.Millisecond)
	return float64(len(sorted)-i) * 1e6 / float64(len(sorted))
}
