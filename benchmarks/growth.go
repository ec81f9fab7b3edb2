package main

import (
	"fmt"
	"runtime"

	"github.com/hydra-logger/hydra"
)

const (
	growthRecords  = 300_000 // of a round
	growthRounds   = 3
	growthFastPeer = 2 // how many peers besides Hydra-Logger have fields20: the two fastest
)

// growth shows how the cost grows with fields, goroutines, layers and destinations.
func (r *run) growth() error {
	for _, f := range []func() error{r.growFields, r.growGoroutines, r.growLayers, r.growDestinations} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// fast are Hydra-Logger and the peers that come closest.
func fast(p *peer) bool {
	return p.toNowhere != nil && (p.name == "hydra" || p.name == "phuslu" || p.name == "zerolog")
}

// costsOf opens the fast peers and measures the same calls of all of them, round by round.
func (r *run) costsOf(pick func(*session) loop, g int) ([]cost, error) {
	ps := selectPeers(fast)
	runners := make([]*runner, 0, growthFastPeer+1)
	defer func() { closeAll(runners) }()
	for _, p := range ps {
		u, err := r.startRunner(p.name, pick, func(dir string) (*session, error) { return p.toNowhere(dir) })
		if err != nil {
			return nil, err
		}
		runners = append(runners, u)
	}
	return rounds(runners, g)
}

// startRunner opens a session in a directory of its own.
func (r *run) startRunner(name string, pick func(*session) loop, open func(dir string) (*session, error)) (*runner, error) {
	dir, remove, err := r.scratch()
	if err != nil {
		return nil, err
	}
	s, err := open(dir)
	if err != nil {
		remove()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	u := &runner{peer: &peer{name: name}, dir: dir, s: s, l: pick(s), n: growthRecords, done: remove}
	if s.hydra != nil {
		return u, u.warm(1)
	}
	u.l(0, u.n/8)
	return u, nil
}

func rounds(runners []*runner, g int) ([]cost, error) {
	err := turns(growthRounds, len(runners), func(i int) error { return runners[i].round(g) })
	if err != nil {
		return nil, err
	}
	out := make([]cost, len(runners))
	for i, u := range runners {
		out[i] = medians(u.rounds)
	}
	return out, nil
}

var fastColumns = []column{{"hydra ns", "%.0f"}, {"phuslu ns", "%.0f"}, {"zerolog ns", "%.0f"},
	{"hydra caller's CPU", "%.0f"}, {"phuslu's", "%.0f"}, {"zerolog's", "%.0f"},
	{"hydra CPU-s/M", "%.3f"}, {"phuslu CPU-s/M", "%.3f"}, {"zerolog CPU-s/M", "%.3f"}}

func addFast(t *table, name string, c []cost) {
	t.add(name, figure(c[0].wall), figure(c[1].wall), figure(c[2].wall),
		figure(c[0].caller), figure(c[1].caller), figure(c[2].caller),
		figure(c[0].process/1000), figure(c[1].process/1000), figure(c[2].process/1000))
}

func (r *run) growFields() error {
	t := &table{Name: "growth", Title: "Growth with the number of fields, one goroutine", Columns: fastColumns}
	picks := []struct {
		fields int
		pick   func(*session) loop
	}{
		{0, func(s *session) loop { return s.fields0 }},
		{5, func(s *session) loop { return s.fields5 }},
		{10, ten},
		{20, func(s *session) loop { return s.fields20 }},
	}
	for _, p := range picks {
		c, err := r.costsOf(p.pick, 1)
		if err != nil {
			return err
		}
		addFast(t, fmt.Sprintf("%d fields", p.fields), c)
	}
	r.add(t)
	return nil
}

func (r *run) growGoroutines() error {
	t := &table{Name: "growth", Title: fmt.Sprintf("Growth with the number of goroutines, ten fields, %d cores (wall ns a record)", runtime.NumCPU()), Columns: fastColumns}
	for _, g := range []int{1, 2, 4, 8, 64} {
		c, err := r.costsOf(ten, g)
		if err != nil {
			return err
		}
		addFast(t, fmt.Sprintf("%d goroutines", g), c)
	}
	r.add(t)
	return nil
}

var hydraColumns = []column{{"ns a call", "%.0f"}, {"its CPU ns", "%.0f"}, {"CPU-s per million", "%.3f"}}

func (r *run) growLayers() error {
	t := &table{Name: "growth", Title: "Growth with the number of layers, ten fields, calls in turn to all of them", Columns: hydraColumns}
	for _, n := range []int{1, 4, 16, 64} {
		err := r.growHydra(t, fmt.Sprintf("%d layers", n), func(dir string) (*session, error) { return hydraLayers(dir, n) })
		if err != nil {
			return err
		}
	}
	r.add(t)
	return nil
}

func (r *run) growDestinations() error {
	t := &table{Name: "growth", Title: "Growth with the number of destinations, ten fields, each formats every record", Columns: hydraColumns}
	for _, n := range []int{1, 2, 4, 8} {
		err := r.growHydra(t, fmt.Sprintf("%d destinations", n), func(dir string) (*session, error) { return hydraDestinations(dir, n) })
		if err != nil {
			return err
		}
	}
	r.add(t)
	return nil
}

func (r *run) growHydra(t *table, name string, open func(dir string) (*session, error)) error {
	u, err := r.startRunner(name, ten, open)
	if err != nil {
		return err
	}
	runners := []*runner{u}
	defer closeAll(runners)
	c, err := rounds(runners, 1)
	if err != nil {
		return err
	}
	t.add(name, figure(c[0].wall), figure(c[0].caller), figure(c[0].process/1000))
	return nil
}

// hydraLayers has n layers with one destination in common; blocks of calls go to them in turn.
func hydraLayers(dir string, n int) (*session, error) {
	c := hydraConfig(dir, hydra.Use("all"))
	c.Destinations = map[string]hydra.Destination{"all": null()}
	for i := 1; i < n; i++ {
		c.Layers[fmt.Sprintf("layer-%d", i)] = hydra.Layer{Level: "info", Destinations: []hydra.Destination{hydra.Use("all")}}
	}
	log, err := hydra.New(c)
	if err != nil {
		return nil, err
	}
	loops := []loop{hydraSession(log).fields10}
	for i := 1; i < n; i++ {
		loops = append(loops, hydraSession(log.Layer(fmt.Sprintf("layer-%d", i))).fields10)
	}
	s := hydraSession(log)
	s.fields10 = func(first, n int) {
		for i := range n {
			loops[i%len(loops)](first+i, 1)
		}
	}
	return probed(log, s), nil
}

func hydraDestinations(dir string, n int) (*session, error) {
	var all []hydra.Destination
	for i := range n {
		d := null()
		d.Name = fmt.Sprintf("null-%d", i)
		all = append(all, d)
	}
	return hydraOpen(hydraConfig(dir, all...))
}
