package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// resolved are the files of destinations by place.
func (l *Loaded) resolved() map[string]string {
	out := make(map[string]string)
	for i := range l.resolver.found {
		c := l.resolver.found[i]
		if c.Type != TypeFile || c.refused {
			continue
		}
		for _, at := range c.Where {
			out[dotted(at)] = l.shownPath(at, c.Path)
		}
	}
	for name, layer := range l.Config.Layers {
		if !layer.IsEnabled() {
			l.resolveDisabled(name, layer.Destinations, out)
		}
		for i := range layer.Destinations {
			if path, ok := out["destinations."+layer.Destinations[i].Ref]; ok && layer.Destinations[i].Ref != "" {
				out[fmt.Sprintf("layers.%s.destinations.%d", name, i)] = path
			}
		}
	}
	return out
}

// resolveDisabled adds the files that a layer would write if it were enabled.
func (l *Loaded) resolveDisabled(layer string, all []Destination, out map[string]string) {
	for i := range all {
		d := &all[i]
		if d.Ref != "" || canonicalType(d.Type) != TypeFile {
			continue
		}
		r := resolver{problems: new(problems), config: l.Config, plan: l.resolver.plan}
		if path := r.filePath("", d.Path, formatOf(d)); len(r.errors) == 0 {
			at := fmt.Sprintf("layers.%s.destinations[%d]", layer, i)
			out[dotted(at)] = l.shownPath(at, path)
		}
	}
}

// shownPath is the file of the destination at a place, not shown when its path came out of ${file:}.
func (l *Loaded) shownPath(at, path string) string {
	if l.decoder.secretPaths[join(at, "path")] {
		return hidden
	}
	return path
}

// dotted writes "layers.api.destinations[0]" as "layers.api.destinations.0".
func dotted(path string) string {
	return strings.NewReplacer("[", ".", "]", "").Replace(path)
}

// derived is what follows from the configuration, in the terms of the Python original.
func (l *Loaded) derived() map[string]any {
	out := make(map[string]any)
	layers := l.resolver.layersOrDefault()
	for name, layer := range layers {
		level := layer.Level.Or(LevelInfo)
		out["threshold."+name] = pythonLevel(level)
		for i, d := range layer.Destinations {
			own := d.Level
			if own == "" && d.Ref != "" {
				own = l.Config.Destinations[d.Ref].Level
			}
			out[fmt.Sprintf("dest_level.%s.%d", name, i)] = pythonLevel(own.Or(level))
		}
	}
	q := l.resolver.queue
	out["async.mode"], out["async.max_queue_size"], out["async.worker_count"] = q.mode, q.size, q.workers
	out["async.overflow_policy"], out["async.put_timeout_seconds"] = q.policy, q.putTimeout.Seconds()
	order := []string{}
	for _, e := range l.Config.Extensions {
		if e.Name == asyncRuntime {
			continue
		}
		out["ext."+e.Name+".created"] = true
		out["ext."+e.Name+".enabled"] = e.IsEnabled()
		out["ext."+e.Name+".class"] = e.TypeName()
		if e.IsEnabled() {
			order = append(order, e.Name)
		}
	}
	out["ext.order"] = order
	out["ext.manager"] = slices.ContainsFunc(l.Config.Extensions, func(e Extension) bool { return e.Name != asyncRuntime })
	return out
}

// pythonLevel is the number of a level in Hydra-Logger for Python.
func pythonLevel(l slog.Level) int {
	switch LevelName(l) {
	case "NOTSET":
		return 0
	case "TRACE":
		return 5
	case "DEBUG":
		return 10
	case "INFO":
		return 20
	case "WARNING":
		return 30
	case "ERROR":
		return 40
	}
	return 50
}
