package config

import (
	"fmt"
	"log/slog"
	"strings"
)

// ParseLevels reads levels as the environment variable HYDRA_LOG names them:
// "info,payments=debug" is a level for all, nil when none is given, and levels by
// the name of a layer or a logger. What can't be read is left out and comes back as a problem, in
// words; nothing in it is a reason not to start.
func ParseLevels(s string) (all *slog.Level, byName map[string]slog.Level, problems []string) {
	byName = make(map[string]slog.Level)
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, text, named := strings.Cut(item, "=")
		name = strings.TrimSpace(name)
		if !named {
			text = name
		}
		level, err := Level(text).Parse()
		_, twice := byName[name]
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("%q: %v", item, err))
		case named && name == "":
			problems = append(problems, fmt.Sprintf("%q: there is no name in front of the =", item))
		case !named && all != nil:
			problems = append(problems, fmt.Sprintf("%q: the level for all is already %s", item, LevelName(*all)))
		case named && twice:
			problems = append(problems, fmt.Sprintf("%q: the level of %s is already %s", item, name, LevelName(byName[name])))
		case named:
			byName[name] = level
		default:
			all = &level
		}
	}
	return all, byName, problems
}
