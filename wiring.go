package hydra

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hydra-logger/hydra/config"
)

// wiring is what follows from a configuration: layers, destinations and the routes between them. It is
// replaced as a whole by a reload, and never changed after it was published.
//
// A layer whose routes change gets a new *layer, with a new tag, so that records that are in the journal
// already go where they went when they were accepted, and are accounted for there. The old one
// stays in list for as long as the engine lives.
type wiring struct {
	plan     *config.Plan
	dests    []*dest  // those in use, and those that a reload has removed until they are drained
	list     []*layer // all there ever were, by index
	layers   map[string]*layer
	fallback *layer // of names that are not configured
	processing
}

func (e *engine) plan() *config.Plan { return e.wires.Load().plan }

// facts is the plan that destinations are made for: during a reload the new one.
func (e *engine) facts() *config.Plan {
	if p := e.reloads.coming.Load(); p != nil {
		return p
	}
	return e.plan()
}

func (e *engine) dests() []*dest            { return e.wires.Load().dests }
func (e *engine) list() []*layer            { return e.wires.Load().list }
func (e *engine) layers() map[string]*layer { return e.wires.Load().layers }
func (e *engine) fallback() *layer          { return e.wires.Load().fallback }

// current are the layers that names stand for now, in the order of their names, and the fallback.
func (w *wiring) current() []*layer {
	var out []*layer
	for _, name := range slices.Sorted(maps.Keys(w.layers)) {
		out = append(out, w.layers[name])
	}
	if w.fallback != nil && w.layers[w.fallback.name] != w.fallback {
		out = append(out, w.fallback)
	}
	return out
}

// slot is a layer's name as loggers hold it: what it stands for changes with a reload.
type slot struct{ now atomic.Pointer[layer] }

func fixedSlot(ly *layer) *slot {
	s := &slot{}
	s.now.Store(ly)
	return s
}

// slots are those of the names that were ever configured. Other names share one, that of the fallback.
type slots struct {
	mu       sync.RWMutex
	byName   map[string]*slot
	fallback *slot
}

// of returns the slot of a name, and whether the name is or was configured.
func (s *slots) of(name string) (*slot, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if found := s.byName[name]; found != nil {
		return found, true
	}
	return s.fallback, false
}

// point makes every name stand for its layer in w; one that is not configured any more for the fallback.
func (s *slots) point(w *wiring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fallback.now.Store(w.fallback)
	for name, ly := range w.layers {
		if s.byName[name] == nil {
			s.byName[name] = &slot{}
		}
		s.byName[name].now.Store(ly)
	}
	for name, found := range s.byName {
		if w.layers[name] == nil {
			found.now.Store(w.fallback)
		}
	}
}

// addDest and the like change a wiring that is not published yet.
func (e *engine) addDest(d *dest) {
	w := e.wires.Load()
	w.dests = append(w.dests, d)
}
