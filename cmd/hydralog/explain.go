package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
)

type explainCmd struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration file."`
	Layer  string `default:"default" placeholder:"LAYER" help:"Layer of the record. Default: default."`
	Level  string `default:"INFO" placeholder:"LEVEL" help:"Level of the record. Default: INFO."`
	JSON   bool   `name:"json" help:"Print the answer as JSON."`
}

func (c *explainCmd) Run() error {
	if err := checkLevel("--level", c.Level); err != nil {
		return err
	}
	level, err := hydra.Level(c.Level).Parse()
	if err != nil {
		return &exitError{exitUsage, err}
	}
	loaded, err := config.Read(c.Config, config.Options{})
	if err != nil {
		return &exitError{exitConfig, err}
	}
	about, all := loaded.Plan.Explain(c.Layer, level)
	if c.JSON {
		return printJSON(os.Stdout, map[string]any{"layer": c.Layer, "level": config.LevelName(level), "note": about, "destinations": all})
	}
	fmt.Println(about)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range all {
		answer := "no"
		if r.Reached {
			answer = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", answer, r.Destination, r.Address, r.Format, r.Why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if env := os.Getenv("HYDRA_LOG"); env != "" {
		fmt.Printf("HYDRA_LOG=%s changes the levels of a program that has it too\n", env)
	}
	return nil
}
