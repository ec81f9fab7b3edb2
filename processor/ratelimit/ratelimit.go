// Package ratelimit bounds how many records of a key pass in a second.
package ratelimit

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

// CountKey is the attribute of a record that says how many of its key were dropped since the last one that passed.
const CountKey = "rate_limited"

// Options are the settings of a [Limiter].
type Options struct {
	// Rate is how many records of a key pass in a second, in the long run. Needed: above 0.
	Rate float64
	// Burst is how many pass at once, after a rest. Default: Rate, rounded up, and at least 1.
	Burst int
	// By are the parts of the key, see package key. Default: layer, level, message.
	By []string
	// MaxKeys bounds the memory, about 100 bytes a key; keys beyond share one allowance. Default: 10000.
	MaxKeys int
	// Scope says which records may be dropped. Default: those below WARNING, of all layers.
	Scope key.Scope
}

const (
	defaultKeys = 10_000
	maxRate     = 1e9
	maxFill     = 10 * 365 * 24 * time.Hour
)

// Limiter is a token bucket for each key, kept as the time at which it is full again
// (the generic cell rate algorithm, ITU-T I.371).
type Limiter struct {
	scope     key.Scope
	gap       time.Duration // between two records at the rate
	tolerance time.Duration // how far ahead of the rate a key may be
	key       *key.Key
	table     *key.Table[bucket]
	start     time.Time
}

type bucket struct {
	full time.Duration // when the bucket is full again
	out  uint64        // dropped and not yet told of
}

// New returns a processor. A rate that is not above 0, a burst below 0, or an unknown part in By is an error.
func New(o Options) (*Limiter, error) {
	if !(o.Rate > 0 && o.Rate <= maxRate) {
		return nil, fmt.Errorf("rate: %v records a second is not above 0 and at most %g", o.Rate, maxRate)
	}
	if o.Burst < 0 {
		return nil, fmt.Errorf("burst: %d is below 0", o.Burst)
	}
	if o.Burst == 0 {
		o.Burst = max(int(o.Rate+0.999999), 1)
	}
	if o.MaxKeys <= 0 {
		o.MaxKeys = defaultKeys
	}
	if float64(o.Burst)/o.Rate > maxFill.Seconds() {
		return nil, fmt.Errorf("burst: %d records at a rate of %v take longer than %v", o.Burst, o.Rate, maxFill)
	}
	if len(o.By) == 0 {
		o.By = []string{key.Layer, key.Level, key.Message}
	}
	k, err := key.New(o.By...)
	if err != nil {
		return nil, err
	}
	gap := time.Duration(float64(time.Second) / o.Rate)
	l := &Limiter{scope: o.Scope, gap: gap, tolerance: gap * time.Duration(o.Burst-1), key: k, start: time.Now()}
	l.table = key.NewTable(o.MaxKeys, func(b *bucket, now time.Duration) bool { return b.full <= now })
	return l, nil
}

// Reason implements processor.Reasoner.
func (l *Limiter) Reason() string { return processor.ReasonRateLimited }

// Process implements processor.Processor.
func (l *Limiter) Process(_ context.Context, e *record.Event) bool {
	if !l.scope.Has(e) {
		return true
	}
	pass, out, _ := l.count(l.key.Sum(e), true)
	if out > 0 {
		e.Attrs = append(e.Attrs, slog.Uint64(CountKey, out))
	}
	return pass
}

// Decide implements processor.Decider.
func (l *Limiter) Decide(_ context.Context, v *record.View) processor.Verdict {
	if !l.scope.Holds(v.Level, v.Layer) {
		return processor.Pass
	}
	sum, ok := l.key.SumView(v)
	if !ok {
		return processor.Take
	}
	pass, _, done := l.count(sum, false)
	switch {
	case !done:
		return processor.Take
	case pass:
		return processor.Pass
	}
	return processor.Drop
}

// count takes a record out of its bucket. Where it is to tell how many were dropped and can't, nothing is done.
func (l *Limiter) count(sum uint64, canTell bool) (pass bool, out uint64, done bool) {
	now := time.Since(l.start)
	b, mu := l.table.Lock(sum, now)
	defer mu.Unlock()
	pass = b.full-now <= l.tolerance
	if pass && b.out > 0 && !canTell {
		return pass, 0, false
	}
	if !pass {
		b.out++
		return false, 0, true
	}
	b.full = max(b.full, now) + l.gap
	out, b.out = b.out, 0
	return true, out, true
}
