package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ansiCode is a sequence that selects colours, and nothing else that a terminal does.
var ansiCode = regexp.MustCompile(`^\x1b\[[0-9;]{0,32}m$`)

func colorNames() []string {
	return []string{"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"}
}

// colorCode is the escape sequence of a colour, "" for none.
func colorCode(color string) string {
	if strings.HasPrefix(color, "\x1b") {
		return color
	}
	name, base := strings.ToLower(color), 30
	if rest, bright := strings.CutPrefix(name, "bright_"); bright {
		name, base = rest, 90
	}
	if i := slices.Index(colorNames(), name); i >= 0 {
		return "\x1b[" + strconv.Itoa(base+i) + "m"
	}
	return ""
}

// color checks a name or an escape sequence.
func (c *checker) color(path, color string) {
	if color == "" && !c.written(path) || c.isNull(path) || ansiCode.MatchString(color) || colorCode(color) != "" && color[0] != '\x1b' {
		return
	}
	names := colorNames()
	for _, n := range colorNames() {
		names = append(names, "bright_"+n)
	}
	c.errorf(path, "%s: %q is not a color%s", path, color, possible("colors", color, names))
}

func (c *checker) colors() {
	for _, name := range sortedKeys(c.config.LayerColors) {
		c.color(join("layer_colors", name), c.config.LayerColors[name])
	}
}
