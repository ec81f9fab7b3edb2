package config

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
)

// Level is the name of a level, in any case: NOTSET, TRACE, DEBUG, INFO,
// WARNING (WARN), ERROR, CRITICAL (FATAL). Empty means that the level is inherited.
type Level string

// The numbers of the levels.
const (
	LevelNotSet   slog.Level = math.MinInt32 // everything passes
	LevelTrace    slog.Level = -8
	LevelDebug    slog.Level = -4
	LevelInfo     slog.Level = 0
	LevelWarning  slog.Level = 4
	LevelError    slog.Level = 8
	LevelCritical slog.Level = 12
	LevelOff      slog.Level = math.MaxInt32 // nothing passes
)

// levelNames is what errors suggest from; aliases are not in it.
func levelNames() []string {
	return []string{"NOTSET", "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
}

// Parse returns the number of the level. NOTSET is [LevelNotSet]: everything passes.
// An empty level is an error: the caller knows what it inherits from.
func (l Level) Parse() (slog.Level, error) {
	switch strings.ToUpper(strings.TrimSpace(string(l))) {
	case "NOTSET":
		return LevelNotSet, nil
	case "TRACE":
		return LevelTrace, nil
	case "DEBUG":
		return LevelDebug, nil
	case "INFO":
		return LevelInfo, nil
	case "WARNING", "WARN":
		return LevelWarning, nil
	case "ERROR":
		return LevelError, nil
	case "CRITICAL", "FATAL":
		return LevelCritical, nil
	}
	return 0, fmt.Errorf("unknown level %q%s", string(l), possible("levels", string(l), levelNames()))
}

// Or returns the number of the level, or other when it is empty or not a level.
func (l Level) Or(other slog.Level) slog.Level {
	if n, err := l.Parse(); err == nil {
		return n
	}
	return other
}

// LevelName is the name of the highest level that is not above n.
func LevelName(n slog.Level) string {
	switch {
	case n >= LevelOff:
		return "NONE"
	case n >= LevelCritical:
		return "CRITICAL"
	case n >= LevelError:
		return "ERROR"
	case n >= LevelWarning:
		return "WARNING"
	case n >= LevelInfo:
		return "INFO"
	case n >= LevelDebug:
		return "DEBUG"
	case n >= LevelTrace:
		return "TRACE"
	}
	return "NOTSET"
}
