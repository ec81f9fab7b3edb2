package config

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Resolve decides everything that a configuration leaves open and returns the
// plan. The error is all that is wrong, joined; each is an [*Error]. types
// are the types of destinations and extensions that are registered beyond those of the schema.
//
// It reads the working directory, and looks whether a file's path is a pipe
// or a device. It creates nothing.
func Resolve(c *Config, types ...string) (Plan, error) {
	r := resolve(c, types, nil)
	r.plan.Warnings = r.warningList()
	return r.plan, r.err()
}

// resolve returns the zero Plan when a value is wrong.
func resolve(c *Config, types []string, file *decoder) *resolver {
	ch := checker{config: c, types: types, file: file}
	ch.all()
	r := &resolver{problems: &ch.problems, config: c, used: make(map[string]bool)}
	if len(ch.errors) == 0 {
		r.top()
		r.layers()
		r.finish()
		r.plan.inheritExtensions()
	}
	return r
}

type resolver struct {
	*problems
	config *Config
	plan   Plan
	found  []*candidate
	queue  queue
	used   map[string]bool // destinations that are fallbacks alone
}

func (r *resolver) top() {
	c := r.config
	r.plan.Name = c.Name
	if c.Name == "" {
		r.plan.Name = programName()
	}
	r.plan.Mode = c.Mode
	if c.Mode == "" {
		r.plan.Mode = ModeAsync
	}
	r.plan.DefaultLevel = c.DefaultLevel.Or(LevelInfo)
	r.plan.SyncLevel = c.SyncLevel.Or(LevelCritical)
	if strings.EqualFold(string(c.SyncLevel), "NONE") {
		r.plan.SyncLevel = LevelOff
	}
	r.plan.CloseTimeout = 10 * time.Second
	if c.CloseTimeout != 0 {
		r.plan.CloseTimeout = max(c.CloseTimeout.Std(), 0)
	}
	r.plan.AddSource = c.AddSource
	r.queue, _ = asyncRuntimeOf(c.Extensions)
	r.logDir()
	r.journal()
	r.flags()
	r.plan.Extensions = r.extensions("extensions", c.Extensions)
}

func (r *resolver) journal() {
	j := &r.config.Journal
	out := &r.plan.Journal
	out.Enabled = j.IsEnabled() && r.plan.Mode == ModeAsync
	if j.Dir != "" {
		out.Dir = r.absolute("journal.dir", j.Dir)
	}
	out.Durability, out.Interval, _ = j.Durability.Parse()
	out.Quota, out.Reserve, out.MappedLimit = int64(j.Quota), int64(j.Reserve), int64(j.MappedLimit)
	out.MaxWait = orDefault(j.MaxWait, Duration(10*time.Millisecond)).Std()
	out.Backend = orDefault(j.Backend, BackendAuto)
}

// layersOrDefault are those that are configured, or the layer "default" with a console.
func (r *resolver) layersOrDefault() map[string]Layer {
	if len(r.config.Layers) > 0 {
		return r.config.Layers
	}
	return map[string]Layer{"default": {
		Level:        Level(LevelName(r.plan.DefaultLevel)),
		Destinations: []Destination{{Type: TypeConsole}},
	}}
}

func (r *resolver) layers() {
	layers := r.layersOrDefault()
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		l := layers[name]
		r.layer(name, &l)
	}
	r.fallbacks()
	for _, name := range slices.Sorted(maps.Keys(r.config.Destinations)) {
		if !r.isUsed(name) {
			r.warnf(join("destinations", name), "destinations.%s is not used by any layer and is not opened", name)
		}
	}
}

func (r *resolver) layer(name string, l *Layer) {
	out := ResolvedLayer{Name: name, Level: LevelOff, Color: colorCode(orDefault(l.Color, r.config.LayerColors[name]))}
	kind, _, _ := l.Durability.Parse()
	out.Commit = kind == DurabilityCommit || kind == DurabilityDefault && r.plan.Journal.Durability == DurabilityCommit
	if l.IsEnabled() {
		out.Level = l.Level.Or(LevelInfo)
		r.routes(&out, l)
	}
	r.plan.Layers = append(r.plan.Layers, out)
}

func (r *resolver) routes(out *ResolvedLayer, l *Layer) {
	for i := range l.Destinations {
		d, at := l.Destinations[i], fmt.Sprintf("layers.%s.destinations[%d]", out.Name, i)
		level := d.Level
		if d.Ref != "" {
			ref := d.Ref
			d, at = r.config.Destinations[ref], join("destinations", ref)
			level = orDefault(level, d.Level)
			d.Name = orDefault(d.Name, ref)
		}
		index := r.add(&d, at, out.Commit)
		addRoute(out, Route{Destination: index, MinLevel: max(out.Level, level.Or(LevelNotSet))})
	}
}

// addRoute adds a route; two to the same destination become one, with the lower level.
func addRoute(out *ResolvedLayer, route Route) {
	for i := range out.Routes {
		if out.Routes[i].Destination == route.Destination {
			out.Routes[i].MinLevel = min(out.Routes[i].MinLevel, route.MinLevel)
			return
		}
	}
	out.Routes = append(out.Routes, route)
}

// fallbacks adds destinations that no layer uses, but another destination while it is down.
func (r *resolver) fallbacks() {
	for i := 0; i < len(r.found); i++ { // it grows
		name := r.found[i].Delivery.Fallback
		d, ok := r.config.Destinations[name]
		if ok && !r.isUsed(name) {
			d.Name = orDefault(d.Name, name)
			r.add(&d, join("destinations", name), r.found[i].commit)
			r.used[name] = true
		}
		if name != "" && r.leadsBack(i) {
			r.errorf(join(r.found[i].Where[0], "fallback"), "%s.fallback: %s leads back to itself", r.found[i].Where[0], name)
		}
	}
}

// fallbackName is the name in the plan of a destination's fallback.
func (r *resolver) fallbackName(c *candidate) string {
	return orDefault(r.config.Destinations[c.Delivery.Fallback].Name, c.Delivery.Fallback)
}

// leadsBack reports whether following fallbacks from a destination comes to it again.
func (r *resolver) leadsBack(i int) bool {
	at := r.found[i]
	for range r.found {
		j := slices.IndexFunc(r.found, func(c *candidate) bool { return c.named && c.Name == r.fallbackName(at) })
		if j < 0 {
			return false
		}
		if j == i {
			return true
		}
		at = r.found[j]
	}
	return false
}

func (r *resolver) isUsed(name string) bool {
	if r.used[name] {
		return true
	}
	for _, l := range r.config.Layers {
		if slices.ContainsFunc(l.Destinations, func(d Destination) bool { return d.Ref == name }) {
			return true
		}
	}
	return false
}

// LevelOf returns the level of a layer, of one that is not configured the default level.
func (p *Plan) LevelOf(layer string) slog.Level {
	for i := range p.Layers {
		if p.Layers[i].Name == layer {
			return p.Layers[i].Level
		}
	}
	return p.DefaultLevel
}

func programName() string {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	if name == "" || name == "." || name == string(filepath.Separator) {
		return "hydra"
	}
	return name
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
