package hydra

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/deadletter"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/processor/keepback"
	"github.com/hydra-logger/hydra/record"
)

// engine is what loggers of one configuration share: layers, destinations,
// the journal and the ledger.
type engine struct {
	name       string
	loggerName string                 // as written in records: empty unless the configuration names the logger
	wires      atomic.Pointer[wiring] // what a reload replaces
	opts       *options
	warnings   []string
	ignored    ignoredKeys // what drivers and processors leave out
	failure    error       // the configuration that could not be used, with WithFallback

	// Registry's fields, under its mutex.
	key     string
	sources []string
	refs    int
	closed  chan struct{}

	// Read by every call.
	clock     *clock
	pool      sync.Pool // *accepter
	works     sync.Pool // *work
	batches   sync.Pool // *batch
	submitted *counters
	chains    atomic.Pointer[chains]  // nil: no processor sees records before they are accepted
	emission  *emission               // nil: no processor makes records of its own
	monitor   atomic.Pointer[monitor] // nil: nobody asked for it
	addSource atomic.Bool
	syncLevel atomic.Int64  // a slog.Level
	bound     *record.Bound // what loggers begin with: nil, or nothing with the limits of WithLimits
	lowest    atomic.Int64  // threshold of the most talkative layer

	reloads reloader
	slots   *slots // of the layers' names, as loggers hold them

	journal  *journal.Journal // nil: every destination is written before the call returns
	stateDir string           // "" without a journal on disk
	noState  string           // why there is none although there could be
	run      atomic.Pointer[runMarker]
	lastRuns []*lastRun

	mixed       bool            // some destinations are written by the call, others are not
	performance *monitorOptions // of an extension of type performance
	keeper      *keepback.Keeper
	kept        *keptStore // nil: what keeper holds does not survive the process
	keptBefore  [][]byte   // what it held when the last run ended

	closing       context.Context // ends when shutdown begins
	begin         context.CancelFunc
	ended         atomic.Bool
	unknown       unknownLayers
	after         afterCloseCount
	notes         notes
	journalEvents journalEvents
	levels        levelControl
	final         atomic.Pointer[lastReport] // set by shutdown
}

// layer is one stream of records.
type layer struct {
	index int
	name  string
	tag   uint16 // index<<3
	// threshold is the lowest level that is accepted now; math.MaxInt64: none.
	threshold  atomic.Int64
	level      atomic.Int64 // in force now
	configured slog.Level
	commit     bool
	fallback   bool // made for names that are not configured, where there is no layer "default"

	without map[*dest]*layer // what it is for records that are made in a delivery to one of its destinations
	whole   *layer           // that this is a part of; nil: it is whole

	routes []route
	queued bool // some route goes through the journal
	direct []*dest
	blocks bool          // some route's policy is to block
	limit  time.Duration // of the blocking; 0: none
}

// route leads from a layer to a destination, for levels from a band on.
type route struct {
	dest  *dest
	first band
}

// dest is one destination, whichever layers use it.
type dest struct {
	cfg      config.ResolvedDestination
	driver   destination.Driver
	local    bool
	first    atomic.Pointer[[]band] // by layer index: the lowest band that is routed here
	worker   *destination.Worker
	direct   *destination.Direct // in place of a worker
	source   *source
	drops    *drops
	at       *attached        // what Go code attached; nil for one of the configuration
	legacy   *legacy          // of the destination that this one has replaced, or nil
	removals int              // by reloads
	leaving  bool             // removed by a reload, and being drained; guarded by the reloads' mutex
	fresh    bool             // added by a reload: what was accepted before is not its own
	chain    *processor.Chain // processors of this destination, or nil
	bound    []slog.Attr      // what they add to every record

	dead     *deadletter.Store    // nil: there is no state directory
	fallback *dest                // that gets the records while this one is down
	standby  *destination.Standby // how others have it as their fallback
	hosts    atomic.Bool          // it is, or was, the fallback of another one
	expired  atomic.Int64         // unix nanoseconds, when old dead letters were looked for

	// Of the record that tells the destination's readers what was dropped.
	noticeMu    sync.Mutex
	noticeLayer string
	noticed     uint64
	dropsSeen   uint64
	dropsGrew   time.Time
}

func newDest(cfg config.ResolvedDestination) *dest { return &dest{cfg: cfg, drops: &drops{}} }

func (d *dest) isDirect() bool { return d.direct != nil }

// wants reports whether a record of a layer and band is routed to d.
func (d *dest) wants(ly *layer, b band) bool { return b >= d.from(ly.index) }

// from is the lowest band of a layer that is routed to d.
func (d *dest) from(layer int) band {
	if first := *d.first.Load(); layer < len(first) {
		return first[layer]
	}
	return bandCount
}

// setRoutes notes what of the layers from a place in the list on is routed to d; what it knows of those before stays.
func (d *dest) setRoutes(list []*layer, from int) {
	first := make([]band, len(list))
	for i := range first {
		first[i] = bandCount
		if i < from {
			first[i] = d.from(i)
		}
	}
	for _, ly := range list[from:] {
		for _, r := range ly.routes {
			if r.dest == d {
				first[ly.index] = min(first[ly.index], r.first)
			}
		}
	}
	d.first.Store(&first)
}

// layerFor returns the layer of a name; the fallback for one that is not configured.
func (e *engine) layerFor(name string) *layer {
	if ly := e.layers()[name]; ly != nil {
		return ly
	}
	return e.fallback()
}

// setThreshold recomputes what a layer accepts: its level, but nothing where no route would take it.
func (e *engine) setThreshold(ly *layer) {
	w := e.wires.Load()
	setThreshold(ly)
	e.lowest.Store(lowest(w))
}

func setThreshold(ly *layer) {
	t := int64(math.MaxInt64)
	level := slog.Level(ly.level.Load())
	for _, r := range ly.routes {
		if r.first < bandCount && level < levelNone {
			t = min(t, int64(max(level, bandFloor(r.first))))
		}
	}
	ly.threshold.Store(t)
}

// lowest is the threshold of the most talkative layer.
func lowest(w *wiring) int64 {
	t := w.fallback.threshold.Load()
	for _, ly := range w.layers {
		t = min(t, ly.threshold.Load())
	}
	return t
}

// bandFloor is the lowest level of a band.
func bandFloor(b band) slog.Level {
	if b == bandTrace {
		return levelAll
	}
	return slog.Level(b)*4 - 8
}

// writeDirect gives a record to the destinations that are written before the call returns.
func (e *engine) writeDirect(a *accepter, ly *layer, b band, payload []byte) {
	if err := a.view.Decode(payload); err != nil {
		return // Encode made it: it always decodes
	}
	for _, d := range ly.direct {
		if d.wants(ly, b) {
			d.direct.Write(&a.view, payload, priorityOf(a.view.Level))
		}
	}
	a.view = record.View{}
}
