// Package state knows where a configuration keeps its state.
package state

import (
	"github.com/hydra-logger/hydra/config"
)

// Setup is a configuration that was read for hydralog.
type Setup struct {
	Config *config.Config
	Plan   config.Plan
	// Dir is the state directory, "" without a journal on disk. Config names it too.
	Dir      string
	Warnings []config.Warning
}

// Load reads a configuration file. The error is the user's: the file is wrong.
func Load(path string) (*Setup, error) {
	cfg, warnings, err := config.Load(path, config.Options{})
	if err != nil {
		return nil, err
	}
	plan, err := config.Resolve(cfg)
	if err != nil {
		return nil, err
	}
	s := &Setup{Config: cfg, Plan: plan, Warnings: warnings}
	if s.Dir, err = plan.StateDir(); err != nil {
		return nil, err
	}
	s.Config.Journal.Dir = s.Dir // so that the logger takes the very same
	return s, nil
}

// Layers are the names of the configured layers.
func (s *Setup) Layers() []string {
	var names []string
	for _, l := range s.Plan.Layers {
		names = append(names, l.Name)
	}
	return names
}
