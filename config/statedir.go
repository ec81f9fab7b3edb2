package config

import (
	"os"
	"path/filepath"
	"strings"
)

// StateDir returns where the journal of the plan lives, "" where there is no such place: the first of journal.dir,
// $HYDRA_STATE_DIR/<name>, <name> in the first directory of systemd's $STATE_DIRECTORY, and <log directory>/.hydra/<name>
// where there is a file destination. The error says that the working directory, which a relative path needs, is not known.
func (p *Plan) StateDir() (string, error) {
	dir := p.Journal.Dir
	if !p.keepsJournal() {
		return "", nil
	}
	if dir == "" {
		parent := p.StateParent()
		if parent == "" {
			return "", nil
		}
		dir = filepath.Join(parent, fileName(p.Name))
	}
	return filepath.Abs(dir)
}

// StateParent returns the directory that holds the state directories of all names, "" where there is none and where journal.dir names
// the directory itself.
func (p *Plan) StateParent() string {
	switch {
	case !p.keepsJournal() || p.Journal.Dir != "":
		return ""
	case os.Getenv("HYDRA_STATE_DIR") != "":
		return os.Getenv("HYDRA_STATE_DIR")
	case os.Getenv("STATE_DIRECTORY") != "":
		first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":")
		return first
	}
	if log := p.fileDir(); log != "" {
		return filepath.Join(log, ".hydra")
	}
	return ""
}

// keepsJournal reports whether there is a journal that outlives the process.
func (p *Plan) keepsJournal() bool {
	return p.Journal.Enabled && p.Mode != ModeSync && p.Journal.Durability != DurabilityMemory
}

// fileDir is the base directory when a file lies below it, else the directory of the first file.
func (p *Plan) fileDir() string {
	first := ""
	for _, d := range p.Destinations {
		if d.Type != TypeFile {
			continue
		}
		if rel, err := filepath.Rel(p.LogDir, d.Path); err == nil && filepath.IsLocal(rel) {
			return p.LogDir
		}
		if first == "" {
			first = filepath.Dir(d.Path)
		}
	}
	return first
}

// fileName makes a logger's name safe as the name of a directory.
func fileName(name string) string {
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
