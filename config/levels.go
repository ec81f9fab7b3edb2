package config

import (
	"fmt"
	"strings"
)

// Levels are levels by the name of a layer or a logger, as the environment
// variable HYDRA_LOG names them.
type Levels struct {
	Default Level // "" when none is given
	ByName  map[string]Level
}

// ParseLevels reads "info,payments=debug": a level for all, and levels by name.
// What it can't read is left out and reported; nothing is a reason not to start.
func ParseLevels(s string) (Levels, []error) {
	out := Levels{ByName: make(map[string]Level)}
	var bad []error
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, level, named := strings.Cut(item, "=")
		name, level = strings.TrimSpace(name), strings.TrimSpace(level)
		if !named {
			name, level = "", name
		}
		if _, err := Level(level).Parse(); err != nil {
			bad = append(bad, fmt.Errorf("%q: %w", item, err))
			continue
		}
		if err := out.set(name, Level(level), named); err != nil {
			bad = append(bad, fmt.Errorf("%q: %w", item, err))
		}
	}
	return out, bad
}

func (l *Levels) set(name string, level Level, named bool) error {
	switch {
	case named && name == "":
		return fmt.Errorf("there is no name in front of the =")
	case !named && l.Default != "":
		return fmt.Errorf("the level for all is already %s", l.Default)
	case !named:
		l.Default = level
	case l.ByName[name] != "":
		return fmt.Errorf("the level of %s is already %s", name, l.ByName[name])
	default:
		l.ByName[name] = level
	}
	return nil
}
