package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
)

// chainOf is a configuration of processors to measure.
type chainOf struct {
	name       string
	extensions config.Extensions
	monitoring bool
	goroutines int
}

func extension(kind string, settings map[string]any) config.Extension {
	return config.Extension{Name: kind, Type: kind, Enabled: config.Bool(true), Settings: settings}
}

func chains() []chainOf {
	enrich := extension("enrich", nil)
	sampling := extension("sampling", map[string]any{"first": 1, "thereafter": 1}) // looks at all, keeps all
	limit := extension("rate_limit", map[string]any{"rate": 1e9, "burst": 1000})
	dedupe := extension("dedupe", nil) // seq differs: none repeats
	dedupeBy := extension("dedupe", map[string]any{"by": []any{"message", "attr.seq"}})
	all := config.Extensions{enrich, sampling}
	return []chainOf{
		{"none", nil, false, 1},
		{"monitoring, every 100th", nil, true, 1},
		{"enrich (static)", config.Extensions{enrich}, false, 1},
		{"sampling", config.Extensions{sampling}, false, 1},
		{"enrich and sampling", all, false, 1},
		{"rate_limit", config.Extensions{limit}, false, 1},
		{"dedupe, all different", config.Extensions{dedupe}, false, 1},
		{"dedupe by an attribute, all different", config.Extensions{dedupeBy}, false, 1},
		{"enrich and sampling, parallel", all, false, runtime.GOMAXPROCS(0)},
		{"none, parallel", nil, false, runtime.GOMAXPROCS(0)},
	}
}

// processors compares the caller's cost with chains of processors to that without, all in the same rounds.
func (r *run) processors() error {
	t := &table{Name: "processors", Title: "Ten fields with processors, one goroutine unless it says parallel",
		Columns: []column{{"ns a call", "%.0f"}, {"ratio", "%.2f"}, {"its CPU ns", "%.0f"}, {"CPU-s per million", "%.3f"}, {"allocs", "%.2f"}},
		Notes:   []string{"Each record is kept: what is measured is the looking. Static enrichment adds its attributes to each record."}}
	list := chains()
	var runners []*runner
	defer func() { closeAll(runners) }()
	for _, c := range list {
		u, err := r.startRunner(c.name, ten, func(dir string) (*session, error) { return hydraChain(dir, c) })
		if err != nil {
			return err
		}
		runners = append(runners, u)
	}
	err := turns(max(growthRounds, r.sizes.rounds), len(runners), func(i int) error { return runners[i].round(list[i].goroutines) })
	if err != nil {
		return err
	}
	base := medians(runners[0].rounds)
	for _, u := range runners {
		c := medians(u.rounds)
		t.add(u.peer.name, figure(c.wall), figure(c.wall/base.wall), figure(c.caller), figure(c.process/1000), figure(c.allocs))
	}
	r.add(t)
	return r.flooded()
}

func hydraChain(dir string, c chainOf) (*session, error) {
	cfg := hydraConfig(dir, null())
	cfg.Extensions, cfg.EnablePerformanceMonitoring = c.extensions, c.monitoring
	return hydraOpen(cfg)
}

// flooded floods a logger with one record and looks at what dedupe makes of it.
func (r *run) flooded() error {
	dir, remove, err := r.scratch()
	if err != nil {
		return err
	}
	defer remove()
	cfg := hydraConfig(dir, null())
	cfg.Extensions = config.Extensions{extension("dedupe", map[string]any{"window": "10s"})}
	log, err := hydra.New(cfg)
	if err != nil {
		return err
	}
	l := hydraSession(log).fields0
	const records = 4_000_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	parallel(l, runtime.GOMAXPROCS(0), records)
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err := log.Close(); err != nil {
		return err
	}
	led := log.Health().Destinations[0].Ledger
	t := &table{Name: "processors", Title: fmt.Sprintf("%d identical records with dedupe, %d goroutines", records, runtime.GOMAXPROCS(0)),
		Columns: []column{{"million a second", "%.2f"}, {"delivered", "%.0f"}, {"deduplicated", "%.0f"}, {"heap grew by, KiB", "%.0f"}}}
	grown := (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / 1024
	rate := records / took.Seconds() / 1e6
	t.add("dedupe", figure(rate), figure(led.Delivered), figure(led.Dropped["deduplicated"].Total()), figure(grown))
	r.add(t)
	r.checks = append(r.checks, atLeast("identical records with dedupe, million a second", rate, 1),
		atMost("identical records with dedupe, ledger is off by", float64(led.Difference()), 0))
	return nil
}
