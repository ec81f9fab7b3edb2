package format

import (
	"log/slog"
	"strings"
)

const colorEnd = "\x1b[0m"

// levelColor returns the escape sequence of a level.
func levelColor(l slog.Level) string {
	switch base, _ := levelBase(l); base {
	case levelTrace:
		return "\x1b[90m"
	case slog.LevelDebug:
		return "\x1b[34m"
	case slog.LevelInfo:
		return "\x1b[32m"
	case slog.LevelWarn:
		return "\x1b[33m"
	case slog.LevelError:
		return "\x1b[31m"
	}
	return "\x1b[91m"
}

// layerColors are those of Hydra-Logger for Python.
var layerColors = [...]struct{ layer, start string }{
	{"DEFAULT", "\x1b[35m"},
	{"APP", "\x1b[36m"},
	{"API", "\x1b[94m"},
	{"DATABASE", "\x1b[34m"},
	{"SECURITY", "\x1b[31m"},
	{"PERFORMANCE", "\x1b[33m"},
	{"ERROR", "\x1b[91m"},
	{"AUDIT", "\x1b[32m"},
	{"NETWORK", "\x1b[94m"},
	{"CACHE", "\x1b[93m"},
	{"QUEUE", "\x1b[35m"},
	{"WORKER", "\x1b[36m"},
	{"WEB", "\x1b[32m"},
	{"MICROSERVICE", "\x1b[90m"},
	{"BATCH", "\x1b[31m"},
	{"TEST", "\x1b[97m"},
}

// colorNames are the names of colours, in the order of their codes from 30 on.
var colorNames = [...]string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}

// colorCode returns the escape sequence of a colour's name, "" when it is none.
func colorCode(name string) string {
	name, bright := strings.CutPrefix(strings.ToLower(name), "bright_")
	for i, n := range colorNames {
		switch {
		case n == name && bright:
			return "\x1b[9" + string(rune('0'+i)) + "m"
		case n == name:
			return "\x1b[3" + string(rune('0'+i)) + "m"
		}
	}
	return ""
}

// layerColor returns the escape sequence of a layer; those that have no colour of their own are white.
func layerColor(layer string) string {
	for i := range layerColors {
		if strings.EqualFold(layerColors[i].layer, layer) {
			return layerColors[i].start
		}
	}
	return "\x1b[37m"
}
