package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// cost is what one record took, in nanoseconds; allocs in number.
type cost struct {
	wall    float64 // of the loop, over all records: with several goroutines less than one call takes
	caller  float64 // processor time of the calling thread; NaN with several goroutines
	process float64 // processor time of the process, until everything is delivered
	allocs  float64
}

// measure runs l over n records on g goroutines, and waits until they are delivered.
// The garbage of the ones before is collected first.
func measure(s *session, l loop, g, n int) (cost, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := processCPU()
	start := time.Now()
	caller := math.NaN()
	if g == 1 {
		caller = onThread(l, n)
	} else {
		parallel(l, g, n)
	}
	wall := time.Since(start)
	runtime.ReadMemStats(&after)
	if err := s.drained(); err != nil {
		return cost{}, fmt.Errorf("delivery: %w", err)
	}
	cpu = processCPU() - cpu
	per := float64(n)
	return cost{
		wall:    float64(wall) / per,
		caller:  caller / per,
		process: float64(cpu) / per,
		allocs:  float64(after.Mallocs-before.Mallocs) / per,
	}, nil
}

// onThread runs l and returns the processor time of its thread.
func onThread(l loop, n int) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cpu := threadCPU()
	l(0, n)
	return float64(threadCPU() - cpu)
}

func parallel(l loop, g, n int) {
	var wg sync.WaitGroup
	for i := range g {
		from, to := i*n/g, (i+1)*n/g
		wg.Go(func() { l(from, to-from) })
	}
	wg.Wait()
}

// fitting returns how many records take about d, and warms the loop up.
func fitting(l loop, d time.Duration) int {
	for n := 1000; ; n *= 2 {
		start := time.Now()
		l(0, n)
		if took := time.Since(start); took > d/8 {
			return max(1000, int(float64(n)*float64(d)/float64(took)))
		}
	}
}

// median of the values; NaN of none.
func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}

// medians takes the median of each figure over the rounds.
func medians(rounds []cost) cost {
	of := func(get func(cost) float64) float64 {
		v := make([]float64, len(rounds))
		for i, c := range rounds {
			v[i] = get(c)
		}
		return median(v)
	}
	return cost{
		wall:    of(func(c cost) float64 { return c.wall }),
		caller:  of(func(c cost) float64 { return c.caller }),
		process: of(func(c cost) float64 { return c.process }),
		allocs:  of(func(c cost) float64 { return c.allocs }),
	}
}

// percentile returns the value below which the share p of the sorted values lies.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

// turns calls f for every index, round after round, beginning with another one in each.
func turns(rounds, n int, f func(i int) error) error {
	for r := range rounds {
		for k := range n {
			if err := f((k + r) % n); err != nil {
				return err
			}
		}
	}
	return nil
}

// scratch is a directory below the one of the run, removed by the function that is returned.
func (r *run) scratch() (string, func(), error) {
	dir, err := os.MkdirTemp(r.dir, "s-")
	if err != nil {
		return "", nil, err
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// touchMemory writes n bytes to a file below dir and removes it. A virtual machine that returns free
// memory to its host pays for the first write to a page of a file with a fault in the host: measured, 24 ms
// for 16 MiB in place of 2.3 ms. That says nothing about a logger, and hits whoever comes first; so
// the pages are fetched before every round that makes files, of every logger. (Touching
// memory that is no file's does not help: the kernel takes the pages of files from elsewhere.)
func touchMemory(dir string, n int) error {
	f, err := os.CreateTemp(dir, "touch-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	zeros := make([]byte, 256<<10)
	for done := 0; done < n; done += len(zeros) {
		if _, err := f.Write(zeros); err != nil {
			return err
		}
	}
	return nil
}
