package cloudauth

import (
	"context"
	"time"
)

// A credential that expires is renewed so much before, and not asked for more often than renewPause: the servers hand out the same one
// until shortly before its end.
const (
	renewBefore = 5 * time.Minute
	renewPause  = 30 * time.Second
)

// held keeps a credential until shortly before it expires. Its zero value holds none.
type held[T any] struct {
	turn    chan struct{} // of one buffered element: whoever has put one in asks
	value   T
	renewAt time.Time
	expires time.Time // zero: never
}

func newHeld[T any]() *held[T] { return &held[T]{turn: make(chan struct{}, 1)} }

// get returns the credential; fetch asks for a new one, expires is zero for one that does not. One that has not expired is used
// where a new one can't be had.
func (h *held[T]) get(ctx context.Context, fetch func(context.Context) (v T, expires time.Time, err error)) (T, error) {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return *new(T), context.Cause(ctx)
	}
	now := time.Now()
	if !h.renewAt.IsZero() && now.Before(h.renewAt) {
		return h.value, nil
	}
	v, expires, err := fetch(ctx)
	if err != nil {
		if h.renewAt.IsZero() || !now.Before(h.expires) {
			return *new(T), err
		}
		h.renewAt = earlier(now.Add(renewPause), h.expires)
		return h.value, nil
	}
	h.value, h.expires, h.renewAt = v, expires, now.Add(renewPause)
	if before := expires.Add(-renewBefore); before.After(h.renewAt) {
		h.renewAt = before
	}
	if !expires.IsZero() {
		h.renewAt = earlier(h.renewAt, expires)
	}
	return v, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
