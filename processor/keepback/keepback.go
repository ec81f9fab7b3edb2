// Package keepback holds records of low level back until their flow meets an error: then they are
// written after all, before the error. Flows that end well leave no debug records behind.
package keepback

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/key"
	"github.com/hydra-logger/hydra/record"
)

// Key is the attribute of a record that was held back and is written after all. Its value says why.
const Key = "kept_back"

// The values of [Key].
const (
	Released  = "released"  // its flow met an error
	Recovered = "recovered" // the run that held it ended without Close
)

// Options are the settings of a [Keeper]. The zero value means all defaults.
type Options struct {
	// Level is the highest that is held back. Default: DEBUG.
	Level slog.Leveler
	// Trigger is the lowest level that lets the records of its flow out. Default: ERROR.
	Trigger slog.Leveler
	// MaxRecords, MaxBytes (of their binary form) and MaxAge bound what is held, of all flows together; the oldest
	// record makes room. For MaxAge after an error, the flow's records pass. Default: 10000, 8 MiB, 60 s.
	MaxRecords int
	MaxBytes   int
	MaxAge     time.Duration
	// Layers whose records are held back, and layers whose records are not. Default: all, and none.
	Layers, Except []string
	// Store keeps what is held over the end of the process. Default: none.
	Store Store
}

// Store is where held records survive the process. Its methods are called by one goroutine at a time, on the way of a
// log call: they must be quick.
type Store interface {
	// Keep keeps a record, and returns its place: later ones are larger.
	Keep(payload []byte) (place uint64)
	// Release says that the records of a flow kept up to now were written.
	Release(correlationID string)
	// Forget says that records up to a place are no longer held.
	Forget(place uint64)
}

// DefaultBytes is the default of [Options.MaxBytes].
const DefaultBytes = 8 << 20

const (
	defaultRecords = 10_000
	defaultAge     = time.Minute
)

// Keeper holds records back. A record without a correlation id passes: nothing could let it out.
type Keeper struct {
	trigger        slog.Level
	scope          key.Scope
	age            time.Duration
	records, bytes int
	store          Store
	start          time.Time
	ready          atomic.Bool // out holds something

	mu     sync.Mutex
	flows  map[string]*flow
	queue  queue[*held] // all that is held, oldest first, and what was let out of the middle
	opened queue[*flow] // flows that met an error, oldest first
	n      int          // held records
	size   int          // of them
	out    []released
	closed bool
}

// flow is what belongs to one correlation id.
type flow struct {
	id    string
	held  int
	list  []*held       // oldest first, those that made room included
	until time.Duration // records pass until then; 0: no error yet
}

type held struct {
	flow    *flow
	at      time.Duration
	place   uint64
	payload []byte // nil: gone
}

// New returns a processor. A level that is not below the trigger is an error.
func New(o Options) (*Keeper, error) {
	level := slog.LevelDebug
	k := &Keeper{trigger: slog.LevelError, age: o.MaxAge, records: o.MaxRecords, bytes: o.MaxBytes,
		store: o.Store, start: time.Now(), flows: map[string]*flow{}}
	if o.Level != nil {
		level = o.Level.Level()
	}
	if o.Trigger != nil {
		k.trigger = o.Trigger.Level()
	}
	if level >= k.trigger {
		return nil, fmt.Errorf("level: %v is not below the trigger, %v", level, k.trigger)
	}
	k.scope = key.Scope{Below: level + 1, Layers: o.Layers, Except: o.Except}
	if k.age < 0 {
		return nil, fmt.Errorf("max_age: %v is below 0", k.age)
	}
	if k.age == 0 {
		k.age = defaultAge
	}
	if k.records <= 0 {
		k.records = defaultRecords
	}
	if k.bytes <= 0 {
		k.bytes = DefaultBytes
	}
	return k, nil
}

// Reason implements processor.Reasoner.
func (k *Keeper) Reason() string { return processor.ReasonKeptBack }

// Process implements processor.Processor.
func (k *Keeper) Process(_ context.Context, e *record.Event) bool {
	id := e.IDs.CorrelationID
	switch {
	case id == "":
		return true
	case e.Level >= k.trigger:
		k.open(id)
		return true
	case !k.scope.Has(e):
		return true
	}
	enc := encoders.Get().(*record.Encoder)
	defer encoders.Put(enc)
	return !k.hold(id, enc.EncodeEvent(e))
}

// Decide implements processor.Decider: only what is held back is taken apart.
func (k *Keeper) Decide(_ context.Context, v *record.View) processor.Verdict {
	switch {
	case v.IDs.CorrelationID == "":
		return processor.Pass
	case v.Level >= k.trigger:
		k.open(v.IDs.CorrelationID)
		return processor.Pass
	case !k.scope.Holds(v.Level, v.Layer):
		return processor.Pass
	}
	return processor.Take
}

var encoders = sync.Pool{New: func() any { return &record.Encoder{} }}

// hold keeps a record back; false: it is to pass.
func (k *Keeper) hold(id string, payload []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Since(k.start)
	k.expire(now)
	f := k.flows[id]
	if k.closed || f != nil && f.until > now {
		return false
	}
	if f == nil {
		f = &flow{id: cloned(id)}
		k.flows[f.id] = f
	}
	h := &held{flow: f, at: now, payload: append([]byte(nil), payload...)}
	if k.store != nil {
		h.place = k.store.Keep(payload)
	}
	f.held++
	f.list = append(f.list, h)
	k.n++
	k.size += len(payload)
	k.queue.push(h)
	for k.n > k.records || k.size > k.bytes {
		k.drop()
	}
	return true
}

// open lets the records of a flow out.
func (k *Keeper) open(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	now := time.Since(k.start)
	k.expire(now)
	f := k.flows[id]
	if f == nil {
		f = &flow{id: cloned(id)}
		k.flows[f.id] = f
	}
	if f.held > 0 {
		for _, h := range f.list {
			if h.payload != nil {
				k.out = append(k.out, released{h.payload, Released, now})
				k.gone(h)
			}
		}
		if k.store != nil {
			k.store.Release(id)
		}
		k.ready.Store(true)
	}
	f.list = nil
	if f.until == 0 {
		k.opened.push(f)
	}
	f.until = now + k.age
	if k.opened.len() > k.records {
		k.shut(k.opened.pop())
	}
}

// expire drops what is too old, and shuts the flows whose error is long ago.
func (k *Keeper) expire(now time.Duration) {
	for k.queue.len() > 0 {
		if h := k.queue.first(); h.payload != nil && now-h.at < k.age {
			break
		}
		k.drop()
	}
	for k.opened.len() > 0 && k.opened.first().until <= now {
		k.shut(k.opened.pop())
	}
}

// shut forgets that a flow met an error. One that met another one since the first waits on in the queue's place of the first.
func (k *Keeper) shut(f *flow) {
	f.until = 0
	k.tidy(f)
}

// drop gives up the oldest record.
func (k *Keeper) drop() {
	h := k.queue.pop()
	if k.store != nil {
		k.store.Forget(h.place)
	}
	if h.payload == nil {
		return
	}
	f := h.flow
	k.gone(h)
	f.list = f.list[1:] // records of a flow go oldest first
	k.tidy(f)
}

// gone takes a record out of the account.
func (k *Keeper) gone(h *held) {
	k.n--
	k.size -= len(h.payload)
	h.payload = nil
	h.flow.held--
}

func (k *Keeper) tidy(f *flow) {
	if f.held == 0 && f.until == 0 {
		delete(k.flows, f.id)
	}
}
