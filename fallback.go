package hydra

import (
	"fmt"

	"github.com/hydra-logger/hydra/destination"
)

// fallbacksFirst resolves the names of fallbacks, and returns the destinations in an order in
// which each comes after its fallback. One that leads back to itself is refused: each would wait for the other.
func (e *engine) fallbacksFirst() ([]*dest, error) {
	byName := map[string]*dest{}
	for _, d := range e.dests() {
		byName[d.cfg.Name] = d
	}
	for _, d := range e.dests() {
		name := d.cfg.Delivery.Fallback
		if name == "" {
			continue
		}
		f := byName[name]
		if f == nil {
			return nil, fmt.Errorf("hydra: destination %q: there is no destination %q to fall back to", d.cfg.Name, name)
		}
		d.fallback, f.hosts = f, true
	}
	var order []*dest
	placed := map[*dest]bool{}
	for _, d := range e.dests() {
		var chain []*dest
		for at := d; at != nil && !placed[at]; at = at.fallback {
			chain = append(chain, at)
			if len(chain) > len(e.dests()) {
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
