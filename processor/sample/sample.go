// Package sample keeps a part of the records: the first ones of each kind, or whole flows.
package sample

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

// CountKey is the attribute of a kept record that says how many of its key were left out since the last kept one.
const CountKey = "sampled_out"

// Options are the settings of a [Head]. The zero value means all defaults.
type Options struct {
	// First is how many records of a key are kept in each interval. Default: 100. Negative: none.
	First int
	// Thereafter keeps every so-many-th of the others. Default: 100. Negative: none.
	Thereafter int
	// Interval after which counting begins anew, from the key's first record on. Default: 1 s.
	Interval time.Duration
	// By are the parts of the key, see package key. Default: layer, level, message.
	By []string
	// MaxKeys bounds the memory, about 100 bytes a key; keys beyond are counted together. Default: 10000.
	MaxKeys int
	// Scope says which records may be left out. Default: those below WARNING, of all layers.
	Scope key.Scope
}

const (
	defaultFirst      = 100
	defaultThereafter = 100
	defaultInterval   = time.Second
	defaultKeys       = 10_000
)

// Head keeps the first records of each key and interval, and of the others every so-many-th.
type Head struct {
	o     Options
	key   *key.Key
	table *key.Table[count]
	start time.Time
}

type count struct {
	since time.Duration
	seen  uint64 // in this interval
	out   uint64 // left out and not yet told of
}

// NewHead returns a processor. An unknown part in By, or an interval below 0, is an error.
func NewHead(o Options) (*Head, error) {
	if o.First == 0 {
		o.First = defaultFirst
	}
	if o.Thereafter == 0 {
		o.Thereafter = defaultThereafter
	}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	if o.MaxKeys <= 0 {
		o.MaxKeys = defaultKeys
	}
	if len(o.By) == 0 {
		o.By = []string{key.Layer, key.Level, key.Message}
	}
	if o.Interval < 0 {
		return nil, fmt.Errorf("interval: %v is below 0", o.Interval)
	}
	k, err := key.New(o.By...)
	if err != nil {
		return nil, err
	}
	h := &Head{o: o, key: k, start: time.Now()}
	h.table = key.NewTable(o.MaxKeys, func(c *count, now time.Duration) bool { return now-c.since >= o.Interval })
	return h, nil
}

// Reason implements processor.Reasoner.
func (h *Head) Reason() string { return processor.ReasonSampled }

// Process implements processor.Processor.
func (h *Head) Process(_ context.Context, e *record.Event) bool {
	if !h.o.Scope.Has(e) {
		return true
	}
	keep, out, _ := h.count(h.key.Sum(e), true)
	if out > 0 {
		e.Attrs = append(e.Attrs, slog.Uint64(CountKey, out))
	}
	return keep
}

// Decide implements processor.Decider.
func (h *Head) Decide(_ context.Context, v *record.View) processor.Verdict {
	if !h.o.Scope.Holds(v.Level, v.Layer) {
		return processor.Pass
	}
	sum, ok := h.key.SumView(v)
	if !ok {
		return processor.Take
	}
	keep, _, done := h.count(sum, false)
	switch {
	case !done:
		return processor.Take
	case keep:
		return processor.Pass
	}
	return processor.Drop
}

// count counts a record of a key. Where it is to tell how many were left out and can't, nothing is done.
func (h *Head) count(sum uint64, canTell bool) (keep bool, out uint64, done bool) {
	now := time.Since(h.start)
	c, mu := h.table.Lock(sum, now)
	defer mu.Unlock()
	if c.seen == 0 || now-c.since >= h.o.Interval {
		c.since, c.seen = now, 0
	}
	keep = h.keeps(c.seen + 1)
	if keep && c.out > 0 && !canTell {
		return keep, 0, false
	}
	c.seen++
	if !keep {
		c.out++
		return false, 0, true
	}
	out, c.out = c.out, 0
	return true, out, true
}

// keeps decides on the n-th record of an interval.
func (h *Head) keeps(n uint64) bool {
	first := uint64(max(h.o.First, 0))
	if n <= first {
		return true
	}
	return h.o.Thereafter > 0 && (n-first)%uint64(h.o.Thereafter) == 0
}
