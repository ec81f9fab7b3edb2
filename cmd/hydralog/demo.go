package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hydra-logger/hydra/cmd/hydralog/internal/demo"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/term"
)

type demoCmd struct {
	Dir      string        `type:"path" placeholder:"DIR" help:"Directory for the files; it must be empty or not there. Default: a temporary one."`
	Duration time.Duration `default:"14s" help:"How long it takes, about; at least 5s."`
	Verify   bool          `help:"Print the commands to count by hand."`
}

func (c *demoCmd) Run() error {
	if c.Duration < 5*time.Second {
		return &exitError{exitUsage, errors.New("--duration: at least 5s")}
	}
	if entries, err := os.ReadDir(c.Dir); c.Dir != "" && err == nil && len(entries) > 0 {
		return &exitError{exitUsage, fmt.Errorf("--dir: %s is not empty", c.Dir)}
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	return demo.Run(demo.Options{
		Dir: c.Dir, Duration: c.Duration, Verify: c.Verify,
		Service: []string{exe, "demo-service"}, Screen: term.New(os.Stdout),
	})
}

// demoServiceCmd is the program of one service of the demo.
type demoServiceCmd struct {
	Dir  string `arg:""`
	Name string `arg:""`
}

func (c *demoServiceCmd) Run() error { return demo.Service(c.Dir, c.Name) }
