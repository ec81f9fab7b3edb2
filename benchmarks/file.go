package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

// sampled is one of how many calls is timed while a file is written.
const sampled = 16

// written is what one run to a file showed.
type written struct {
	rate    float64 // records a second, from the first call until Close has returned
	lost    int     // records that the file does not hold
	extra   int     // lines too many
	tail    time.Duration
	process float64 // processor ns a record
	calls   float64 // wall ns a record until the last call returned
	sent    int     // bytes on the wire
}

func (r *run) file() error {
	for _, g := range []int{1, 8} {
		if err := r.fileTable(g); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) fileTable(g int) error {
	ps := r.selected(func(p *peer) bool { return p.toFile != nil && !p.slog })
	results := make([][]written, len(ps))
	err := turns(r.sizes.fileTurns, len(ps), func(i int) error {
		w, err := r.write(ps[i], g, r.sizes.records)
		results[i] = append(results[i], w)
		if err != nil {
			return fmt.Errorf("%s: %w", ps[i].name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	t := &table{Name: "file", Title: fmt.Sprintf("To a file until closed, %d goroutines", g),
		Notes: []string{fmt.Sprintf("%d records with ten fields; lost and extra are counted from the file, worst run; the ratio is to the fastest peer that lost none.", r.sizes.records)},
		Columns: []column{{"records/s", "%.0f"}, {"ratio", "%.2f"}, {"lost", "%.0f"}, {"extra", "%.0f"},
			{"call p99.9 µs", "%.1f"}, {"ns a call", "%.0f"}, {"CPU-s per million", "%.3f"}}}
	best := 0.0
	rates := map[string]float64{}
	for i, p := range ps {
		rates[p.name] = median(column1(results[i], func(w written) float64 { return w.rate }))
		if !p.hydra && worst(results[i], func(w written) int { return w.lost }) == 0 {
			best = max(best, rates[p.name])
		}
	}
	for i, p := range ps {
		lost := worst(results[i], func(w written) int { return w.lost })
		extra := worst(results[i], func(w written) int { return w.extra })
		t.add(p.name, figure(rates[p.name]), figure(rates[p.name]/best), figure(lost), figure(extra),
			figure(median(column1(results[i], func(w written) float64 { return float64(w.tail) / 1e3 }))),
			figure(median(column1(results[i], func(w written) float64 { return w.calls }))),
			figure(median(column1(results[i], func(w written) float64 { return w.process / 1e3 }))))
		if p.hydra {
			r.checks = append(r.checks,
				atLeast(fmt.Sprintf("records/s to a file, %d goroutines, ratio to phuslu AsyncWriter", g), rates[p.name]/rates["phuslu AsyncWriter"], 1.1),
				atMost(fmt.Sprintf("records lost or too many in the file, %d goroutines", g), float64(lost+extra), 0))
		}
	}
	r.add(t)
	return nil
}

func column1(ws []written, get func(written) float64) []float64 {
	out := make([]float64, len(ws))
	for i, w := range ws {
		out[i] = get(w)
	}
	return out
}

func worst(ws []written, get func(written) int) int {
	m := 0
	for _, w := range ws {
		m = max(m, get(w))
	}
	return m
}

// write logs n records from g goroutines to a new file, closes, and counts.
func (r *run) write(p *peer, g, n int) (written, error) {
	dir, remove, err := r.scratch()
	if err != nil {
		return written{}, err
	}
	defer remove()
	if err := touchMemory(dir, 2*n*bytesARecord); err != nil {
		return written{}, err
	}
	path := filepath.Join(dir, "app.jsonl")
	s, err := p.toFile(path, dir)
	if err != nil {
		return written{}, err
	}
	runtime.GC()
	cpu, start := processCPU(), time.Now()
	took := logSampled(s.fields10, g, n)
	calls := time.Since(start)
	err = s.closed()
	wall := time.Since(start)
	cpu = processCPU() - cpu
	if err != nil {
		return written{}, err
	}
	t, err := count(p.wrote(path), n)
	slices.Sort(took)
	return written{
		rate: float64(n) / wall.Seconds(), lost: n - t.distinct, extra: t.duplicates + t.invented + t.torn,
		tail: percentile(took, .999), process: float64(cpu) / float64(n), calls: float64(calls) / float64(n),
	}, err
}

// logSampled logs n records from g goroutines and times one call of every sampled.
func logSampled(l loop, g, n int) []time.Duration {
	took := make([][]time.Duration, g)
	var wg sync.WaitGroup
	for i := range g {
		from, to := i*n/g, (i+1)*n/g
		wg.Go(func() {
			mine := make([]time.Duration, 0, (to-from)/sampled+1)
			for k := from; k < to; k += sampled {
				l(k, min(sampled, to-k)-1)
				start := time.Now()
				l(min(k+sampled, to)-1, 1)
				mine = append(mine, time.Since(start))
			}
			took[i] = mine
		})
	}
	wg.Wait()
	return slices.Concat(took...)
}
