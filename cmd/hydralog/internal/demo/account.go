package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo/count"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/viewer"
)

// row is one line of the table at the end.
type row struct {
	service, name string
	count.Result
	dropped, pending uint64
}

// lost is what was accepted and is neither there, nor pending, nor dropped by a policy.
func (r *row) lost() int { return max(r.Lost-int(r.dropped+r.pending), 0) }

// account counts, prints the table and the story of one order, and returns [ErrLost] if anything is missing.
func (d *demo) account() error {
	var table []row
	lost, invented := 0, 0
	for _, s := range services {
		ledgers, err := readHealth(d.path(healthName(s.name)))
		if err != nil {
			return err
		}
		all := d.calls[s.name].read()
		for dest := range destinations {
			r := row{service: s.name, name: destNames[dest]}
			want := expected(all, d.cut[s.name], dest)
			if _, err := os.Stat(d.target(s.name, dest)); os.IsNotExist(err) && len(want) == 0 {
				continue // the service has nothing for it
			}
			if r.Result, err = count.Compare(d.target(s.name, dest), want); err != nil {
				return err
			}
			if l := find(ledgers, r.name); l != nil {
				r.dropped, r.pending = l.DroppedTotal(), l.Pending
			}
			lost, invented = lost+r.lost(), invented+r.Invented
			table = append(table, r)
		}
	}
	d.table(table)
	if err := d.story(); err != nil {
		return err
	}
	d.conclude(lost)
	switch {
	case lost > 0:
		return ErrLost
	case invented > 0:
		return errors.New("there are records that nobody logged")
	case d.clients.refused.Load() > 0:
		return fmt.Errorf("the gateway refused %d orders", d.clients.refused.Load())
	}
	return nil
}

func readHealth(path string) (*health.Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &health.Report{}
	return r, json.Unmarshal(text, r)
}

// find returns the ledger of a destination by its name or the file it writes.
func find(r *health.Report, name string) *health.Ledger {
	for i := range r.Destinations {
		if d := &r.Destinations[i]; d.Name == name || filepath.Base(d.Target) == name {
			return &d.Ledger
		}
	}
	return nil
}

// story prints what the files of all services say of one order.
func (d *demo) story() error {
	id, err := d.interesting()
	if err != nil {
		return err
	}
	files, err := viewer.Files([]string{d.path(logsName)})
	if err != nil {
		return err
	}
	s := viewer.NewStory(id, viewer.Options{})
	for _, name := range files {
		if err := s.File(name); err != nil {
			return err
		}
	}
	if len(s.Services()) < len(services) {
		return fmt.Errorf("the story of %s names %d services of %d", id, len(s.Services()), len(services))
	}
	d.Screen.Print("  %s", d.Screen.Style("1", "hydralog trace "+id+" "+logsName))
	d.Screen.Print("")
	return s.WriteText(indented{d.Screen.Writer()}, viewer.Style{Color: d.Screen.Colors()})
}

// interesting is the id of an order that the kill hit: its card was charged by two processes. Else that of the last one.
func (d *demo) interesting() (string, error) {
	f, err := os.Open(d.target(victim, destEvents))
	if err != nil {
		return "", err
	}
	defer f.Close()
	tries := map[string]int{}
	id, last := "", ""
	err = viewer.Scan(f, f.Name(), "charging card", func(e *viewer.Entry) {
		last = e.IDs.Correlation
		if tries[last]++; tries[last] == 2 && id == "" {
			id = last
		}
	})
	if id == "" {
		id = last
	}
	return id, err
}

// indented moves what is written to the right.
type indented struct{ w io.Writer }

func (i indented) Write(p []byte) (int, error) {
	out := []byte("  ")
	for n, c := range p {
		out = append(out, c)
		if c == '\n' && n+1 < len(p) && p[n+1] != '\n' {
			out = append(out, "  "...)
		}
	}
	_, err := i.w.Write(out)
	return len(p), err
}
