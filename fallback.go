package hydra

import (
	"fmt"
	"slices"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
)

// fallbacksFirst resolves the names of fallbacks, and returns the destinations in an order in
// which each comes after its fallback. One that leads back to itself is refused: each would wait for the other.
func fallbacksFirst(all []*dest) ([]*dest, error) {
	byName := map[string]*dest{}
	for _, d := range all {
		byName[d.cfg.Name] = d
	}
	for _, d := range all {
		name := d.cfg.Delivery.Fallback
		if name == "" {
			continue
		}
		f := byName[name]
		if f == nil {
			return nil, fmt.Errorf("hydra: destination %q: there is no destination %q to fall back to", d.cfg.Name, name)
		}
		f.hosts.Store(true)
		if d.fallback == nil || d.fallback.standby != f.standby { // else others may be reading it
			d.fallback = f
		}
	}
	var order []*dest
	placed := map[*dest]bool{}
	for _, d := range all {
		var chain []*dest
		for at := d; at != nil && !placed[at]; at = at.fallback {
			chain = append(chain, at)
			if len(chain) > len(all) {
				return nil, fmt.Errorf("hydra: destination %q: its fallback leads back to it", d.cfg.Name)
			}
		}
		for i := len(chain) - 1; i >= 0; i-- {
			placed[chain[i]] = true
			order = append(order, chain[i])
		}
	}
	return order, nil
}

// host is what delivers for others.
func (d *dest) host() destination.Host {
	if d.direct != nil {
		return d.direct
	}
	return d.worker
}

// changeGuests marks the destinations whose fallback becomes another one: they need a worker that knows it. One
// whose settings change is no other one: see [destination.Standby].
func changeGuests(plan *config.Plan, changes *config.Changes) {
	added := map[string]bool{}
	for _, c := range changes.Destinations {
		added[c.Name] = added[c.Name] || c.Kind == config.Added
	}
	for i := range changes.Destinations {
		if c := &changes.Destinations[i]; c.Kind == config.Unchanged && added[plan.Destinations[c.New].Delivery.Fallback] {
			c.Kind, c.What = config.Changed, []string{"fallback"}
		}
	}
}

// guestCheck is how often a fallback that a reload removed looks whether somebody may still need it.
const guestCheck = 50 * time.Millisecond

// outlastGuests waits until no destination has d as its fallback. It reports false when the engine closes before.
func (e *engine) outlastGuests(d *dest) bool {
	t := time.NewTicker(guestCheck)
	defer t.Stop()
	for slices.ContainsFunc(e.dests(), func(other *dest) bool { return other.fallback != nil && other.fallback.standby == d.standby }) {
		select {
		case <-t.C:
		case <-e.closing.Done():
			return false
		}
	}
	return true
}
