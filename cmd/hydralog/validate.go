package main

import (
	"errors"
	"os"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
)

type validateCmd struct {
	File            string   `arg:"" optional:"" help:"Configuration file, YAML or JSON."`
	Config          string   `short:"c" placeholder:"FILE" help:"The same, as the other commands take it."`
	Strict          bool     `help:"Refuse unknown keys, as a program does that opens the file. Else they are warnings."`
	Print           bool     `help:"Print the effective configuration as JSON: defaults filled in, secrets masked, files of destinations under \"resolved\"."`
	Type            []string `placeholder:"NAME" help:"Type of destination or extension that the program registers. May be repeated."`
	MaxExtendsDepth int      `default:"5" placeholder:"N" help:"How deep extends may be nested. Default: 5."`
	MaxMergedNodes  int      `default:"10000" placeholder:"N" help:"How many values the configuration may have with all that it extends. Default: 10000."`
}

func (c *validateCmd) Run() error {
	if (c.File == "") == (c.Config == "") {
		return &exitError{exitUsage, errors.New("validate: give one configuration file")}
	}
	c.File += c.Config
	o := config.Options{Lax: !c.Strict, MaxExtendsDepth: c.MaxExtendsDepth, MaxMergedNodes: c.MaxMergedNodes, Types: c.Type}
	if c.MaxExtendsDepth <= 0 {
		o.MaxExtendsDepth = -1
	}
	loaded, err := config.Read(c.File, o)
	warnings := loaded.Warnings
	if err == nil {
		var more []config.Warning
		more, err = hydra.Check(loaded, c.options()...)
		warnings = append(warnings, more...)
	}
	for _, w := range warnings {
		note("%s", w)
	}
	if c.Print {
		if _, err := os.Stdout.Write(loaded.Effective()); err != nil {
			return err
		}
	}
	if err != nil {
		return &exitError{exitConfig, err}
	}
	return nil
}

// options are those of a program that opens the file.
func (c *validateCmd) options() []hydra.Option {
	if c.Strict {
		return everyType()
	}
	return everyType(hydra.Lax())
}
