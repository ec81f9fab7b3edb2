package config

import (
	"embed"
	"fmt"
	"maps"
	"slices"
)

// Templates are configurations by name that a program offers to its
// configuration files: "extends: template:NAME".
type Templates map[string]Config

//go:embed presets/*.yaml
var presets embed.FS

// PresetNames are the names of the configurations that [Preset] knows.
func PresetNames() []string {
	return []string{"default", "development", "production", "enterprise", "custom"}
}

// Preset returns the text of a configuration that comes with this package, a
// commented YAML file. A file may extend it: "extends: template:production".
func Preset(name string) (string, error) {
	if !slices.Contains(PresetNames(), name) {
		return "", fmt.Errorf("there is no template %q%s", name, possible("templates", name, PresetNames()))
	}
	text, err := presets.ReadFile("presets/" + name + ".yaml")
	return string(text), err
}

// names are all that a file may extend, the user's own first.
func (t Templates) names() []string {
	return append(slices.Sorted(maps.Keys(t)), PresetNames()...)
}

// CustomOptions say what [Custom] makes.
type CustomOptions struct {
	// Level of the layer "default", and of layers that are not configured. Default: INFO.
	Level Level
	// NoConsole leaves the console out, where there is a file. Default: false.
	NoConsole bool
	// File adds a file. Default: false.
	File bool
	// FilePath of the file. Default: app.log.
	FilePath string
	// FileFormat of the file. Default: json-lines.
	FileFormat string
	// ErrorLayer and the others add a layer of that name, level and file.
	ErrorLayer, DebugLayer, WarningLayer, InfoLayer, CriticalLayer bool
	// Layers are added, and replace those of the same name.
	Layers map[string]Layer
}

// Custom makes a configuration of what a program wants. All other fields can be set on the result.
func Custom(o CustomOptions) Config {
	console := Destination{Type: "async_console", Format: FormatPlainText}
	var first []Destination
	if !o.NoConsole || !o.File {
		first = append(first, console)
	}
	if o.File {
		first = append(first, rotated(orDefault(o.FilePath, "app.log"), orDefault(o.FileFormat, FormatJSONLines), "10MB", 5))
	}
	c := Config{DefaultLevel: o.Level, Layers: map[string]Layer{"default": {Level: o.Level, Destinations: first}}}
	for _, l := range []struct {
		wanted bool
		name   string
		level  Level
		all    []Destination
	}{
		{o.ErrorLayer, "error", "ERROR", []Destination{rotated("error.log", FormatJSONLines, "5MB", 3)}},
		{o.DebugLayer, "debug", "DEBUG", []Destination{rotated("debug.log", "fast-plain", "5MB", 2)}},
		{o.WarningLayer, "warning", "WARNING", []Destination{rotated("warning.log", FormatJSONLines, "5MB", 3)}},
		{o.InfoLayer, "info", "INFO", []Destination{rotated("info.log", FormatJSONLines, "10MB", 5)}},
		{o.CriticalLayer, "critical", "CRITICAL", []Destination{rotated("critical.log", FormatJSONLines, "2MB", 10), console}},
	} {
		if l.wanted {
			c.Layers[l.name] = Layer{Level: l.level, Destinations: l.all}
		}
	}
	maps.Copy(c.Layers, o.Layers)
	return c
}

func rotated(path, format string, size SizeText, backups int) Destination {
	return Destination{Type: TypeFile, Path: path, Format: format, MaxSize: size, BackupCount: &backups}
}
