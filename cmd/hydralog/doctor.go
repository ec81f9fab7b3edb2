package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/hydra-logger/hydra"
)

type doctorCmd struct {
	Config  string        `short:"c" required:"" placeholder:"FILE" help:"Configuration, YAML or JSON."`
	Timeout time.Duration `default:"30s" help:"Longest time for all destinations together to answer."`
	JSON    bool          `name:"json" help:"Print the findings as JSON."`
}

func (c *doctorCmd) Run() error {
	setup, err := load(c.Config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	d, err := hydra.Diagnose(ctx, *setup.Config, everyType(hydra.WithEvents(event))...)
	if err != nil {
		return &exitError{exitConfig, err}
	}
	if c.JSON {
		err = printJSON(os.Stdout, d)
	} else {
		err = printDiagnosis(os.Stdout, d)
	}
	if err == nil && !d.OK() {
		err = &exitError{code: exitFailure}
	}
	return err
}

func printDiagnosis(w io.Writer, d *hydra.Diagnosis) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range d.Findings {
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.Verdict, printable(f.Subject), printable(f.Text))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nan accepted record survives: %s\nit does not survive: %s\n", d.Survives, orNone(d.DoesNotSurvive))
	return err
}
