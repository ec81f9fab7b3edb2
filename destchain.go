package hydra

import (
	"context"
	"log/slog"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// destChain runs the processors of one destination: record → event → processors → record. It connects
// package destination, which declares what it needs, to package processor.
type destChain struct {
	chain *processor.Chain
	bound []slog.Attr // appended to each record
	ev    record.Event
	enc   record.Encoder
	view  record.View
}

// chainOf returns the processors of a destination as its worker calls them, nil if it has none.
func (e *engine) chainOf(d *dest) destination.Chain {
	if d.chain == nil && len(d.bound) == 0 {
		return nil
	}
	c := &destChain{chain: d.chain, bound: d.bound}
	c.enc.SetLimits(e.opts.limits)
	return c
}

// newChainOf makes a chain for each goroutine that formats, nil if the destination has no processors.
func (e *engine) newChainOf(d *dest) func() destination.Chain {
	if d.chain == nil && len(d.bound) == 0 {
		return nil
	}
	return func() destination.Chain { return e.chainOf(d) }
}

// Apply implements destination.Chain.
func (c *destChain) Apply(v *record.View, payload []byte) (*record.View, []byte, string) {
	at := 0
	if c.chain != nil && len(c.bound) == 0 {
		var reason string
		if at, reason = c.chain.Begin(context.Background(), v, false); reason != "" || at == c.chain.Len() {
			return v, payload, reason
		}
	}
	if c.ev.Set(v) != nil {
		return nil, nil, destination.DropUndecodable // closed, not open
	}
	level, layer := c.ev.Level, c.ev.Layer
	c.ev.Attrs = append(c.ev.Attrs, c.bound...)
	if c.chain != nil {
		if reason := c.chain.Continue(at, context.Background(), &c.ev); reason != "" {
			return nil, nil, reason
		}
	}
	c.ev.Level, c.ev.Layer = level, layer
	raw := c.enc.EncodeEvent(&c.ev)
	if c.view.Decode(raw) != nil {
		return nil, nil, processor.ReasonProcessor // EncodeEvent made it: it always decodes
	}
	c.view.Journal, c.view.Position, c.view.Recovered = v.Journal, v.Position, v.Recovered
	return &c.view, raw, ""
}
