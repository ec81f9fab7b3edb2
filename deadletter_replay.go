package hydra

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/deadletter"
	"github.com/hydra-logger/hydra/destination"
)

// DeadLetters opens the dead letters of a destination of a configuration: to look at them, or to remove some. A service that
// runs with the same configuration may go on. It is an error when there is no such destination, or no state directory.
func DeadLetters(cfg Config, name string, opts ...Option) (*deadletter.Store, error) {
	e, d, err := deadLetterEngine(&cfg, name, collect(opts))
	if err != nil {
		return nil, err
	}
	return e.openDeadLetters(d), nil
}

// deadLetterEngine is an engine that only knows its configuration, and the destination.
func deadLetterEngine(cfg *Config, name string, o *options) (*engine, *dest, error) {
	plan, err := config.Resolve(cfg, o.typeNames()...)
	if err != nil {
		return nil, nil, err
	}
	dir, err := plan.StateDir()
	if err != nil {
		return nil, nil, fmt.Errorf("hydra: state directory: %w", err)
	}
	if dir == "" {
		return nil, nil, errors.New("hydra: this configuration has no state directory, so no dead letters are kept")
	}
	e := newIdleEngine(&plan, o, dir)
	for i := range plan.Destinations {
		if plan.Destinations[i].Name == name {
			return e, newDest(plan.Destinations[i]), nil
		}
	}
	return nil, nil, fmt.Errorf("hydra: there is no destination %q in this configuration", name)
}

// Replayed says what became of dead letters that were delivered again.
type Replayed struct {
	Letters   int                      // that were tried
	Delivered uint64                   // and are removed
	Failed    map[deadletter.ID]string // the reasons of those that were rejected again, and stay
	Retries   uint64
	LastError string // of a delivery that was retried
}

// ReplayDeadLetters delivers the dead letters of a destination again, those for which want returns true (nil: all), with
// the formatter, time limit and retries of the configuration. A letter is removed when it has arrived. What is
// rejected again stays, and so does what has not arrived when ctx ends, which is an error.
// A record keeps its id: a receiver that deduplicates by it sees each once.
func ReplayDeadLetters(ctx context.Context, cfg Config, name string, want func(*deadletter.Letter) bool, opts ...Option) (out Replayed, err error) {
	e, d, err := deadLetterEngine(&cfg, name, collect(opts))
	if err != nil {
		return out, err
	}
	defer e.begin()
	replay, err := e.openDeadLetters(d).NewReplay(want)
	if err != nil || replay.Len() == 0 {
		return out, err
	}
	out.Letters = replay.Len()
	w, err := e.replayWorker(d, replay)
	if err != nil {
		return out, fmt.Errorf("hydra: destination %q: %w", name, err)
	}
	w.Start()
	err = w.Stop(ctx) // delivers what is there
	out.Delivered, out.Failed = replay.Result()
	s := w.Status()
	out.Retries, out.LastError = s.Retries, s.LastError
	if left := out.Letters - int(out.Delivered) - len(out.Failed); left > 0 && err == nil {
		err = fmt.Errorf("hydra: destination %q: %d of %d dead letters were not delivered in time: %s", name, left, out.Letters, s.LastError)
	}
	return out, err
}

func (e *engine) replayWorker(d *dest, r *deadletter.Replay) (*destination.Worker, error) {
	driver, err := e.makeDriver(&d.cfg)
	if err != nil {
		return nil, err
	}
	d.setDriver(driver)
	make, err := e.formatterOf(d)
	if err != nil {
		return nil, errors.Join(err, driver.Close(e.closing))
	}
	o := e.workerOptions(d, make)
	o.Source, o.DeadLetters = r, r
	o.NewChain = nil // they have been through the processors, which would sample them once more
	return destination.NewWorker(o), nil
}

// newIdleEngine is an engine that has opened nothing.
func newIdleEngine(p *config.Plan, o *options, stateDir string) *engine {
	e := &engine{name: p.Name, opts: o, stateDir: filepath.Clean(stateDir)}
	e.wires.Store(&wiring{plan: p})
	e.notes.name, e.notes.fn = e.name, o.onEvent
	e.closing, e.begin = context.WithCancel(context.Background())
	return e
}
