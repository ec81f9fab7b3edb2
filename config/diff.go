package config

import (
	"fmt"
	"slices"
)

// ChangeKind says what became of a layer or a destination.
type ChangeKind uint8

// The kinds.
const (
	Unchanged ChangeKind = iota
	Added
	Removed
	Changed
)

// String returns "unchanged", "added", "removed" or "changed".
func (k ChangeKind) String() string {
	return [...]string{"unchanged", "added", "removed", "changed"}[k]
}

// Change is one layer or one destination of two plans.
type Change struct {
	Kind     ChangeKind
	Name     string   // in the new plan; of one that was removed, in the old
	Old, New int      // indexes in the plans, -1 where it is not
	What     []string // keys that differ, of one that changed
}

// Changes is the difference of two plans.
type Changes struct {
	// Top are the keys outside of layers and destinations that differ.
	Top          []string
	Layers       []Change // those of the new plan in its order, then what was removed
	Destinations []Change
}

// Empty reports whether the plans have the same effect.
func (c *Changes) Empty() bool {
	same := func(x Change) bool { return x.Kind == Unchanged }
	return len(c.Top) == 0 && !slices.ContainsFunc(c.Layers, func(x Change) bool { return !same(x) }) &&
		!slices.ContainsFunc(c.Destinations, func(x Change) bool { return !same(x) })
}

// Diff compares two plans. A destination is the same when type, address and
// name are: such a one keeps its file and its cursor, whatever place it has in the
// configuration. One with another name for the same address has changed; one
// with the same name for another address was removed and another one added, since
// it must not be fed the other's records.
func Diff(old, new *Plan) Changes {
	out := Changes{Top: topChanges(old, new)}
	pairs := pairDestinations(old, new)
	for j := range new.Destinations {
		out.Destinations = append(out.Destinations, destinationChange(old, new, pairs[j], j))
	}
	for i := range old.Destinations {
		if !slices.Contains(pairs, i) {
			out.Destinations = append(out.Destinations, Change{Kind: Removed, Name: old.Destinations[i].Name, Old: i, New: -1})
		}
	}
	for j := range new.Layers {
		i := slices.IndexFunc(old.Layers, func(l ResolvedLayer) bool { return l.Name == new.Layers[j].Name })
		out.Layers = append(out.Layers, layerChange(old, new, i, j))
	}
	for i := range old.Layers {
		if !slices.ContainsFunc(new.Layers, func(l ResolvedLayer) bool { return l.Name == old.Layers[i].Name }) {
			out.Layers = append(out.Layers, Change{Kind: Removed, Name: old.Layers[i].Name, Old: i, New: -1})
		}
	}
	return out
}

// pairDestinations gives for every destination of the new plan its index in the old one, -1 for none.
func pairDestinations(old, new *Plan) []int {
	pairs := make([]int, len(new.Destinations))
	for j := range pairs {
		pairs[j] = -1
	}
	for _, sameName := range []bool{true, false} {
		for j := range new.Destinations {
			if pairs[j] >= 0 {
				continue
			}
			b := &new.Destinations[j]
			for i := range old.Destinations {
				a := &old.Destinations[i]
				fits := a.Type == b.Type && a.Address == b.Address && (!sameName || a.Name == b.Name)
				if fits && !slices.Contains(pairs, i) {
					pairs[j] = i
					break
				}
			}
		}
	}
	return pairs
}

func destinationChange(old, new *Plan, i, j int) Change {
	b := &candidate{ResolvedDestination: new.Destinations[j]}
	out := Change{Name: b.Name, Old: i, New: j, Kind: Added}
	if i < 0 {
		return out
	}
	a := &candidate{ResolvedDestination: old.Destinations[i]}
	if a.Name != b.Name {
		out.What = append(out.What, "name")
	}
	x, y := settingsOf(a), settingsOf(b)
	for k := range x {
		if x[k] != y[k] {
			out.What = append(out.What, x[k].key)
		}
	}
	return out.decided()
}

func (c Change) decided() Change {
	c.Kind = Unchanged
	if len(c.What) > 0 {
		c.Kind = Changed
	}
	return c
}

func layerChange(old, new *Plan, i, j int) Change {
	b := &new.Layers[j]
	out := Change{Name: b.Name, Old: i, New: j, Kind: Added}
	if i < 0 {
		return out
	}
	a := &old.Layers[i]
	if a.Level != b.Level {
		out.What = append(out.What, "level")
	}
	if a.Color != b.Color {
		out.What = append(out.What, "color")
	}
	if a.Commit != b.Commit {
		out.What = append(out.What, "durability")
	}
	if !slices.Equal(old.routesOf(a), new.routesOf(b)) {
		out.What = append(out.What, "destinations")
	}
	return out.decided()
}

// routesOf are the routes of a layer by name, so that they can be compared over plans.
func (p *Plan) routesOf(l *ResolvedLayer) []string {
	var out []string
	for _, r := range l.Routes {
		d := &p.Destinations[r.Destination]
		out = append(out, fmt.Sprintf("%s|%s|%s|%d", d.Name, d.Type, d.Address, r.MinLevel))
	}
	slices.Sort(out)
	return out
}

// topChanges are the keys of a file that differ at its top.
func topChanges(old, new *Plan) []string {
	var out []string
	for _, c := range []struct {
		key  string
		same bool
	}{
		{"name", old.Name == new.Name}, {"mode", old.Mode == new.Mode}, {"default_level", old.DefaultLevel == new.DefaultLevel},
		{"sync_level", old.SyncLevel == new.SyncLevel}, {"close_timeout", old.CloseTimeout == new.CloseTimeout},
		{"add_source", old.AddSource == new.AddSource}, {"base_log_dir", old.LogDir == new.LogDir}, {"journal", old.Journal == new.Journal},
		{"extensions", fingerprint(withoutPlaces(old.Extensions)) == fingerprint(withoutPlaces(new.Extensions))},
		{"service", old.Service == new.Service}, {"version", old.Version == new.Version}, {"environment", old.Environment == new.Environment},
		{"watch", old.Watch == new.Watch}, {"enable_data_protection", old.Protect == new.Protect}, {"security_level", old.SecurityLevel == new.SecurityLevel},
		{"enable_performance_monitoring and monitoring_*", old.Monitoring == new.Monitoring}, {"strict_reliability_mode", old.Strict == new.Strict},
		{"reliability_error_policy", old.ErrorPolicy == new.ErrorPolicy},
	} {
		if !c.same {
			out = append(out, c.key)
		}
	}
	return out
}

// withoutPlaces drops where processors are described, which says nothing about what they do.
func withoutPlaces(all []ResolvedExtension) []ResolvedExtension {
	out := slices.Clone(all)
	for i := range out {
		out[i].Where = ""
	}
	return out
}
