package main

import (
	"fmt"
	"runtime"
)

// shape is one kind of call.
type shape struct {
	name       string
	title      string
	pick       func(*session) loop
	goroutines int
	limit      float64 // the ratio to the best peer that must hold; 0: none
}

func ten(s *session) loop { return s.fields10 }

func shapes() []shape {
	return []shape{
		{"10 fields", "Ten fields, one goroutine", ten, 1, 0.65},
		{"10 fields, parallel", fmt.Sprintf("Ten fields, %d goroutines at once", runtime.GOMAXPROCS(0)), ten, runtime.GOMAXPROCS(0), 0.85},
		{"5 fields", "Five fields", func(s *session) loop { return s.fields5 }, 1, 0},
		{"0 fields", "No field", func(s *session) loop { return s.fields0 }, 1, 0},
		{"10 bound fields", "Ten bound fields, none at the call", func(s *session) loop { return s.bound10 }, 1, 0},
		{"disabled", "Disabled level, ten fields at the call", func(s *session) loop { return s.disabled }, 1, 0},
	}
}

// bytesARecord is room for what a record of ten fields takes in a journal or a file.
const bytesARecord = 400

// runner is an opened peer with what it is to do.
type runner struct {
	peer   *peer
	dir    string
	s      *session
	l      loop
	n      int
	silent bool // its records are below the level
	rounds []cost
	// missing are Hydra-Logger's records that the ledger does not show as delivered.
	missing uint64
	done    func()
}

func (r *run) caller() error {
	lost := uint64(0)
	for _, sh := range shapes() {
		t, best, missing, err := r.shapeTable("caller", "Caller's cost: "+sh.title, sh, func(p *peer) bool { return p.toNowhere != nil && !p.slog })
		if err != nil {
			return fmt.Errorf("%s: %w", sh.name, err)
		}
		t.Notes = append(t.Notes, callerNote(r, sh)...)
		r.add(t)
		lost += missing
		if sh.limit > 0 {
			r.checks = append(r.checks, atMost("caller's cost, "+sh.name+", ratio to the fastest peer", best, sh.limit))
		}
	}
	r.checks = append(r.checks, atMost("caller's cost, records not delivered", float64(lost), 0))
	return nil
}

func callerNote(r *run, sh shape) []string {
	if sh.name == "disabled" {
		return nil
	}
	return []string{fmt.Sprintf("Peers write JSON to nowhere. hydra: durability process, worker running (JSON lines, counted), %d segments of 16 MiB a round.", r.sizes.segments)}
}

func (r *run) slog() error {
	sh := shape{"10 fields", "Ten fields through log/slog's LogAttrs, one goroutine", ten, 1, 0}
	t, _, _, err := r.shapeTable("slog", sh.title, sh, func(p *peer) bool { return p.slog })
	if err == nil {
		r.add(t)
	}
	return err
}

// shapeTable measures one kind of call for the peers that keep chooses, and
// returns with the table Hydra-Logger's ratio to the fastest peer, and how many records it did not deliver.
func (r *run) shapeTable(name, title string, sh shape, keep func(*peer) bool) (*table, float64, uint64, error) {
	runners, err := r.open(r.selected(keep), sh)
	defer closeAll(runners)
	if err != nil {
		return nil, 0, 0, err
	}
	err = turns(r.sizes.rounds, len(runners), func(i int) error { return runners[i].round(sh.goroutines) })
	if err != nil {
		return nil, 0, 0, err
	}
	t := &table{Name: name, Title: title, Columns: []column{
		{"ns a call", "%.1f"}, {"ratio", "%.2f"}, {"its CPU ns", "%.1f"}, {"CPU ratio", "%.2f"},
		{"CPU-s per million", "%.3f"}, {"allocs", "%.2f"}}}
	bestWall, bestCPU := fastest(runners)
	ratio, missing := none, uint64(0)
	for _, u := range runners {
		c := medians(u.rounds)
		t.add(u.peer.name, figure(c.wall), figure(c.wall/bestWall), figure(c.caller), figure(c.caller/bestCPU),
			figure(c.process/1000), figure(c.allocs))
		if u.peer.hydra {
			ratio, missing = figure(c.wall/bestWall), u.missing
		}
	}
	return t, float64(ratio), missing, nil
}

// fastest returns the lowest medians of the peers: wall time and the caller's processor time.
func fastest(runners []*runner) (wall, caller float64) {
	wall, caller = 1e18, 1e18
	for _, u := range runners {
		if u.peer.hydra {
			continue
		}
		c := medians(u.rounds)
		wall = min(wall, c.wall)
		if c.caller < caller {
			caller = c.caller
		}
	}
	return wall, caller
}

// open opens the peers for a kind of call, warms them up, and settles how many records a round has.
func (r *run) open(ps []*peer, sh shape) ([]*runner, error) {
	var out []*runner
	for _, p := range ps {
		dir, remove, err := r.scratch()
		if err != nil {
			return out, err
		}
		u, err := r.opened(p, sh, dir)
		if err != nil {
			remove()
			return out, fmt.Errorf("%s: %w", p.name, err)
		}
		u.dir, u.done = dir, remove
		out = append(out, u)
	}
	return out, nil
}

func (r *run) opened(p *peer, sh shape, dir string) (*runner, error) {
	s, err := p.toNowhere(dir)
	if err != nil {
		return nil, err
	}
	u := &runner{peer: p, s: s, l: sh.pick(s), silent: sh.name == "disabled"}
	if s.hydra == nil || u.silent {
		u.n = fitting(u.l, r.sizes.slice)
		return u, nil
	}
	perRecord, err := journalBytes(sh.pick, dir)
	if err != nil {
		return u, err
	}
	u.n = int(float64(r.sizes.segments)*segmentSize/perRecord) + 1
	return u, u.warm(sh.goroutines)
}

// warm runs an eighth of a round, so that segments have their size and pages are there, as in a service that runs.
func (u *runner) warm(g int) error {
	parallel(u.l, g, u.n/8)
	u.s.hydra.logged(u.n / 8)
	return u.s.drained()
}

// round measures once. Of Hydra-Logger, the ledger must account for each record.
func (u *runner) round(g int) error {
	if u.s.hydra != nil && !u.silent {
		if err := touchMemory(u.dir, u.n*bytesARecord); err != nil {
			return err
		}
	}
	c, err := measure(u.s, u.l, g, u.n)
	if err != nil {
		return fmt.Errorf("%s: %w", u.peer.name, err)
	}
	u.rounds = append(u.rounds, c)
	if u.s.hydra == nil {
		return nil
	}
	if !u.silent {
		u.s.hydra.logged(u.n)
	}
	u.missing, err = u.s.hydra.missing()
	return err
}

func closeAll(runners []*runner) {
	for _, u := range runners {
		if err := u.s.closed(); err != nil {
			fmt.Printf("closing %s: %v\n", u.peer.name, err)
		}
		u.done()
	}
}
