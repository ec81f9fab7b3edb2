package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hydra-logger/hydra/config"
)

type initCmd struct {
	Template string `default:"custom" enum:"default,development,production,enterprise,custom" placeholder:"NAME" help:"What to begin with: default, development, production, enterprise or custom (everything there is, commented out). Default: custom."`
	Output   string `short:"o" placeholder:"FILE" help:"File to write. Default: standard output."`
	Force    bool   `help:"Write over a file that exists."`
}

func (c *initCmd) Run() error {
	text, err := config.Preset(c.Template)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if c.Output == "" {
		_, err := os.Stdout.WriteString(text)
		return err
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if c.Force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(c.Output, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists; --force writes over it", c.Output)
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
