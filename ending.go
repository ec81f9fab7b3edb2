package hydra

import (
	"context"
	"fmt"
	"sync"
)

// ending are the destinations that nothing leads to any more, and that are being closed. One of the same name is not made before they have
// ended: a journal has one reader of a name.
type ending struct {
	mu    sync.Mutex
	until map[string]chan struct{}
}

func (e *ending) begin(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[string]chan struct{}{}
	}
	e.until[name] = make(chan struct{})
}

func (e *ending) end(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.until[name])
	delete(e.until, name)
}

// wait returns when no destination of the name is being closed.
func (e *ending) wait(ctx, closing context.Context, name string) error {
	e.mu.Lock()
	until := e.until[name]
	e.mu.Unlock()
	if until == nil {
		return nil
	}
	select {
	case <-until:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the one of the same name that an earlier reload removed has not closed yet: %w", context.Cause(ctx))
	case <-closing.Done():
		return ErrClosed
	}
}
