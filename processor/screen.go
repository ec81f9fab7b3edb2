package processor

import (
	"context"

	"github.com/hydra-logger/hydra/record"
)

// Screener is a processor that can tell from a record that was not yet taken apart whether it
// would change or drop it. When all processors of a chain can, and none would, the
// record goes on as it was encoded: that is several times as fast as running the chain.
//
// Screen is called by many goroutines at once. It must return true when in doubt, must not
// keep v, and must not count on Process being called.
type Screener interface {
	Processor
	Screen(ctx context.Context, v *record.View) (touch bool)
}

// Screen reports whether the chain must be run over v. A processor that panics is in doubt.
func (c *Chain) Screen(ctx context.Context, v *record.View) (touch bool) {
	touch = true
	defer func() {
		if touch {
			_ = recover() // Process meets the same, and marks the record
		}
	}()
	for _, p := range c.list {
		s, ok := p.(Screener)
		if !ok || s.Screen(ctx, v) {
			return true
		}
	}
	touch = false
	return false
}
