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
