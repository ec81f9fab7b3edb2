package hydra

import (
	"context"
	"log/slog"
	"slices"

	"github.com/hydra-logger/hydra/record"
)

// Handler returns the logger as a [slog.Handler]. An attribute with the key
// [LayerKey] picks the layer, in a call or in With. slog's levels are Hydra's.
// The handler keeps the logger open, as a derived logger does. It has one more method, for bridges from other loggers:
// Named(name string) slog.Handler is to it what [Logger.Named] is to a logger.
func (l *Logger) Handler() slog.Handler { return &handler{l: l} }

// Slog returns a [slog.Logger] that writes to l: slog.SetDefault(log.Slog()).
func (l *Logger) Slog() *slog.Logger { return slog.New(l.Handler()) }

// handler is a slog.Handler.
type handler struct {
	l      *Logger
	groups int // open groups: below one, LayerKey is an attribute like any other
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	// A record may name another layer, which is known only in Handle.
	return h.l != nil && h.l.e != nil && int64(level) >= h.l.e.lowest.Load()
}

// Handle accepts a record. Its error is always nil: what could not be accepted is in the ledger.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	l, omit := h.l, ""
	if h.groups == 0 {
		if name := layerAttr(r); name != "" {
			omit = LayerKey
			if name != l.name {
				l = l.Layer(name)
			}
		}
	}
	if l.enabled(r.Level) {
		l.logSlog(ctx, &r, omit)
	}
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if h.l == nil || h.l.e == nil || len(attrs) == 0 {
		return h
	}
	l := h.l
	if h.groups == 0 && slices.ContainsFunc(attrs, isLayer) {
		attrs = slices.DeleteFunc(slices.Clone(attrs), func(a slog.Attr) bool {
			if isLayer(a) {
				l = l.Layer(a.Value.String())
			}
			return isLayer(a)
		})
	}
	return &handler{l: l.With(attrs...), groups: h.groups}
}

func (h *handler) WithGroup(name string) slog.Handler {
	if h.l == nil || h.l.e == nil || name == "" {
		return h
	}
	return &handler{l: h.l.WithGroup(name), groups: h.groups + 1}
}

// Named returns the handler with another name in its records. It is found by its type, interface{ Named(string) slog.Handler }.
func (h *handler) Named(name string) slog.Handler {
	return &handler{l: h.l.Named(name), groups: h.groups}
}

func isLayer(a slog.Attr) bool {
	return a.Key == LayerKey && a.Value.Kind() == slog.KindString
}

// layerAttr returns the layer that a record names itself, "" if it names none.
func layerAttr(r slog.Record) (name string) {
	r.Attrs(func(a slog.Attr) bool {
		if isLayer(a) {
			name = a.Value.String()
			return false
		}
		return true
	})
	return name
}

// logSlog accepts a record of slog, without the attributes of key omit.
func (l *Logger) logSlog(ctx context.Context, r *slog.Record, omit string) {
	e := l.e
	if l.h.closed.Load() {
		e.afterClose(l.name, r.Level, r.Message)
		return
	}
	c := e.chains.Load()
	a := e.pool.Get().(*accepter)
	l.beginSlog(a, ctx, r)
	a.enc.SetSieve(c.sieveOf())
	l.processAndAccept(c, ctx, a, r.Level, a.enc.EncodeSlog(&a.hdr, l.bound, r, omit))
}

// beginSlog is begin with the record's own time and place.
func (l *Logger) beginSlog(a *accepter, ctx context.Context, r *slog.Record) {
	l.begin(a, ctx, r.Level, r.Message)
	a.hdr.Time = record.NoTime // a record without a time is written without one, as slog asks
	if !r.Time.IsZero() {
		a.hdr.Time = unixNano(r.Time)
	}
	if l.e.addSource.Load() && r.PC != 0 {
		a.src = record.SourceOf(r.PC)
		a.hdr.Source = &a.src
	}
}
