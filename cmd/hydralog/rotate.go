package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/state"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/journal"
)

type rotateCmd struct {
	Config  string        `short:"c" placeholder:"FILE" help:"Configuration whose files are rotated. A program that writes them follows with its next write."`
	PID     int           `name:"pid" placeholder:"N" help:"Process to send SIGUSR1 to, in place of a configuration. It must have rotate_on_signal."`
	Timeout time.Duration `default:"10s" help:"Longest time to wait for a program that is writing."`
}

func (c *rotateCmd) Run() error {
	switch {
	case (c.PID != 0) == (c.Config != ""):
		return &exitError{exitUsage, fmt.Errorf("rotate: give --config or --pid")}
	case c.PID != 0:
		return c.signal(c.PID)
	}
	setup, err := load(c.Config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	files, err := hydra.RotateFiles(ctx, *setup.Config)
	if err != nil {
		return &exitError{exitConfig, err}
	}
	failed := c.print(os.Stdout, files)
	if !failed {
		return nil
	}
	if pid := holder(setup.Dir); pid > 0 && rotatesOnSignal(setup) {
		return c.signal(pid) // it keeps the files to itself
	}
	return &exitError{code: exitFailure}
}

func (c *rotateCmd) print(w io.Writer, files []hydra.RotatedFile) (failed bool) {
	for _, f := range files {
		switch {
		case f.Err != nil:
			failed = true
			note("%s: %v", printable(f.Path), f.Err)
		case f.Rotated:
			fmt.Fprintf(w, "rotated %s\n", printable(f.Path))
		default:
			fmt.Fprintf(w, "nothing in %s\n", printable(f.Path))
		}
	}
	return failed
}

func (c *rotateCmd) signal(pid int) error {
	if err := rotateProcess(pid); err != nil {
		return &exitError{exitFailure, err}
	}
	fmt.Printf("told process %d to rotate\n", pid)
	return nil
}

// rotatesOnSignal reports whether a file of the configuration rotates at SIGUSR1.
func rotatesOnSignal(s *state.Setup) bool {
	for _, d := range s.Plan.Destinations {
		if d.Type == config.TypeFile && d.Rotation != nil && d.Rotation.OnSignal {
			return true
		}
	}
	return false
}

// holder is the process that has a state directory, by its LOCK; 0 when none of this machine has it.
func holder(dir string) int {
	if dir == "" {
		return 0
	}
	report, err := journal.Check(dir)
	if err != nil || report.InUse == "" {
		return 0
	}
	data, err := os.ReadFile(filepath.Join(dir, "LOCK"))
	if err != nil {
		return 0
	}
	fields := map[string]string{}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		fields[key] = value
	}
	if host, _ := os.Hostname(); fields["host"] != host {
		return 0
	}
	pid, _ := strconv.Atoi(fields["pid"])
	return pid
}
