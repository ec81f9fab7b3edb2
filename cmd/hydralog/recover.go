package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/capture"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/feed"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/state"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/journal"
)

type recoverCmd struct {
	Config  string        `short:"c" required:"" placeholder:"FILE" help:"Configuration of the logger that died, YAML or JSON."`
	Name    string        `placeholder:"NAME" help:"Name of the logger. Default: as configured; if the configuration has none, every name that left something."`
	Timeout time.Duration `default:"30s" help:"Longest time to wait for destinations; 0 for no limit."`
	JSON    bool          `name:"json" help:"Print the reports of health as JSON."`
}

func (c *recoverCmd) Run() error {
	setup, err := load(c.Config)
	if err != nil {
		return err
	}
	surviveBrokenPipes()
	dirs, err := c.stateDirs(setup)
	if len(dirs) == 0 && err != nil {
		return err
	}
	if len(dirs) == 0 {
		note("nothing to recover: this configuration has no state directory, or it was never used")
		return nil
	}
	var results []recovered
	errs := []error{err} // of directories that can't be looked into
	for _, d := range dirs {
		rs, err := c.recoverDir(*setup, d)
		results = append(results, rs...)
		errs = append(errs, err)
	}
	if err := c.print(os.Stdout, results); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return &exitError{exitFailure, err}
	}
	for i := range results {
		if !results[i].done() {
			return &exitError{code: exitFailure}
		}
	}
	return nil
}

// stateDir is one state directory and the name of its logger.
type stateDir struct{ path, name string }

// stateDirs returns the state directories that exist: the configured one, or all of the place where state is kept
// when the configuration does not name the logger: the program that died did.
func (c *recoverCmd) stateDirs(s *state.Setup) ([]stateDir, error) {
	parent := state.Parent(&s.Plan)
	if c.Name != "" && parent != "" {
		s.Plan.Name = c.Name
		s.Dir = state.Dir(&s.Plan)
	}
	if parent == "" || c.Name != "" || s.Config.Name != "" {
		if s.Dir == "" {
			return nil, nil
		}
		ok, err := isStateDir(s.Dir)
		if !ok || err != nil {
			return nil, err
		}
		return []stateDir{{s.Dir, s.Plan.Name}}, nil
	}
	entries, err := os.ReadDir(parent)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []stateDir
	var errs []error
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		path := filepath.Join(parent, e.Name())
		ok, err := isStateDir(path)
		errs = append(errs, err)
		if ok {
			out = append(out, stateDir{path, e.Name()})
		}
	}
	return out, errors.Join(errs...)
}

// isStateDir reports whether a directory is one; an error says that nobody but its owner can tell.
func isStateDir(path string) (bool, error) {
	for _, name := range []string{"LOCK", "JOURNAL", "capture"} {
		_, err := os.Lstat(filepath.Join(path, name))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// recovered is what was done in one directory.
type recovered struct {
	Dir     string        `json:"dir"`
	InUse   bool          `json:"in_use,omitempty"` // a living process has it, and delivers by itself
	Notes   []string      `json:"notes,omitempty"`
	Health  health.Report `json:"health"`
	Capture int64         `json:"capture_bytes,omitempty"` // captured output that is not accepted yet
}

func (r *recovered) pending() uint64 {
	var n uint64
	for _, d := range r.Health.Destinations {
		n += d.Ledger.Pending
	}
	return n
}

// done reports whether nothing waits any more.
func (r *recovered) done() bool {
	waits := slices.ContainsFunc(r.Health.Reasons, func(reason health.Reason) bool { return reason.Code == health.CodeDestinationChanged })
	return r.pending() == 0 && r.Capture == 0 && !waits
}

// recoverDir delivers what is in a state directory and then, one by one, what is in the private directories of
// programs that are not hydralog.
func (c *recoverCmd) recoverDir(s state.Setup, dir stateDir) ([]recovered, error) {
	first, err := c.deliver(s, dir)
	if err != nil {
		return nil, err
	}
	out := []recovered{first}
	private, _ := filepath.Glob(filepath.Join(dir.path, "p-*"))
	for _, p := range private {
		report, err := journal.Check(p)
		if err != nil || report.InUse != "" {
			continue
		}
		if len(report.Segments) > 0 {
			r, err := c.deliver(s, stateDir{p, dir.name})
			if err != nil {
				return out, err
			}
			out = append(out, r)
			report, err = journal.Check(p)
			if err != nil {
				return out, err
			}
		}
		if report.InUse == "" && len(report.Segments) == 0 && report.Quarantine == 0 {
			_ = os.RemoveAll(p) // only its lock is left
		}
	}
	return out, nil
}

func (c *recoverCmd) deliver(s state.Setup, dir stateDir) (recovered, error) {
	cfg := *s.Config
	cfg.Name, cfg.Journal.Dir = dir.name, dir.path
	s.Config, s.Dir = &cfg, dir.path
	r := recovered{Dir: dir.path}
	release, err := capture.LockStart(capture.Root(dir.path))
	if err != nil && capture.Supported {
		return r, err
	}
	var orphans []*capture.Dir
	if capture.Supported {
		orphans = takeOver(&s)
	}
	log, err := open(&s, hydra.WithEvents(event))
	if capture.Supported {
		release()
	}
	if err != nil {
		return r, err
	}
	r.InUse = log.Health().Journal.Dir != dir.path
	f := feed.New(log, s.Dir, s.Layers(), func(text string) { note("%s", text) })
	finish := make(chan struct{})
	close(finish)
	for _, d := range orphans {
		if left := followDir(f, d, finish); left != "" {
			r.Notes = append(r.Notes, left)
			n, _ := d.Unread()
			r.Capture += n
		}
	}
	ctx, cancel := c.context()
	defer cancel()
	if err := log.Shutdown(ctx); err != nil {
		r.Notes = append(r.Notes, err.Error())
	}
	r.Health = log.Health()
	return r, nil
}

// event prints what happens to the logger, but for the private directories that it leaves alone: they come next.
func event(ev hydra.Event) {
	if !strings.Contains(ev.Text, "is left alone") {
		note("%s", ev)
	}
}

func (c *recoverCmd) context() (context.Context, context.CancelFunc) {
	if c.Timeout <= 0 {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), c.Timeout)
}

func (c *recoverCmd) print(w io.Writer, results []recovered) error {
	if c.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(results)
	}
	for i := range results {
		if err := results[i].print(w); err != nil {
			return err
		}
	}
	return nil
}

func (r *recovered) print(w io.Writer) error {
	fmt.Fprintln(w, r.Dir)
	if r.InUse {
		fmt.Fprintln(w, "  is in use by a living process, which delivers by itself")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "  DESTINATION\tLEFT\tDELIVERED\tDROPPED\tDEAD-LETTERED\tPENDING\t")
	for _, d := range r.Health.Destinations {
		l := d.Ledger
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%d\t%d\t\n", d.Name, l.Adopted.Total()+l.Submitted.Total(), l.Delivered, l.DroppedTotal(), l.DeadLettered, l.Pending)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, reason := range r.Health.Reasons {
		if reason.Code != health.CodeClosed {
			fmt.Fprintf(w, "  %s: %s %s\n", reason.Status, reason.Subject, reason.Text)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
	return nil
}
