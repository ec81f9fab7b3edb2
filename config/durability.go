package config

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Durability says what an accepted record survives: "memory" nothing,
// "process" the end of the process however it comes, "interval: 1s" also
// power loss but for the last second, "commit" also power loss, always.
type Durability string

// DurabilityKind is the kind of a [Durability].
type DurabilityKind uint8

// The kinds, weakest first. DurabilityDefault is what an empty Durability means.
const (
	DurabilityDefault DurabilityKind = iota
	DurabilityMemory
	DurabilityProcess
	DurabilityInterval
	DurabilityCommit
)

// Parse returns the kind, and for interval its length (1 s when none is written).
func (d Durability) Parse() (DurabilityKind, time.Duration, error) {
	word, arg := splitSetting(string(d))
	if word == "interval" {
		return parseInterval(arg)
	}
	if arg != "" {
		return 0, 0, fmt.Errorf("durability %q takes no value; only interval does", word)
	}
	switch word {
	case "":
		return DurabilityDefault, 0, nil
	case "memory":
		return DurabilityMemory, 0, nil
	case "process":
		return DurabilityProcess, 0, nil
	case "commit":
		return DurabilityCommit, 0, nil
	}
	names := []string{"memory", "process", "interval: 1s", "commit"}
	return 0, 0, fmt.Errorf("unknown durability %q%s", string(d), possible("durabilities", word, names))
}

func parseInterval(arg string) (DurabilityKind, time.Duration, error) {
	if arg == "" {
		return DurabilityInterval, time.Second, nil
	}
	v, err := ParseDuration(arg)
	if err != nil {
		return 0, 0, fmt.Errorf("durability interval: %w", err)
	}
	if v.Std() < time.Millisecond || v.Std() > time.Hour {
		return 0, 0, fmt.Errorf("durability interval %s is out of range; it is 1ms to 1h", v)
	}
	return DurabilityInterval, v.Std(), nil
}

// Overflow says what a destination does when the journal's quota is reached.
type Overflow string

// OverflowKind is the kind of an [Overflow].
type OverflowKind uint8

// The kinds. OverflowDefault is what an empty Overflow means.
const (
	OverflowDefault OverflowKind = iota
	OverflowDropOldest
	OverflowDropNewest
	OverflowShedBelow
	OverflowBlock
	OverflowBlockTimeout
)

// Parse returns the kind, and for shed_below the level that is kept.
func (o Overflow) Parse() (OverflowKind, slog.Level, error) {
	word, arg := splitSetting(string(o))
	if word == "shed_below" {
		if arg == "" {
			return 0, 0, fmt.Errorf(`overflow shed_below needs a level; write "shed_below: WARNING"`)
		}
		l, err := Level(arg).Parse()
		return OverflowShedBelow, l, err
	}
	if arg != "" {
		return 0, 0, fmt.Errorf("overflow %q takes no value; only shed_below does", word)
	}
	switch word {
	case "":
		return OverflowDefault, 0, nil
	case "drop_oldest":
		return OverflowDropOldest, 0, nil
	case "drop_newest":
		return OverflowDropNewest, 0, nil
	case "block":
		return OverflowBlock, 0, nil
	case "block_with_timeout":
		return OverflowBlockTimeout, 0, nil
	}
	names := []string{"drop_oldest", "drop_newest", "shed_below: LEVEL", "block", "block_with_timeout"}
	return 0, 0, fmt.Errorf("unknown overflow %q%s", string(o), possible("policies", word, names))
}

// splitSetting splits "word: value" or "word value"; the word is lower case.
func splitSetting(s string) (word, value string) {
	s = strings.TrimSpace(s)
	i := strings.IndexAny(s, ": \t")
	if i < 0 {
		return strings.ToLower(s), ""
	}
	value = strings.TrimSpace(s[i:])
	value = strings.TrimSpace(strings.TrimPrefix(value, ":"))
	return strings.ToLower(s[:i]), value
}
