package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const startPackages = "github.com/hydra-logger/hydra/benchmarks/start/"

// starter is a tiny program that links one logger.
type starter struct {
	name           string
	size, stripped int64
	dir, binary    string
	idle, line     []float64 // ms of a start that logs nothing, and of one that logs a line to a file
}

func (r *run) size() error {
	dir, remove, err := r.scratch()
	if err != nil {
		return err
	}
	defer remove()
	var all []*starter
	for _, name := range []string{"empty", "hydra", "phuslu", "zerolog", "zap", "slog", "logrus"} {
		s, err := build(name, dir)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	if err := turns(r.sizes.starts, len(all), func(i int) error { return all[i].start() }); err != nil {
		return err
	}
	t := &table{Name: "size", Title: "What importing adds to a binary and to its start",
		Notes: []string{fmt.Sprintf("A program whose main can open the logger, against one whose main is empty. Median of %d starts: one that logs nothing (what init does), one that opens, logs a line to a file, closes.", r.sizes.starts)},
		Columns: []column{{"binary KiB", "%.0f"}, {"adds", "%.0f"}, {"stripped KiB", "%.0f"}, {"adds", "%.0f"},
			{"start ms", "%.2f"}, {"adds", "%.2f"}, {"with a line ms", "%.2f"}, {"adds", "%.2f"}}}
	zero := all[0]
	for _, s := range all {
		t.add(s.name, figure(s.size>>10), figure((s.size-zero.size)>>10), figure(s.stripped>>10), figure((s.stripped-zero.stripped)>>10),
			figure(median(s.idle)), figure(median(s.idle)-median(zero.idle)), figure(median(s.line)), figure(median(s.line)-median(zero.line)))
	}
	r.add(t)
	return nil
}

func build(name, dir string) (*starter, error) {
	s := &starter{name: name, dir: dir, binary: filepath.Join(dir, name)}
	for _, strip := range []bool{true, false} { // the last one stays
		args := []string{"build", "-o", s.binary}
		if strip {
			args = append(args, "-ldflags=-s -w")
		}
		var errs bytes.Buffer
		cmd := exec.Command("go", append(args, startPackages+name)...)
		cmd.Stderr = &errs
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("go build %s: %w\n%s", name, err, errs.String())
		}
		st, err := os.Stat(s.binary)
		if err != nil {
			return nil, err
		}
		if strip {
			s.stripped = st.Size()
		} else {
			s.size = st.Size()
		}
	}
	return s, nil
}

// start runs the program twice: without arguments, and with a file to log a line to.
func (s *starter) start() error {
	ms, err := s.exec()
	if err != nil {
		return err
	}
	s.idle = append(s.idle, ms)
	work, err := os.MkdirTemp(s.dir, "start-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if ms, err = s.exec(filepath.Join(work, "app.jsonl")); err != nil {
		return err
	}
	s.line = append(s.line, ms)
	return nil
}

func (s *starter) exec(args ...string) (float64, error) {
	cmd := exec.Command(s.binary, args...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w", s.name, err)
	}
	return float64(time.Since(start)) / float64(time.Millisecond), nil
}
