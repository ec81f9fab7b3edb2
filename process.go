package hydra

import (
	"context"
	"log/slog"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// work is what the processors' path needs beside an accepter.
type work struct {
	ev  record.Event
	enc record.Encoder
}

func (e *engine) newWork() any {
	w := &work{}
	w.enc.SetLimits(e.opts.limits)
	return w
}

// process runs the chain over an encoded record and returns what is to be accepted. A record that no processor touches
// is returned as it is; others are taken apart and encoded again. One that a processor drops is counted
// as submitted and as dropped for each destination that it would have reached.
func (l *Logger) process(c *chains, ctx context.Context, a *accepter, payload []byte) ([]byte, bool) {
	e := l.e
	if a.view.Decode(payload) != nil {
		l.countFiltered(a, a.hdr.Level, processor.ReasonProcessor) // Encode made it: it always decodes; else it stays closed
		return nil, false
	}
	level := a.view.Level
	ctx = orBackground(ctx)
	chain := c.all
	if a.origin != nil { // made during a delivery: what a processor made of it later would not know that
		if chain = c.quiet; chain == nil {
			return payload, true
		}
	}
	at, reason := chain.Begin(ctx, &a.view, a.enc.Passed())
	if reason == "" && at < chain.Len() {
		payload, reason = e.takeApart(chain, at, ctx, a)
	}
	if a.origin == nil { // a delivery that is under way must not wait for another one
		e.afterProcess()
	}
	if reason != "" {
		l.countFiltered(a, level, reason)
		return nil, false
	}
	return payload, true
}

// takeApart runs the processors from at on over the record in a.view, and encodes it again.
func (e *engine) takeApart(chain *processor.Chain, at int, ctx context.Context, a *accepter) ([]byte, string) {
	w := e.works.Get().(*work)
	defer e.works.Put(w)
	if w.ev.Set(&a.view) != nil {
		return nil, processor.ReasonProcessor // it was decoded before
	}
	level, layer := w.ev.Level, w.ev.Layer
	reason := chain.Continue(at, ctx, &w.ev)
	w.ev.Level, w.ev.Layer = level, layer
	if reason != "" {
		return nil, reason
	}
	a.enc, w.enc = w.enc, a.enc // the result lives as long as the accepter is ours
	return a.enc.EncodeEvent(&w.ev), ""
}

func (l *Logger) countFiltered(a *accepter, level slog.Level, reason string) {
	b := bandOf(level)
	ly := l.layerOf(a)
	a.count(l.e, ly.tag|uint16(b))
	for _, d := range l.e.dests() {
		if d.wants(ly, b) {
			d.drops.add(reason, b, 1)
		}
	}
}
