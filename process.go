package hydra

import (
	"context"
	"log/slog"

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

// logProcessed is log where processors are configured: the record is encoded
// once, which detaches it from the caller's memory, decoded into a pooled event,
// processed, and encoded again.
func (l *Logger) logProcessed(ctx context.Context, level slog.Level, msg string, attrs []slog.Attr) {
	e := l.e
	a := e.pool.Get().(*accepter)
	defer e.release(a)
	l.begin(a, ctx, level, msg)
	if e.addSource {
		a.hdr.Source = callerSource(a, 1)
	}
	if payload, keep := l.process(ctx, a, a.enc.Encode(&a.hdr, l.bound, attrs)); keep {
		l.accept(a, level, payload)
	}
}

// processSlog is logProcessed for a record of slog.
func (l *Logger) processSlog(ctx context.Context, r *slog.Record, omit string) {
	e := l.e
	a := e.pool.Get().(*accepter)
	defer e.release(a)
	l.beginSlog(a, ctx, r)
	if payload, keep := l.process(ctx, a, a.enc.EncodeSlog(&a.hdr, l.bound, r, omit)); keep {
		l.accept(a, r.Level, payload)
	}
}

// process runs the chain over an encoded record and returns it encoded again. A record that a
// processor drops is counted as submitted and as dropped for each destination that it would have reached.
func (l *Logger) process(ctx context.Context, a *accepter, payload []byte) ([]byte, bool) {
	e := l.e
	w := e.works.Get().(*work)
	defer e.works.Put(w)
	if a.view.Decode(payload) != nil || w.ev.Set(&a.view) != nil {
		return payload, true // Encode made it: it always decodes
	}
	level, layer := w.ev.Level, w.ev.Layer
	keep := e.chain.Process(orBackground(ctx), &w.ev)
	w.ev.Level, w.ev.Layer = level, layer
	if !keep {
		l.countFiltered(a, level)
		return nil, false
	}
	a.enc, w.enc = w.enc, a.enc // the result lives as long as the accepter is ours
	return a.enc.EncodeEvent(&w.ev), true
}

func (l *Logger) countFiltered(a *accepter, level slog.Level) {
	b := bandOf(level)
	ly := l.layerOf(a)
	a.stripe.add(ly.tag | uint16(b))
	for _, d := range l.e.dests {
		if d.wants(ly, b) {
			d.drops.add(dropFiltered, b, 1)
		}
	}
}
