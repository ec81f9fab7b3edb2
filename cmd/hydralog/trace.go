package main

import (
	"errors"
	"os"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/term"
	"github.com/hydra-logger/hydra/viewer"
)

type traceCmd struct {
	ID       string   `arg:"" help:"Correlation id; a trace id or any other id of a field works too."`
	Paths    []string `arg:"" optional:"" name:"path" help:"Log files, and folders for all files below them; standard input when none is given, and for -."`
	Max      int      `default:"10000" placeholder:"N" help:"The most records to keep; of others only the number is said. Default: 10000."`
	NoFields bool     `help:"Leave out the attributes."`
	UTC      bool     `name:"utc" help:"Print the time of day in UTC."`
}

func (c *traceCmd) Help() string {
	return "Files may be JSON lines of Hydra-Logger in any schema, slog, zap, zerolog, logrus, pino, ECS, Hydra-Logger for Python and others, " +
		"plain-text, logfmt, csv, syslog, binary-compact, binary-extended, or any text; plain, or compressed with gzip or zstd. " +
		"Exit code 1 when there is no record of the id, or a file could not be read to its end: what could be read is shown."
}

func (c *traceCmd) Run() error {
	if c.ID == "" {
		return &exitError{exitUsage, errors.New("the id is empty")}
	}
	if c.Max < 1 {
		return &exitError{exitUsage, errors.New("--max: at least 1")}
	}
	files, err := viewer.Files(withoutDash(c.Paths))
	errs := []error{err}
	s := viewer.NewStory(c.ID, viewer.Options{Max: c.Max})
	if len(c.Paths) == 0 || len(withoutDash(c.Paths)) < len(c.Paths) {
		errs = append(errs, s.File("-"))
	}
	for _, name := range files {
		errs = append(errs, s.File(name))
	}
	style := viewer.Style{Color: term.New(os.Stdout).Colors(), NoFields: c.NoFields, UTC: c.UTC}
	errs = append(errs, s.WriteText(os.Stdout, style))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if len(s.Entries()) == 0 {
		return &exitError{code: exitFailure}
	}
	return nil
}

func withoutDash(paths []string) []string {
	var out []string
	for _, p := range paths {
		if p != "-" {
			out = append(out, p)
		}
	}
	return out
}
