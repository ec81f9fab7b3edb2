package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/record"
)

// compactCmd is cat: it prints what the format binary-compact has written.
type compactCmd struct {
	Format string   `default:"json-lines" help:"Format to print in: ${default}, or plain-text, logfmt, csv, …"`
	Schema string   `help:"Names of the fields of json and json-lines: ${enum}." enum:",flat,hydra,slog,zap,zerolog,otel,ecs,gcp,datadog,aws" default:""`
	ID     bool     `help:"Print the id of each record."`
	Files  []string `arg:"" optional:"" name:"file" help:"Files of format binary-compact; standard input when none is given, and for -."`
}

func (c *compactCmd) Help() string {
	return "Damage in a file is passed over, and said on standard error; the exit code is 1 then."
}

func (c *compactCmd) Run() error {
	f, err := format.New(c.Format, format.Options{ID: c.ID, Schema: c.Schema})
	if err != nil {
		return &exitError{exitUsage, err}
	}
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	if h, ok := f.(format.Headed); ok {
		if _, err := out.Write(h.Header()); err != nil {
			return err
		}
	}
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	var errs []error
	for _, name := range files {
		errs = append(errs, catFile(out, f, name))
	}
	return errors.Join(append(errs, out.Flush())...)
}

func catFile(out *bufio.Writer, f format.Formatter, name string) error {
	in := os.Stdin
	if name != "-" {
		var err error
		if in, err = os.Open(name); err != nil {
			return err
		}
		defer in.Close()
	}
	r := format.NewCompactReader(in)
	var v record.View
	var line []byte
	n := 0
	for ; ; n++ {
		err := r.Next(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line = f.Append(line[:0], &v)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	if d := r.Damaged(); d > 0 {
		return fmt.Errorf("%s: %d bytes are damaged and were passed over; %d records are whole", name, d, n)
	}
	return nil
}
