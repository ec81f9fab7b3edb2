package hydra

import (
	"context"
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/journal"
)

// Record is one element of [Logger.LogBatch].
type Record struct {
	// Context whose ids the record carries. Default: the context of the call.
	Context context.Context
	// Time of the event. Default: now.
	Time  time.Time
	Level slog.Level
	// Layer by name. Default: the logger's.
	Layer   string
	Message string
	Attrs   []slog.Attr
}

// LogBatch logs several records at the price of one claim in the journal: they
// are kept next to each other and in order. Records below their layer's level are left out.
func (l *Logger) LogBatch(ctx context.Context, records []Record) {
	if l == nil || l.e == nil || len(records) == 0 {
		return
	}
	if l.h.closed.Load() {
		l.e.after.n.Add(uint64(len(records) - 1))
		l.e.afterClose(l.name, records[0].Level, records[0].Message)
		return
	}
	b := l.e.newBatch()
	defer b.flush()
	now := l.e.clock.now()
	for i := range records {
		r := &records[i]
		to := l
		if r.Layer != "" && r.Layer != l.name {
			to = l.Layer(r.Layer)
		}
		if !to.enabled(r.Level) {
			continue
		}
		to.logInBatch(b, ctx, now, r)
	}
}

// logInBatch encodes one record of a batch.
func (l *Logger) logInBatch(b *batch, ctx context.Context, now int64, r *Record) {
	e := l.e
	if r.Context != nil {
		ctx = r.Context
	}
	a := b.a
	h := &a.hdr
	h.Time, h.Level, h.Layer, h.Logger, h.Message = now, r.Level, l.name, l.logger, r.Message
	h.IDs, a.origin, h.Context = correlation.LookupAll(ctx)
	if !r.Time.IsZero() {
		h.Time = unixNano(r.Time)
	}
	c := e.chains.Load()
	a.enc.SetSieve(c.sieveOf())
	payload := a.enc.Encode(h, l.bound, r.Attrs)
	if !c.passes(a) {
		var keep bool
		if payload, keep = l.process(c, ctx, a, payload); !keep {
			return
		}
	}
	b.add(l, r.Level, payload)
}

// batch collects encoded records for one claim.
type batch struct {
	e      *engine
	a      *accepter
	data   []byte // payloads, one after the other
	frames []journal.Frame
	ends   []int // of each payload in data
	items  []batchItem
}

type batchItem struct {
	ly    *layer
	level slog.Level
}

func (e *engine) newBatch() *batch {
	b := e.batches.Get().(*batch)
	b.e, b.a = e, e.pool.Get().(*accepter)
	return b
}

// add puts an encoded record into the batch, and writes it at once where a destination is direct.
func (b *batch) add(l *Logger, level slog.Level, payload []byte) {
	ly := l.layerOf(b.a)
	tag := ly.tag | uint16(bandOf(level))
	b.a.count(b.e, tag)
	if l.unknown != nil {
		l.unknown.Add(1)
	}
	if ly.queued {
		b.data = append(b.data, payload...)
		b.ends = append(b.ends, len(b.data))
		b.items = append(b.items, batchItem{ly, level})
	}
	if len(ly.direct) > 0 {
		b.e.writeDirect(b.a, ly, bandOf(level), payload)
	}
	if m := b.e.monitor.Load(); m != nil {
		m.observe(b.a, b.e.clock, 0, payload)
	}
}

// flush appends what was collected, and gives the batch back.
func (b *batch) flush() {
	start := 0
	for i, end := range b.ends {
		it := b.items[i]
		b.frames = append(b.frames, journal.Frame{
			Payload: b.data[start:end:end], Tag: it.ly.tag | uint16(bandOf(it.level)), Priority: priorityOf(it.level),
		})
		start = end
	}
	b.append()
	b.e.release(b.a)
	clear(b.items)
	b.a, b.data, b.frames, b.ends, b.items = nil, b.data[:0], b.frames[:0], b.ends[:0], b.items[:0]
	b.e.batches.Put(b)
}

// append hands the frames to the journal; what does not fit is treated one by one, as single calls are.
func (b *batch) append() {
	for at := 0; at < len(b.frames); {
		n, end, err := b.e.journal.AppendBatch(b.frames[at:])
		if n > 0 {
			b.waitFor(b.items[at:at+n], end)
			at += n
		}
		if err == nil {
			return
		}
		f, it := b.frames[at], b.items[at]
		if end, err := b.e.appendFailed(it.ly, it.level, f.Tag, f.Payload, err); err == nil {
			b.waitFor(b.items[at:at+1], end)
		}
		at++
	}
}

// waitFor waits for a run of records as their layers and levels ask, once for all of a layer.
func (b *batch) waitFor(items []batchItem, end uint64) {
	waited := map[*layer]slog.Level{}
	for _, it := range items {
		if top, ok := waited[it.ly]; !ok || it.level > top {
			waited[it.ly] = it.level
		}
	}
	for ly, level := range waited {
		b.e.afterAppend(ly, level, end)
	}
}
