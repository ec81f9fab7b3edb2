package hydra

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hydra-logger/hydra/config"
)

// stateDirectory returns where the journal of a plan lives, "" when there is no
// such place: the first of journal.dir, $HYDRA_STATE_DIR/<name>, systemd's
// $STATE_DIRECTORY, and <log directory>/.hydra/<name> where there is a file destination.
func stateDirectory(p *config.Plan) (string, error) {
	if !p.Journal.Enabled || p.Mode == config.ModeSync || p.Journal.Durability == config.DurabilityMemory {
		return "", nil
	}
	name := fileName(p.Name)
	dir := ""
	switch {
	case p.Journal.Dir != "":
		dir = p.Journal.Dir
	case os.Getenv("HYDRA_STATE_DIR") != "":
		dir = filepath.Join(os.Getenv("HYDRA_STATE_DIR"), name)
	case os.Getenv("STATE_DIRECTORY") != "":
		first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":")
		dir = filepath.Join(first, name)
	default:
		log := logDirectory(p)
		if log == "" {
			return "", nil
		}
		dir = filepath.Join(log, ".hydra", name)
	}
	return filepath.Abs(dir)
}

// logDirectory is the base directory when a file lies below it, else the directory of the first file.
func logDirectory(p *config.Plan) string {
	first := ""
	for _, d := range p.Destinations {
		if d.Type != "file" {
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
