// Package state knows where a configuration keeps its state.
package state

import (
	"os"
	"path/filepath"
	"strings"

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
	if s.Dir, err = filepath.Abs(Dir(&plan)); err != nil {
		return nil, err
	}
	if Dir(&plan) == "" {
		s.Dir = ""
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

// Dir returns the state directory of a plan, "" when there is none: the first of journal.dir, $HYDRA_STATE_DIR/<name>,
// the first of systemd's $STATE_DIRECTORY with <name>, <log directory>/.hydra/<name> when there is a file destination.
func Dir(p *config.Plan) string {
	if p.Journal.Enabled && p.Journal.Dir != "" && p.Journal.Durability != config.DurabilityMemory {
		return p.Journal.Dir
	}
	if parent := Parent(p); parent != "" {
		return filepath.Join(parent, safe(p.Name))
	}
	return ""
}

// Parent returns the directory that holds the state directories of all names, "" when there is none.
func Parent(p *config.Plan) string {
	switch {
	case !p.Journal.Enabled || p.Mode == config.ModeSync || p.Journal.Durability == config.DurabilityMemory:
		return ""
	case p.Journal.Dir != "":
		return ""
	case os.Getenv("HYDRA_STATE_DIR") != "":
		return os.Getenv("HYDRA_STATE_DIR")
	case os.Getenv("STATE_DIRECTORY") != "":
		first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":")
		return first
	}
	if log := logDirectory(p); log != "" {
		return filepath.Join(log, ".hydra")
	}
	return ""
}

// logDirectory is the base directory when a file lies below it, else the directory of the first file.
func logDirectory(p *config.Plan) string {
	first := ""
	for _, d := range p.Destinations {
		if d.Type != config.TypeFile {
			continue
		}
		if rel, err := filepath.Rel(p.LogDir, d.Path); err == nil && !strings.HasPrefix(rel, "..") {
			return p.LogDir
		}
		if first == "" {
			first = filepath.Dir(d.Path)
		}
	}
	return first
}

// safe makes a logger's name the name of a directory.
func safe(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-", r):
			return r
		}
		return '_'
	}, name)
	if strings.Trim(clean, ".") == "" {
		return "hydra"
	}
	return clean
}
