package hydra

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/config"
)

// levelControl holds the levels that were changed at run time.
type levelControl struct {
	mu    sync.Mutex
	until map[*layer]*temporary
}

type temporary struct {
	until time.Time
	timer *time.Timer
}

// SetLevel changes the level of a layer while the program runs; an empty name
// stands for all layers. With a duration the configured level comes back after it.
// Destinations with a level of their own keep it. An unknown layer is an error.
func (l *Logger) SetLevel(layer string, level slog.Level, d ...time.Duration) error {
	if l == nil || l.e == nil {
		return nil
	}
	return l.e.setLevel(layer, level, d...)
}

func (e *engine) setLevel(name string, level slog.Level, d ...time.Duration) error {
	if len(d) > 1 || len(d) == 1 && d[0] <= 0 {
		return fmt.Errorf("hydra: set level of layer %q: the time limit must be one positive duration", name)
	}
	e.levels.mu.Lock()
	defer e.levels.mu.Unlock()
	if e.closing.Err() != nil {
		return ErrClosed
	}
	if name == "" {
		for _, ly := range e.wires.Load().current() {
			e.setLayerLevel(ly, level, d...)
		}
		return nil
	}
	ly := e.layers()[name]
	if ly == nil {
		return fmt.Errorf("hydra: set level: there is no layer %q in logger %q", name, e.name)
	}
	e.setLayerLevel(ly, level, d...)
	return nil
}

// setLayerLevel runs under the levels' mutex.
func (e *engine) setLayerLevel(ly *layer, level slog.Level, d ...time.Duration) {
	if t := e.levels.until[ly]; t != nil {
		t.timer.Stop()
		delete(e.levels.until, ly)
	}
	ly.level.Store(int64(level))
	e.setThreshold(ly)
	if len(d) > 0 {
		e.levels.limit(e, ly, d[0])
	}
}

func (e *engine) endTemporary(ly *layer, t *temporary) {
	e.levels.mu.Lock()
	defer e.levels.mu.Unlock()
	if e.levels.until[ly] != t {
		return
	}
	delete(e.levels.until, ly)
	ly.level.Store(int64(ly.configured))
	e.setThreshold(ly)
}

// keep hands what SetLevel said of a layer to the one that takes its place, whose configured level is to be the one given.
// It returns that level. The caller holds c.mu.
func (c *levelControl) keep(e *engine, before, after *layer, configured slog.Level) (slog.Level, bool) {
	set := slog.Level(before.level.Load())
	if t := c.until[before]; t != nil {
		t.timer.Stop()
		delete(c.until, before)
		c.limit(e, after, time.Until(t.until))
		return set, true
	}
	return set, set != before.configured && before.configured == configured
}

// limit makes the level of a layer end after d. The caller holds c.mu.
func (c *levelControl) limit(e *engine, ly *layer, d time.Duration) {
	t := &temporary{until: time.Now().Add(d)}
	t.timer = time.AfterFunc(d, func() { e.endTemporary(ly, t) })
	if c.until == nil {
		c.until = map[*layer]*temporary{}
	}
	c.until[ly] = t
}

// stop ends the timers of temporary levels.
func (c *levelControl) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.until {
		t.timer.Stop()
	}
	c.until = nil
}

// levelVariable names layers and levels from outside: HYDRA_LOG=info,payments=debug.
const levelVariable = "HYDRA_LOG"

// applyEnvironment sets the levels that HYDRA_LOG asks for: a level alone for all
// layers, name=level for a layer, or for a whole logger of that name. These are
// the levels that a temporary one returns to.
func (e *engine) applyEnvironment() {
	problems := e.configureLevels()
	for _, ly := range e.wires.Load().current() {
		ly.level.Store(int64(ly.configured))
		e.setThreshold(ly)
	}
	for _, p := range problems {
		e.warnings = append(e.warnings, levelVariable+": "+p)
		e.notes.write(Event{Text: levelVariable + ": " + p})
	}
}

// configureLevels changes the configured levels of the layers in use as the environment says. It returns what is wrong with it.
func (e *engine) configureLevels() (problems []string) {
	text := os.Getenv(levelVariable)
	if text == "" {
		return nil
	}
	all, byName, problems := config.ParseLevels(text)
	layers := e.layers()
	for _, ly := range e.wires.Load().current() {
		if all != nil {
			ly.configured = *all
		}
		if level, ok := byName[e.name]; ok && layers[e.name] == nil {
			ly.configured = level
		}
		if level, ok := byName[ly.name]; ok && !ly.fallback {
			ly.configured = level
		}
	}
	for name := range byName {
		if layers[name] == nil && name != e.name {
			problems = append(problems, fmt.Sprintf("%q is neither a layer of logger %q nor its name", name, e.name))
		}
	}
	return problems
}
