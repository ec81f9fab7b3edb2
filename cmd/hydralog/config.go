package main

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/cmd/hydralog/internal/state"
	"github.com/hydra-logger/hydra/plugin/all"
	"github.com/hydra-logger/hydra/record"
)

// load reads a configuration and prints its warnings.
func load(path string) (*state.Setup, error) {
	s, err := state.Load(path)
	if err != nil {
		return nil, &exitError{exitConfig, err}
	}
	for _, w := range s.Warnings {
		note("%s", w)
	}
	return s, nil
}

// checkLayer refuses the name of a layer that is not configured.
func checkLayer(s *state.Setup, flag, name string) error {
	if name == "" || slices.Contains(s.Layers(), name) {
		return nil
	}
	return &exitError{exitUsage, fmt.Errorf("%s: there is no layer %q in the configuration; it has %s", flag, name, strings.Join(s.Layers(), ", "))}
}

// checkLevel refuses what is no level.
func checkLevel(flag, level string) error {
	if _, err := hydra.Level(level).Parse(); level != "" && err != nil {
		return &exitError{exitUsage, fmt.Errorf("%s: %w", flag, err)}
	}
	return nil
}

// lineLimits let a line be as long as the journal takes it: it was written, so it is kept.
var lineLimits = record.Limits{Depth: 100, Elements: 1 << 20, String: 1 << 30, Attributes: 1 << 30}

// open opens the logger of a configuration.
func open(s *state.Setup, more ...hydra.Option) (*hydra.Logger, error) {
	log, err := hydra.New(*s.Config, everyType(append(more, hydra.WithLimits(lineLimits), hydra.WithoutCrashOutput())...)...)
	if err != nil {
		return nil, &exitError{exitFailure, err}
	}
	return log, nil
}

// everyType adds the types of destination of the plugin folder: a configuration that a service opens can be diagnosed and recovered.
func everyType(opts ...hydra.Option) []hydra.Option { return append(all.All(), opts...) }

// surviveBrokenPipes makes a write to a closed standard output an error, which the destination retries, instead of the end.
func surviveBrokenPipes() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// note tells the operator something.
func note(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "hydralog: "+format+"\n", args...)
}
