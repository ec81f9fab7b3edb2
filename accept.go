package hydra

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/record"
)

// accepter is what one log call works with. It is pooled, so that a call
// allocates nothing; the pool is per processor, which makes its stripe local.
type accepter struct {
	enc    record.Encoder
	hdr    record.Header
	src    record.Source
	origin any // *dest whose delivery the record is made in, nil for most
	stripe *stripe
	view   record.View // for destinations that are written before the call returns
	began  int64       // when the call read the clock
	tick   uint32      // calls since the one that was measured last
}

func (e *engine) newAccepter() any {
	a := &accepter{stripe: e.submitted.stripe()}
	a.enc.SetLimits(e.opts.limits)
	if m := e.monitor.Load(); m != nil {
		a.tick = rand.Uint32N(m.every) // pooled ones come and go: so the estimate is right in the mean
	}
	return a
}

// callerDepth is the number of frames between runtime.Callers and the user's call of a level method.
const callerDepth = 4

// log encodes a record and hands it to the journal. attrs must not reach an
// interface on this path: it would be moved to the heap on every call,
// disabled ones included.
func (l *Logger) log(ctx context.Context, level slog.Level, msg string, attrs []slog.Attr) {
	e := l.e
	if l.h.closed.Load() {
		e.afterClose(l.name, level, msg)
		return
	}
	c := e.chains.Load()
	a := e.pool.Get().(*accepter)
	l.begin(a, ctx, level, msg)
	if e.addSource.Load() {
		a.hdr.Source = callerSource(a)
	}
	a.enc.SetSieve(c.sieveOf())
	l.processAndAccept(c, ctx, a, level, a.enc.Encode(&a.hdr, l.bound, attrs))
}

// processAndAccept runs the processors over an encoded record, where there are any, and accepts what they keep. It releases a.
func (l *Logger) processAndAccept(c *chains, ctx context.Context, a *accepter, level slog.Level, payload []byte) {
	keep := true
	if !c.passes(a) {
		payload, keep = l.process(c, ctx, a, payload)
	}
	if keep {
		l.accept(a, level, payload)
	}
	l.e.release(a)
}

// begin fills in the header of a record that is made now.
func (l *Logger) begin(a *accepter, ctx context.Context, level slog.Level, msg string) {
	h := &a.hdr
	h.Time = l.e.clock.now()
	a.began = h.Time
	h.Level = level
	h.Layer = l.name
	h.Logger = l.logger
	h.Message = msg
	h.IDs, a.origin, h.Context = correlation.LookupAll(ctx)
}

// release gives an accepter back without what it borrowed from the caller.
func (e *engine) release(a *accepter) {
	a.hdr.Message = ""
	a.hdr.IDs, a.origin, a.hdr.Context = nil, nil, nil
	a.hdr.Source = nil
	e.pool.Put(a)
}

// callerSource returns the place of the user's call.
func callerSource(a *accepter) *record.Source {
	var pcs [1]uintptr
	runtime.Callers(callerDepth, pcs[:])
	a.src = record.SourceOf(pcs[0])
	return &a.src
}

// accept counts an encoded record and gives it to what keeps it: the journal,
// and the destinations that are written before the call returns.
func (l *Logger) accept(a *accepter, level slog.Level, payload []byte) {
	e, ly := l.e, l.layerOf(a)
	b := bandOf(level)
	tag := ly.tag | uint16(b)
	a.count(e, tag)
	if l.unknown != nil {
		l.unknown.Add(1)
	}
	if ly.queued {
		e.append(ly, level, tag, payload)
	}
	if len(ly.direct) > 0 {
		e.writeDirect(a, ly, b, payload)
	}
	if m := e.monitor.Load(); m != nil {
		m.observe(a, e.clock, a.began, payload)
	}
}

// append puts a record into the journal and waits where the user chose to wait.
func (e *engine) append(ly *layer, level slog.Level, tag uint16, payload []byte) {
	end, err := e.journal.Append(payload, tag, priorityOf(level))
	if err != nil {
		end, err = e.appendFailed(ly, level, tag, payload, err)
		if err != nil {
			return
		}
	}
	if ly.commit || level >= slog.Level(e.syncLevel.Load()) {
		e.afterAppend(ly, level, end)
	}
}

// afterAppend waits where a layer's durability or a record's level asks for it.
func (e *engine) afterAppend(ly *layer, level slog.Level, end uint64) {
	if ly.commit {
		e.waitDurable(end)
	}
	if level >= slog.Level(e.syncLevel.Load()) {
		e.waitLocal(ly, end, syncLevelWait)
	}
}

// syncLevelWait is the longest that a call of sync_level waits for local destinations.
const syncLevelWait = 250 * time.Millisecond

// appendFailed waits for room where the layer's destinations chose to block, and
// counts the record as dropped for each of them when there is none.
func (e *engine) appendFailed(ly *layer, level slog.Level, tag uint16, payload []byte, err error) (uint64, error) {
	if errors.Is(err, journal.ErrFull) && ly.blocks {
		ctx, cancel := ly.blockContext(e.closing)
		defer cancel()
		end, waitErr := e.journal.AppendWait(ctx, payload, tag, priorityOf(level))
		if waitErr == nil {
			return end, nil
		}
		err = waitErr
	}
	reason := dropReason(err)
	for _, r := range ly.routes {
		if !r.dest.isDirect() && bandOf(level) >= r.first {
			r.dest.drops.add(reason, bandOf(level), 1)
		}
	}
	e.noteDrop(reason, err)
	return 0, err
}

// The reasons for which a record is dropped, as the ledger names them. Those of processors are in package processor.
const (
	dropFull     = "journal_full"    // no room, and no policy made any
	dropTooLarge = "too_large"       // larger than the journal takes
	dropClosed   = "closed"          // the call met the end of Close
	dropOldest   = "overflow_oldest" // policy drop_oldest
	dropNewest   = "overflow_newest" // policy drop_newest
	dropShed     = "overflow_shed"   // policy shed_below
	dropVolatile = "lost_at_close"   // pending at Close without a state directory
)

func dropReason(err error) string {
	switch {
	case errors.Is(err, journal.ErrTooLarge):
		return dropTooLarge
	case errors.Is(err, journal.ErrClosed):
		return dropClosed
	}
	return dropFull
}
