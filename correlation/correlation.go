// Package correlation carries the ids that tie the records of one flow
// together: the correlation id of the whole flow, the causation id of the event
// that led to this one, the id of the message in hand, and the W3C trace context.
//
// One context key holds one struct, so that a log call looks the ids up once.
package correlation

import (
	"context"
	"log/slog"

	"github.com/hydra-logger/hydra/record"
)

type key struct{}

// carried is what the context holds. It is immutable once stored.
type carried struct {
	ids    record.IDs
	origin any           // see WithOrigin
	attrs  *record.Bound // see WithAttrs
	state  string        // tracestate, as it came
	minted bool          // the correlation id was made here
}

// FromContext returns the ids that ctx carries, and whether there are any. A nil ctx carries none.
func FromContext(ctx context.Context) (record.IDs, bool) {
	if p := Pointer(ctx); p != nil {
		return *p, true
	}
	return record.IDs{}, false
}

// Pointer returns the ids that ctx carries without copying them, nil if there are none.
// What it points to must not be changed.
func Pointer(ctx context.Context) *record.IDs {
	ids, _ := Lookup(ctx)
	return ids
}

// Lookup is Pointer together with the origin that [WithOrigin] has set, nil if there is none. It costs one look at ctx.
func Lookup(ctx context.Context) (ids *record.IDs, origin any) {
	ids, origin, _ = LookupAll(ctx)
	return ids, origin
}

// LookupAll is Lookup together with the encoded attributes of [WithAttrs], as [record.Header] takes them, at the
// price of the same one look at ctx. What it returns must not be changed.
func LookupAll(ctx context.Context) (ids *record.IDs, origin any, attrs []byte) {
	c := carriedBy(ctx)
	if c == nil {
		return nil, nil, nil
	}
	if c.ids != (record.IDs{}) || c.origin == nil && c.attrs == nil {
		ids = &c.ids
	}
	return ids, c.origin, c.attrs.Bytes()
}

func carriedBy(ctx context.Context) *carried {
	if ctx == nil {
		return nil
	}
	c, _ := ctx.Value(key{}).(*carried)
	return c
}

// derive returns a context that carries what ctx does after change was applied to a copy of it.
func derive(ctx context.Context, change func(*carried)) context.Context {
	var c carried
	if old := carriedBy(ctx); old != nil {
		c = *old
	}
	change(&c)
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithValue(ctx, key{}, &c)
}

// WithOrigin returns a context that says what a record is made for: a logger marks the contexts of its own deliveries,
// so that what is logged during a delivery does not go where it comes from. All else that ctx carries is kept.
func WithOrigin(ctx context.Context, origin any) context.Context {
	return derive(ctx, func(c *carried) { c.origin = origin })
}

// With returns a context that carries ids in place of those that ctx carried. A tracestate is kept as long as the
// trace id stays the same.
func With(ctx context.Context, ids record.IDs) context.Context {
	return derive(ctx, func(c *carried) {
		if ids.TraceID != c.ids.TraceID {
			c.state = ""
		}
		if ids.CorrelationID != c.ids.CorrelationID {
			c.minted = false
		}
		c.ids = ids
	})
}

// WithAttrs returns a context whose records carry attrs behind those that ctx gives them already. The attributes are
// encoded once, here, with the default limits of a record.
func WithAttrs(ctx context.Context, attrs ...slog.Attr) context.Context {
	if len(attrs) == 0 && ctx != nil {
		return ctx
	}
	return derive(ctx, func(c *carried) { c.attrs = c.attrs.With(attrs) })
}

// Minted reports whether the correlation id of ctx was made by this process because none came with the request or message.
func Minted(ctx context.Context) bool {
	c := carriedBy(ctx)
	return c != nil && c.minted
}

// Caused returns a context for what the message with the given id causes: the id becomes the causation id, and there is
// no message in hand. The correlation id and the trace stay. A consumer of a batch makes one context for each message,
// by [Extract], and hands one of these to work that outlives the message.
func Caused(ctx context.Context, messageID string) context.Context {
	return derive(ctx, func(c *carried) { c.ids.CausationID, c.ids.MessageID = messageID, "" })
}

// Ensure returns a context whose correlation id is id, or, when id is empty,
// the one that ctx carries already, or else a new one. The other ids are kept.
func Ensure(ctx context.Context, id string) context.Context {
	ids, _ := FromContext(ctx)
	minted := false
	switch {
	case id != "" && id == ids.CorrelationID, id == "" && ids.CorrelationID != "":
		return ctx
	case id == "":
		id, minted = New(), true
	}
	return derive(ctx, func(c *carried) { c.ids.CorrelationID, c.minted = id, minted })
}

// ID returns the correlation id that ctx carries, "" if there is none.
func ID(ctx context.Context) string {
	if p := Pointer(ctx); p != nil {
		return p.CorrelationID
	}
	return ""
}
