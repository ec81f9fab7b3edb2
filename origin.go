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
	ly := l.slot.now.Load()
	if a.origin == nil {
		return ly
	}
	if d, ok := a.origin.(*dest); ok {
		if part := ly.without[d]; part != nil {
			return part
		}
	}
	return ly
}

// mostLayers is the number of layers and parts that tags can tell apart.
const mostLayers = 1 << 16 / bandCount

// makeParts makes the parts of each layer from a place in the list on. The destinations that every program has do not log.
func (e *engine) makeParts(w *wiring, from int) {
	for _, ly := range w.list[from:len(w.list):len(w.list)] {
		for _, r := range ly.routes {
			if e.isSilent(r.dest) || ly.without[r.dest] != nil || len(w.list) >= mostLayers {
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
			w.add(part)
		}
	}
}

// isSilent reports whether deliveries to d can't log: those of the local destinations of this package.
func (e *engine) isSilent(d *dest) bool {
	if !d.local || d.at != nil || e.opts.types[d.cfg.Type] != nil {
		return false
	}
	switch d.cfg.Type {
	case "console", "file", "null", "memory":
		return true
	}
	return false
}
