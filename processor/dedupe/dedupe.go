// Package dedupe replaces records that repeat one another by the first of them and a summary:
// "connection refused (repeated 84,231 times in 60 s)".
package dedupe

import (
	"context"
	"fmt"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

// Keys of the attributes of a summary, beside those of the record that was repeated. Its message is that record's,
// followed by " (repeated N times in D)". Its level, layer and ids are those of the first repetition.
const (
	CountKey = "repeated"       // how many records were left out
	FirstKey = "repeated_first" // time of the first of them
	LastKey  = "repeated_last"  // time of the last of them
)

// Options are the settings of a [Deduper]. The zero value means all defaults.
type Options struct {
	// Window is how long records are compared with the first of their key, and so the time between summaries. Default: 60 s.
	Window time.Duration
	// By are the parts of the key, see package key. Default: layer, level, message, attributes.
	By []string
	// MaxKeys bounds the number of records that are remembered, at about 200 bytes each. The one that was
	// remembered first makes room, with a summary if it was repeated. Default: 10000.
	MaxKeys int
	// MaxBytes bounds what is kept of the records that were repeated, for their summaries. Beyond, a
	// summary has no attributes of its record. Default: 8 MiB.
	MaxBytes int
	// Scope says which records may be left out. Default: those below WARNING, of all layers.
	Scope key.Scope
}

const (
	defaultWindow = time.Minute
	defaultKeys   = 10_000
	defaultBytes  = 8 << 20
	manyShards    = 16
	fewKeys       = 256
)

// Deduper leaves out records that repeat one another. What it counts lives in memory: a process
// that is killed has logged the first record of each key, and not the summary.
type Deduper struct {
	window time.Duration
	scope  key.Scope
	key    *key.Key
	start  time.Time
	shards []*shard
}

// New returns a processor. An unknown part in By, or a window below 0, is an error.
func New(o Options) (*Deduper, error) {
	if o.Window == 0 {
		o.Window = defaultWindow
	}
	if o.MaxKeys <= 0 {
		o.MaxKeys = defaultKeys
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultBytes
	}
	if len(o.By) == 0 {
		o.By = []string{key.Layer, key.Level, key.Message, key.Attributes}
	}
	if o.Window < 0 {
		return nil, fmt.Errorf("window: %v is below 0", o.Window)
	}
	k, err := key.New(o.By...)
	if err != nil {
		return nil, err
	}
	d := &Deduper{window: o.Window, scope: o.Scope, key: k, start: time.Now()}
	n := manyShards
	if o.MaxKeys < fewKeys {
		n = 1
	}
	for range n {
		d.shards = append(d.shards, newShard(o.Window, (o.MaxKeys+n-1)/n, o.MaxBytes/n))
	}
	return d, nil
}

// Reason implements processor.Reasoner.
func (d *Deduper) Reason() string { return processor.ReasonDeduplicated }

// Process implements processor.Processor.
func (d *Deduper) Process(_ context.Context, e *record.Event) bool {
	if !d.scope.Has(e) {
		return true
	}
	sum := d.key.Sum(e)
	keep, _ := d.shardOf(sum).process(sum, time.Since(d.start), e.Time, e)
	return keep
}

// Decide implements processor.Decider. Only the first repetition is taken apart, for the summary.
func (d *Deduper) Decide(_ context.Context, v *record.View) processor.Verdict {
	if !d.scope.Holds(v.Level, v.Layer) {
		return processor.Pass
	}
	sum, ok := d.key.SumView(v)
	if !ok {
		return processor.Take
	}
	keep, done := d.shardOf(sum).process(sum, time.Since(d.start), v.Time, nil)
	switch {
	case !done:
		return processor.Take
	case keep:
		return processor.Pass
	}
	return processor.Drop
}

func (d *Deduper) shardOf(sum uint64) *shard { return d.shards[sum%uint64(len(d.shards))] }

// Ready implements processor.Emitter: a record began a new window, or took the place of another,
// and the summary of what came before is to stand before it.
func (d *Deduper) Ready() bool {
	for _, s := range d.shards {
		if s.ready.Load() {
			return true
		}
	}
	return false
}

// Emit implements processor.Emitter.
func (d *Deduper) Emit(when processor.Occasion, out func(e *record.Event)) (next time.Time) {
	now := time.Since(d.start)
	var soonest time.Duration = -1
	var ev record.Event
	for _, s := range d.shards {
		due, at := s.take(now, when)
		for _, w := range due {
			if w.summary(&ev, d.window) {
				out(&ev)
			}
		}
		if at >= 0 && (soonest < 0 || at < soonest) {
			soonest = at
		}
	}
	if soonest < 0 {
		return time.Time{}
	}
	return d.start.Add(soonest)
}
