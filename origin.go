package hydra

import (
	"context"

	"github.com/hydra-logger/hydra/correlation"
)

// What is logged during a delivery must not go to the destination that is delivered to: each delivery would make
// the next one necessary, for ever. A delivery's context therefore names the destination, and
// a record that is made with it, or with a context made of it, goes to a part of its layer: all of
// its destinations but this one. Such a part has a tag of its own, so that the journal's readers tell it apart; the
// accounts of the other destinations count it as any other.

// withOrigin is the context that deliveries to d are made of.
func withOrigin(d *dest) context.Context { return correlation.WithOrigin(context.Background(), d) }

// layerOf is the layer, or the part of it, that a record goes to.
func (l *Logger) layerOf(a *accepter) *layer {
	if a.origin == nil {
		return l.layer
	}
	if d, ok := a.origin.(*dest); ok {
		if part := l.layer.without[d]; part != nil {
			return part
		}
	}
	return l.layer
}

// mostLayers is the number of layers and parts that tags can tell apart.
const mostLayers = 1 << 16 / bandCount

// makeParts makes the parts of each layer. The destinations that every program has do not log.
func (e *engine) makeParts() {
	for _, ly := range e.list[:len(e.list):len(e.list)] {
		for _, r := range ly.routes {
			if e.isSilent(r.dest) || ly.without[r.dest] != nil || len(e.list) >= mostLayers {
				continue
			}
			part := &layer{name: ly.name, configured: ly.configured, commit: ly.commit, whole: ly}
			for _, other := range ly.routes {
				if other.dest != r.dest {
					part.routes = append(part.routes, other)
				}
			}
			if ly.without == nil {
				ly.without = map[*dest]*layer{}
			}
			ly.without[r.dest] = part
			e.addLayer(part)
		}
	}
}

// isSilent reports whether deliveries to d can't log: those of the local destinations of this package.
func (e *engine) isSilent(d *dest) bool {
	if !d.local || d.index >= len(e.plan.Destinations) || e.opts.types[d.cfg.Type] != nil {
		return false
	}
	switch d.cfg.Type {
	case "console", "file", "null", "memory":
		return true
	}
	return false
}
