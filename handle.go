package hydra

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/hydra-logger/hydra/config"
)

// handle is one successful Open, Parse or New. Loggers hold it; the engine, its
// workers and the registry do not, so that a logger which is dropped without
// Close is collected, and then drained and closed by the cleanup.
type handle struct {
	id      uint64
	e       *engine
	closed  atomic.Bool
	once    sync.Once
	err     error
	cleanup runtime.Cleanup
}

// registry knows the engines and handles of the process. It holds handles weakly.
type registry struct {
	mu       sync.Mutex
	engines  map[string]*engine // by what makes two openings equal
	sources  map[string]*engine // by what was read to open it
	dirs     map[string]*engine // by state directory, until it is closed
	building map[place]chan struct{}
	handles  map[uint64]weak.Pointer[handle]
	next     uint64
	fallback *Logger                // what SetDefault set
	standard *Logger                // made by Default when nothing was set
	crash    atomic.Pointer[engine] // owner of the runtime's crash output
}

var engines = &registry{
	engines:  map[string]*engine{},
	sources:  map[string]*engine{},
	dirs:     map[string]*engine{},
	building: map[place]chan struct{}{},
	handles:  map[uint64]weak.Pointer[handle]{},
}

// open returns a logger on the engine for key, or on the one that build makes
// when there is none. An empty key is never shared. An engine on the same key or
// state directory that is just closing, or being built, is waited for; one that is
// open with another configuration is an error.
func (r *registry) open(key, name, stateDir string, build func() (*engine, error)) (*Logger, error) {
	for {
		r.mu.Lock()
		e := r.engines[key]
		if e != nil && e.refs > 0 {
			e.refs++
			log := r.handleLocked(e)
			r.mu.Unlock()
			return log, nil
		}
		if e == nil && stateDir != "" {
			e = r.dirs[stateDir]
		}
		if e != nil {
			busy := e.refs > 0
			r.mu.Unlock()
			if busy {
				return nil, &InUseError{Dir: stateDir, Name: name, Holder: e.name}
			}
			<-e.closed
			continue
		}
		p := place{key, stateDir}
		if other := r.buildingLocked(p); other != nil {
			r.mu.Unlock()
			<-other
			continue
		}
		return r.buildAndUnlock(p, build)
	}
}

// place is what there can be one engine for, each part by itself; "" is no part.
type place struct{ key, stateDir string }

// buildingLocked returns what is closed when the engine of a place that is being built is there, nil when none is.
func (r *registry) buildingLocked(p place) chan struct{} {
	for other, done := range r.building {
		if p.key != "" && p.key == other.key || p.stateDir != "" && p.stateDir == other.stateDir {
			return done
		}
	}
	return nil
}

// buildAndUnlock makes the engine of a place. The registry is not locked meanwhile: a journal that takes long to recover
// holds up no other logger.
func (r *registry) buildAndUnlock(p place, build func() (*engine, error)) (*Logger, error) {
	done := make(chan struct{})
	if p != (place{}) {
		r.building[p] = done
	}
	defer func() {
		delete(r.building, p)
		r.mu.Unlock()
		close(done)
	}()
	e, err := func() (*engine, error) {
		r.mu.Unlock()
		defer r.mu.Lock()
		return build()
	}()
	if err != nil {
		return nil, err
	}
	e.refs, e.key = 1, p.key
	if p.key != "" {
		r.engines[p.key] = e
	}
	if e.stateDir != "" {
		r.dirs[e.stateDir] = e
	}
	return r.handleLocked(e), nil
}

// shared returns a logger on an open engine that was opened from the same
// source: same file, same content, same environment. It spares parsing.
func (r *registry) shared(source string) *Logger {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.sources[source]
	if e == nil || e.refs == 0 {
		return nil
	}
	e.refs++
	return r.handleLocked(e)
}

// remember makes source known as a way to e.
func (r *registry) remember(source string, e *engine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.refs > 0 && len(e.sources) < maxSources {
		r.sources[source] = e
		e.sources = append(e.sources, source)
	}
}

// rekey makes an engine known by the configuration that it follows now.
func (r *registry) rekey(e *engine, plan *config.Plan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, source := range e.sources {
		delete(r.sources, source)
	}
	e.sources = nil
	if e.key == "" || r.engines[e.key] != e {
		return
	}
	delete(r.engines, e.key)
	e.key = engineKey(plan, e.reloads.dir)
	r.engines[e.key] = e
}

// maxSources bounds what one engine is remembered by.
const maxSources = 16

func (r *registry) handleLocked(e *engine) *Logger {
	r.next++
	id := r.next
	h := &handle{id: id, e: e}
	r.handles[id] = weak.Make(h)
	h.cleanup = runtime.AddCleanup(h, func(e *engine) { go r.collected(id, e) }, e)
	return &Logger{h: h, e: e, slot: e.slots.fallback, name: e.fallback().name, logger: e.loggerName, bound: e.bound, root: true}
}

// collected closes what a logger that was dropped without Close held.
func (r *registry) collected(id uint64, e *engine) {
	r.mu.Lock()
	delete(r.handles, id)
	r.mu.Unlock()
	ctx, cancel := e.closeContext()
	defer cancel()
	_ = r.release(ctx, e) // there is nobody to tell; what stays is in the journal or counted
}

// release gives up one reference; the last one drains and closes the engine.
func (r *registry) release(ctx context.Context, e *engine) error {
	r.mu.Lock()
	e.refs--
	last := e.refs == 0
	r.mu.Unlock()
	if !last {
		return nil
	}
	err := e.shutdown(ctx)
	r.mu.Lock()
	if r.engines[e.key] == e {
		delete(r.engines, e.key)
	}
	for _, source := range e.sources {
		delete(r.sources, source)
	}
	if r.dirs[e.stateDir] == e {
		delete(r.dirs, e.stateDir)
	}
	r.mu.Unlock()
	close(e.closed)
	return err
}

// live returns the open handles, oldest first.
func (r *registry) live() []*handle {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*handle, 0, len(r.handles))
	for _, p := range r.handles {
		if h := p.Value(); h != nil && !h.closed.Load() {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *handle) int { return cmp.Compare(a.id, b.id) })
	return out
}

// close ends a handle. Every caller gets the same result; the first does the work.
func (h *handle) close(ctx context.Context) error {
	h.once.Do(func() {
		h.closed.Store(true)
		h.cleanup.Stop()
		h.err = engines.forget(h, ctx)
	})
	return h.err
}

func (r *registry) forget(h *handle, ctx context.Context) error {
	r.mu.Lock()
	delete(r.handles, h.id)
	r.mu.Unlock()
	return r.release(ctx, h.e)
}

func (h *handle) logger() *Logger {
	return &Logger{h: h, e: h.e, slot: h.e.slots.fallback, name: h.e.fallback().name, logger: h.e.loggerName, bound: h.e.bound}
}
