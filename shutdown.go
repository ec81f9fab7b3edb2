package hydra

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hydra-logger/hydra/destination"
)

// closeContext is the time that Close has.
func (e *engine) closeContext() (context.Context, context.CancelFunc) {
	if e.plan().CloseTimeout > 0 {
		return context.WithTimeout(context.Background(), e.plan().CloseTimeout)
	}
	return context.WithCancel(context.Background())
}

// tail is the mark behind everything that was accepted so far.
func (e *engine) tail() destination.Mark {
	return destination.Mark{Journal: e.journal.ID(), End: e.journal.Tail()}
}

// flush waits until every worker has delivered what was accepted before.
func (e *engine) flush(ctx context.Context) error {
	if e.ended.Load() {
		return ErrClosed
	}
	if err := e.flushEmission(ctx); err != nil {
		return fmt.Errorf("hydra: logger %q: a destination that is written by the call hangs: %w", e.name, err)
	}
	if e.journal == nil {
		return nil
	}
	mark := e.tail()
	err := e.flushTo(ctx, mark)
	if err == nil {
		return nil
	}
	if pending := e.pendingError(err); pending != nil {
		return pending
	}
	return nil
}

// flushTo waits for all destinations, also for those that take the place of others meanwhile.
func (e *engine) flushTo(ctx context.Context, m destination.Mark) error {
	for {
		w := e.wires.Load()
		err := e.waitAcked(ctx, m, w.dests)
		if err == nil || ctx.Err() != nil || e.wires.Load() == w {
			return err
		}
	}
}

// waitAcked waits until the workers of some destinations have acknowledged a mark.
func (e *engine) waitAcked(ctx context.Context, m destination.Mark, dests []*dest) error {
	for _, d := range dests {
		if d.worker != nil {
			d.worker.Flush()
		}
	}
	for _, d := range dests {
		if d.worker == nil {
			continue
		}
		if err := d.worker.WaitAcked(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// waitLocal makes the local destinations of a layer write what was appended up to end, and waits for them a while.
func (e *engine) waitLocal(ly *layer, end uint64, most time.Duration) {
	var local []*dest
	for _, r := range ly.routes {
		if r.dest.local && r.dest.worker != nil {
			local = append(local, r.dest)
		}
	}
	if len(local) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	_ = e.waitAcked(ctx, destination.Mark{Journal: e.journal.ID(), End: end}, local) // what is late is in the journal
}

// sync makes everything accepted so far survive a power cut.
func (e *engine) sync(ctx context.Context) error {
	switch {
	case e.ended.Load():
		return ErrClosed
	case e.journal == nil:
		return nil
	case e.stateDir == "":
		return e.flush(ctx)
	}
	if err := e.journal.Sync(ctx); err != nil {
		return fmt.Errorf("hydra: logger %q: sync: %w", e.name, err)
	}
	return nil
}

// shutdown ends the engine: no more records, workers drained as far as ctx
// allows, everything released. It is called once.
func (e *engine) shutdown(ctx context.Context) error {
	e.begin()
	e.awaitReload()
	e.levels.stop()
	e.endEmission(ctx)
	if e.journal != nil {
		e.journal.Seal()
	}
	errs := e.stopDests(ctx)
	e.reloads.retired.Wait()
	var pending uint64
	if err := e.pendingError(ctx.Err()); err != nil {
		errs = append(errs, err)
		pending = err.total()
	}
	e.final.Store(e.lastReport())
	e.ended.Store(true)
	e.endRun(pending)
	if err := e.closeJournals(); err != nil {
		errs = append(errs, fmt.Errorf("hydra: logger %q: journal: %w", e.name, err))
	}
	errs = append(errs, e.notes.failures())
	return errors.Join(errs...)
}

// awaitReload waits for the end of a reload that is under way, which does not wait for deliveries any more. No other follows.
func (e *engine) awaitReload() {
	e.reloads.mu.Lock()
	defer e.reloads.mu.Unlock()
}

func (e *engine) closeJournals() error {
	if e.journal == nil {
		return nil
	}
	var errs []error
	for _, j := range e.journals() { // our own is the last: the others depend on it
		errs = append(errs, j.Close())
	}
	return errors.Join(errs...)
}

// stopDests stops all destinations at once, so that one that hangs costs the others no time; but one without a
// worker that is a fallback stops after the others.
func (e *engine) stopDests(ctx context.Context) []error {
	errs := make([]error, len(e.dests()))
	var wg, guests sync.WaitGroup
	for _, d := range e.dests() {
		if d.worker != nil {
			guests.Add(1)
		}
	}
	for i, d := range e.dests() {
		wg.Go(func() {
			if d.worker != nil {
				defer guests.Done()
			} else if d.hosts.Load() {
				guests.Wait()
			}
			var err error
			if d.worker != nil {
				err = d.worker.Stop(ctx)
			} else if d.direct != nil {
				err = d.direct.Close(ctx)
			}
			if err != nil {
				errs[i] = fmt.Errorf("hydra: destination %q: %w", d.cfg.Name, err)
			}
		})
	}
	wg.Wait()
	var out []error
	for _, err := range errs {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// pendingError names what is not delivered, nil if nothing is.
func (e *engine) pendingError(cause error) *PendingError {
	pending := map[string]uint64{}
	for _, d := range e.dests() {
		if d.source == nil {
			continue
		}
		if n, _, _ := d.source.Pending(); n > 0 {
			pending[d.cfg.Name] = n
		}
	}
	if len(pending) == 0 {
		return nil
	}
	return &PendingError{Name: e.name, Pending: pending, Kept: e.stateDir, Cause: cause}
}

// lastReport is what Health returns from now on. With a journal in memory, what is pending is lost, and counted so.
func (e *engine) lastReport() *lastReport {
	volatile := e.journal != nil && e.stateDir == ""
	if volatile {
		for _, d := range e.dests() {
			if d.source != nil {
				d.source.countLost(dropVolatile)
			}
		}
	}
	r := e.report()
	for i := range r.Destinations {
		if d := &r.Destinations[i]; volatile {
			d.Ledger.Pending, d.PendingBytes, d.OldestAge = 0, 0, 0
		}
	}
	return &lastReport{r}
}
