package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Reach says whether the records of a layer and a level reach a destination, and why.
type Reach struct {
	Destination string
	Address     string
	Format      string
	Reached     bool
	Why         string
}

// Explain says of every destination whether a record of this layer and level
// reaches it. note tells what decides for the layer as a whole.
func (p *Plan) Explain(layer string, level slog.Level) (note string, all []Reach) {
	l, note := p.layerFor(layer)
	used := make(map[string]string) // destination to the layers that use it
	for i := range p.Layers {
		for _, r := range p.Layers[i].Routes {
			name := p.Destinations[r.Destination].Name
			used[name] = strings.TrimPrefix(used[name]+", "+p.Layers[i].Name, ", ")
		}
	}
	for i := range p.Destinations {
		d := &p.Destinations[i]
		format := orDefault(d.Format, "the type's own")
		if d.Format == "" && d.Type == TypeConsole {
			format = "colored or plain-text"
		}
		r := Reach{Destination: d.Name, Address: maskURL(d.Address), Format: format}
		r.Reached, r.Why = l.reaches(i, level, used[d.Name])
		all = append(all, r)
	}
	return note, all
}

// layerFor is the layer that takes the records of a name.
func (p *Plan) layerFor(name string) (*ResolvedLayer, string) {
	find := func(name string) int {
		return slices.IndexFunc(p.Layers, func(l ResolvedLayer) bool { return l.Name == name })
	}
	if i := find(name); i >= 0 {
		l := &p.Layers[i]
		if l.Level == LevelOff {
			return l, fmt.Sprintf("layer %q is disabled", name)
		}
		return l, fmt.Sprintf("layer %q accepts %s and above", name, LevelName(l.Level))
	}
	if i := find("default"); i >= 0 {
		l := &p.Layers[i]
		return l, fmt.Sprintf("layer %q is not configured: layer \"default\" takes its records, %s and above", name, LevelName(l.Level))
	}
	l := p.Layers[0]
	l.Routes = slices.Clone(l.Routes)
	for i := range l.Routes {
		if l.Routes[i].MinLevel <= l.Level {
			l.Routes[i].MinLevel = LevelNotSet
		}
	}
	l.Level = p.DefaultLevel
	return &l, fmt.Sprintf("layer %q is not configured, and there is no layer \"default\": the destinations of layer %q take its records, default_level %s and above",
		name, l.Name, LevelName(l.Level))
}

func (l *ResolvedLayer) reaches(destination int, level slog.Level, used string) (bool, string) {
	i := slices.IndexFunc(l.Routes, func(r Route) bool { return r.Destination == destination })
	switch {
	case l.Level == LevelOff:
		return false, "the layer is disabled"
	case i < 0 && used == "":
		return false, "no layer uses it"
	case i < 0:
		return false, fmt.Sprintf("layer %s does not use it (%s)", l.Name, used)
	case level < l.Level:
		return false, fmt.Sprintf("%s is below the layer's level %s", LevelName(level), LevelName(l.Level))
	}
	if least := l.Routes[i].MinLevel; level < least {
		return false, fmt.Sprintf("%s is below the destination's level %s", LevelName(level), LevelName(least))
	}
	return true, fmt.Sprintf("%s is at or above %s", LevelName(level), LevelName(max(l.Level, l.Routes[i].MinLevel)))
}
