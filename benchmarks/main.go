package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// run is one execution of this program.
type run struct {
	dir    string // on the file system to measure
	sizes  sizes
	peers  string // words of the names of those to measure; empty: all
	log    io.Writer
	tables []*table
	checks []check
}

// sizes says how long the scenarios run.
type sizes struct {
	name      string
	rounds    int
	slice     time.Duration // of a peer's loop in a round of "caller"
	segments  int           // that Hydra-Logger fills in the same round
	records   int           // of a run to a file
	fileTurns int
	stall     time.Duration
	kills     int
	starts    int
}

var (
	quick  = sizes{"quick", 3, 60 * time.Millisecond, 8, 300_000, 3, 300 * time.Millisecond, 5, 20}
	normal = sizes{"normal", 5, 300 * time.Millisecond, 40, 1_000_000, 5, time.Second, 20, 100}
	full   = sizes{"full", 9, time.Second, 60, 3_000_000, 9, 3 * time.Second, 50, 300}
)

// scenario makes tables of one name.
type scenario struct {
	name string
	what string
	run  func(*run) error
}

func scenarios() []scenario {
	return []scenario{
		{"caller", "what a call costs the caller", (*run).caller},
		{"slog", "the same behind log/slog", (*run).slog},
		{"latency", "percentiles of single calls", (*run).latency},
		{"file", "records a second to a file until closed", (*run).file},
		{"http", "records a second to an HTTP server until closed", (*run).http},
		{"stall", "the caller while the destination stalls", (*run).stall},
		{"kill", "records lost by SIGKILL and by os.Exit", (*run).kill},
		{"format", "what a worker spends on formatting, and what reading a configuration takes", (*run).formatted},
		{"size", "what importing adds to a binary and to its start", (*run).size},
		{"processors", "what processors cost the caller, and a flood with dedupe", (*run).processors},
		{"redact", "what redaction costs the caller, and against regular expressions", (*run).redaction},
		{"growth", "how the cost grows with fields, goroutines, layers, destinations", (*run).growth},
		{"middleware", "what the log of a request costs a server, against other libraries", (*run).middleware},
	}
}

func main() {
	if child := os.Getenv(childVariable); child != "" {
		os.Exit(runChild(child))
	}
	ok, err := command(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func command(args []string, out, errs io.Writer) (bool, error) {
	fs := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	fs.SetOutput(errs)
	isQuick := fs.Bool("quick", false, "smaller runs")
	isFull := fs.Bool("full", false, "more rounds and larger runs")
	only := fs.String("only", "", "run the tables of these `names` alone, separated by commas")
	peers := fs.String("peers", "", "measure the loggers whose name contains one of these `words` alone")
	asJSON := fs.Bool("json", false, "print JSON")
	list := fs.Bool("list", false, "print the names of the tables")
	dir := fs.String("dir", "", "`directory` for files, on the file system to measure (default: ./benchmarks.tmp, removed at the end)")
	profile := fs.String("cpuprofile", "", "write a CPU profile to `file`")
	if err := fs.Parse(args); err != nil {
		return false, err
	}
	if *list {
		for _, s := range scenarios() {
			fmt.Fprintf(out, "%-10s %s\n", s.name, s.what)
		}
		return true, nil
	}
	stop, err := startProfile(*profile)
	if err != nil {
		return false, err
	}
	defer stop()
	r := &run{sizes: normal, log: errs, peers: *peers}
	switch {
	case *isQuick:
		r.sizes = quick
	case *isFull:
		r.sizes = full
	}
	if err := r.all(*only, *dir); err != nil {
		return false, err
	}
	return r.passed(), r.print(out, *asJSON)
}

func startProfile(path string) (func(), error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

// all runs the scenarios with the given names.
func (r *run) all(only, dir string) error {
	if dir == "" {
		dir = "."
	}
	tmp, err := os.MkdirTemp(dir, "benchmarks.tmp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if r.dir, err = filepath.Abs(tmp); err != nil {
		return err
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(only, ",") {
		wanted[strings.TrimSpace(name)] = true
	}
	ran := false
	for _, s := range scenarios() {
		if only != "" && !wanted[s.name] {
			continue
		}
		ran = true
		start := time.Now()
		fmt.Fprintf(r.log, "%s: %s ... ", s.name, s.what)
		if err := s.run(r); err != nil {
			fmt.Fprintln(r.log)
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(r.log, "%.0f s\n", time.Since(start).Seconds())
	}
	if !ran {
		return errors.New("no table of this name; -list prints them")
	}
	return nil
}

func (r *run) add(t *table) { r.tables = append(r.tables, t) }

func (r *run) passed() bool {
	for _, c := range r.checks {
		if !c.Pass {
			return false
		}
	}
	return true
}

// machine describes where and when the figures were taken.
func (r *run) machine() string {
	return fmt.Sprintf("%s, %d cores (%s), %s %s/%s, load %s, sizes %q",
		time.Now().Format("2006-01-02 15:04 MST"), runtime.NumCPU(), processor(), runtime.Version(),
		runtime.GOOS, runtime.GOARCH, load(), r.sizes.name)
}

func (r *run) print(w io.Writer, asJSON bool) error {
	machine := r.machine() + ", files on " + fileSystem(".")
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"machine": machine, "tables": r.tables, "checks": r.checks, "passed": r.passed()})
	}
	fmt.Fprintf(w, "# Hydra-Logger and its peers\n\n%s\n", machine)
	for _, t := range r.tables {
		t.print(w)
	}
	printChecks(w, r.checks)
	return nil
}

// selected returns the peers that keep chooses, of those that were asked for.
func (r *run) selected(keep func(*peer) bool) []*peer {
	return selectPeers(func(p *peer) bool { return keep(p) && r.wanted(p.name) })
}

// wanted reports whether a peer of this name was asked for.
func (r *run) wanted(name string) bool {
	for word := range strings.SplitSeq(r.peers, ",") {
		if strings.Contains(name, strings.TrimSpace(word)) {
			return true
		}
	}
	return false
}
