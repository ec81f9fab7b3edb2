// Package correlation carries the ids that tie the records of one flow
// together: the correlation id of the whole flow, the causation id of the event
// that led to this one, the id of the message in hand, and the W3C trace context.
//
// One context key holds one struct, so that a log call looks the ids up once.
package correlation

import (
	"context"

	"github.com/hydra-logger/hydra/record"
)

type key struct{}

// carried is what the context holds. It is immutable once stored.
type carried struct {
	ids    record.IDs
	origin any // see WithOrigin
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
	if ctx == nil {
		return nil, nil
	}
	c, _ := ctx.Value(key{}).(*carried)
	if c == nil {
		return nil, nil
	}
	if c.origin != nil && c.ids == (record.IDs{}) {
		return nil, c.origin
	}
	return &c.ids, c.origin
}

// WithOrigin returns a context that says what a record is made for: a logger marks the contexts of its own deliveries,
// so that what is logged during a delivery does not go where it comes from. The ids that ctx carries are kept.
func WithOrigin(ctx context.Context, origin any) context.Context {
	ids, _ := FromContext(ctx)
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithValue(ctx, key{}, &carried{ids: ids, origin: origin})
}

// With returns a context that carries ids in place of those that ctx carried.
func With(ctx context.Context, ids record.IDs) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	_, origin := Lookup(ctx)
	return context.WithValue(ctx, key{}, &carried{ids: ids, origin: origin})
}

// Ensure returns a context whose correlation id is id, or, when id is empty,
// the one that ctx carries already, or else a new one. The other ids are kept.
func Ensure(ctx context.Context, id string) context.Context {
	ids, _ := FromContext(ctx)
	switch {
	case id != "" && id == ids.CorrelationID, id == "" && ids.CorrelationID != "":
		return ctx
	case id == "":
		id = New()
	}
	ids.CorrelationID = id
	return With(ctx, ids)
}

// ID returns the correlation id that ctx carries, "" if there is none.
func ID(ctx context.Context) string {
	if p := Pointer(ctx); p != nil {
		return p.CorrelationID
	}
	return ""
}
