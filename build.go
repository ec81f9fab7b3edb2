package hydra

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/journal"
	"github.com/hydra-logger/hydra/record"
)

// newEngine builds and starts an engine. What it has opened is closed again when a later step fails.
func newEngine(p *config.Plan, o *options, stateDir string, named bool) (*engine, error) {
	e := &engine{
		name:     p.Name,
		opts:     o,
		clock:    newClock(),
		slots:    &slots{byName: map[string]*slot{}, fallback: &slot{}},
		closed:   make(chan struct{}),
		stateDir: stateDir,
	}
	e.wires.Store(&wiring{plan: p, layers: map[string]*layer{}})
	e.reloads.dir = stateDir
	if named {
		e.loggerName = p.Name
	}
	e.notes.name, e.notes.fn = e.name, o.onEvent
	e.switches(p)
	e.closing, e.begin = context.WithCancel(context.Background())
	e.pool.New = e.newAccepter
	e.works.New = e.newWork
	if o.limits != nil {
		e.bound = record.NewBound(o.limits)
	}
	e.batches.New = func() any { return &batch{} }
	if err := e.build(); err != nil {
		e.begin()
		e.abandon()
		return nil, err
	}
	return e, nil
}

// switches sets what the accept path and the notes read of a plan, and what a reload may change.
func (e *engine) switches(p *config.Plan) {
	e.addSource.Store(p.AddSource)
	e.syncLevel.Store(int64(p.SyncLevel))
	e.notes.silent.Store(p.ErrorPolicy == "silent" && !p.Strict)
	e.notes.raise.Store(p.ErrorPolicy == "raise" || p.Strict)
}

// build makes destinations, layers, the journal and the workers, in this order.
func (e *engine) build() error {
	if err := e.makeDests(); err != nil {
		return err
	}
	if err := e.makeLayers(); err != nil {
		return err
	}
	e.submitted = newCounters(len(e.list()) * bandCount)
	if err := e.openJournal(); err != nil {
		return err
	}
	if err := e.makeProcessors(); err != nil {
		return err
	}
	if err := e.makeDelivery(); err != nil {
		return err
	}
	e.finishLayers()
	e.beginRun() // nothing fails any more: a start that does must not hide how the last run ended
	e.applyEnvironment()
	for _, d := range e.dests() {
		if d.worker != nil {
			d.worker.Start()
		}
	}
	e.reportLastRun()
	e.mixed = e.journal != nil && slices.ContainsFunc(e.dests(), (*dest).isDirect)
	e.recoverKept()
	e.startEmission()
	return nil
}

// abandon closes what a failed build had opened.
func (e *engine) abandon() {
	for _, d := range e.dests() {
		switch {
		case d.worker != nil:
			_ = d.worker.Stop(e.closing)
		case d.direct != nil:
			_ = d.direct.Close(e.closing)
		case d.driver != nil:
			_ = d.driver.Close(e.closing)
		}
	}
	e.closeKept(false)
	_ = e.closeJournals()
}

func (e *engine) makeDests() error {
	for _, cfg := range e.plan().Destinations {
		d := newDest(cfg)
		e.addDest(d)
		driver, err := e.makeDriver(&d.cfg)
		if err != nil {
			return fmt.Errorf("hydra: destination %q: %w", cfg.Name, err)
		}
		d.setDriver(driver)
	}
	for i, at := range e.opts.attached {
		if err := e.attach(i, at); err != nil {
			return err
		}
	}
	return nil
}

func (d *dest) setDriver(driver destination.Driver) {
	d.driver = driver
	if l, ok := driver.(destination.Local); ok {
		d.local = l.Local()
	}
}

// errNotLinked says what links a type in. Those of this project's plugins are in packages of their own.
func errNotLinked(name string) error {
	if !slices.Contains([]string{"amqp", "kafka", "mqtt", "nats", "redis"}, name) {
		return fmt.Errorf("type %q is not linked into this program: pass hydra.WithType(%q, …) of the package that provides it to Open", name, name)
	}
	return fmt.Errorf("type %q is not linked into this program: import github.com/hydra-logger/hydra/plugin/%sdest and pass %sdest.Register() to Open",
		name, name, name)
}

// attach adds a destination that was made in Go.
func (e *engine) attach(i int, at attached) error {
	name := at.opts.Name
	if name == "" {
		name = fmt.Sprintf("destination-%d", i+1)
	}
	for _, d := range e.dests() {
		if d.cfg.Name == name {
			return fmt.Errorf("hydra: two destinations have the name %q", name)
		}
	}
	if at.opts.Driver == nil {
		return fmt.Errorf("hydra: destination %q has no driver", name)
	}
	overflow, below, err := at.opts.Overflow.Parse()
	if err != nil {
		return fmt.Errorf("hydra: destination %q: %w", name, err)
	}
	if overflow == config.OverflowDefault {
		overflow = config.OverflowDropOldest
	}
	if at.opts.Level != "" {
		if _, err := at.opts.Level.Parse(); err != nil {
			return fmt.Errorf("hydra: destination %q: %w", name, err)
		}
	}
	for _, layer := range at.layers {
		if !e.plan().Has(layer) {
			return fmt.Errorf("hydra: destination %q: there is no layer %q", name, layer)
		}
	}
	f := at.opts.Format
	if f == "" {
		f = "json-lines"
	}
	d := newDest(config.ResolvedDestination{
		Name: name, Type: fmt.Sprintf("%T", at.opts.Driver), Format: f,
		Overflow: overflow, ShedBelow: below, Address: "go:" + name,
	})
	d.at = &e.opts.attached[i]
	d.setDriver(at.opts.Driver)
	e.addDest(d)
	return nil
}

// makeLayers builds the layers of the plan and their routes, and the fallback for names that are not configured.
func (e *engine) makeLayers() error {
	w := e.wires.Load()
	if n := len(w.plan.Layers); n >= mostLayers {
		return fmt.Errorf("hydra: logger %q: %d layers are too many: there can be %d", e.name, n, mostLayers-1)
	}
	for _, l := range w.plan.Layers {
		ly := e.newLayer(&l, w.dests)
		w.add(ly)
		w.layers[ly.name] = ly
	}
	if w.fallback = w.layers["default"]; w.fallback == nil {
		w.fallback = e.newFallback(w)
		w.add(w.fallback)
	}
	e.makeParts(w, 0)
	return nil
}

// newLayer makes a layer of a plan, whose destinations are those of dests with the same index.
func (e *engine) newLayer(l *config.ResolvedLayer, dests []*dest) *layer {
	ly := &layer{name: l.Name, configured: l.Level, commit: l.Commit}
	for _, r := range l.Routes {
		first := bandTrace // the layer's own level is checked first, and may change
		if r.MinLevel > l.Level {
			first = firstBand(r.MinLevel)
		}
		ly.routes = append(ly.routes, route{dest: dests[r.Destination], first: first})
	}
	for _, d := range e.dests() {
		if d.at != nil && (len(d.at.layers) == 0 || d.at.layers[0] == ly.name) {
			ly.routes = append(ly.routes, route{dest: d, first: firstBand(d.at.opts.Level.Or(levelAll))})
		}
	}
	return ly
}

// newFallback makes the layer for names that are not configured, where there is none of the name default.
func (e *engine) newFallback(w *wiring) *layer {
	first := w.layers[w.plan.Layers[0].Name]
	return &layer{name: "default", configured: w.plan.DefaultLevel, fallback: true, routes: first.routes}
}

// add gives a layer its place and its tag.
func (w *wiring) add(ly *layer) {
	ly.index = len(w.list)
	ly.tag = uint16(ly.index * bandCount)
	ly.level.Store(int64(ly.configured))
	w.list = append(w.list, ly)
}

// openJournal opens the journal where some destination needs one: all of them with a state
// directory, else those that are not local, in memory.
func (e *engine) openJournal() error {
	if e.plan().Mode == config.ModeSync {
		return nil
	}
	remote := false
	for _, d := range e.dests() {
		remote = remote || !d.local
	}
	if e.stateDir == "" && !remote {
		return nil
	}
	j, err := journal.Open(e.stateDir, e.journalOptions())
	if err != nil && e.plan().Journal.Dir == "" && e.stateDir != "" && !e.plan().Strict {
		// Nobody asked for this directory: a service should not fail to start because its log directory is read-only.
		e.noState = fmt.Sprintf("no state directory: %v; accepted records do not survive the process", err)
		e.notes.write(Event{Text: "no journal in " + e.stateDir + ": accepted records do not survive the process", Err: err})
		e.stateDir = ""
		return e.openJournal()
	}
	if err != nil {
		return fmt.Errorf("hydra: logger %q: journal in %s: %w", e.name, e.stateDir, err)
	}
	e.journal = j
	return nil
}

func (e *engine) journalOptions() journal.Options {
	c := e.plan().Journal
	o := journal.Options{
		Program: programName(), Name: e.name, Destinations: map[string]uint64{},
		MappedLimit: c.MappedLimit, Quota: c.Quota, Reserve: c.Reserve, MaxWait: c.MaxWait,
		OnFull: e.onFull, OnEvent: e.onJournalEvent,
	}
	for _, d := range e.dests() {
		o.Destinations[d.cfg.Name] = d.hash()
	}
	switch c.Backend {
	case config.BackendMapped:
		o.Backend = journal.BackendMapped
	case config.BackendWrite:
		o.Backend = journal.BackendWrite
	}
	if e.stateDir == "" {
		o.Backend = journal.BackendMemory
	}
	if c.Durability == config.DurabilityInterval {
		o.Durability, o.Interval = journal.DurabilityInterval, c.Interval
	}
	return o
}

// hash identifies what a destination is, so that another one under the same name is not fed its records.
func (d *dest) hash() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(d.cfg.Type + "\x00" + d.cfg.Address))
	return h.Sum64()
}

func programName() string {
	if exe, err := os.Executable(); err == nil {
		return filepath.Base(exe)
	}
	return filepath.Base(os.Args[0])
}

// makeDelivery gives each destination its worker, or makes it direct.
func (e *engine) makeDelivery() error {
	order, err := fallbacksFirst(e.dests())
	if err != nil {
		return err
	}
	for _, d := range order {
		if err := e.deliver(d); err != nil {
			return err
		}
	}
	return nil
}

// deliver gives a destination its worker, or makes it direct.
func (e *engine) deliver(d *dest) error {
	if r, ok := d.driver.(destination.Reporter); ok {
		r.OnEvent(e.eventsOf(d))
	}
	make, err := e.formatterOf(d)
	if err != nil {
		return fmt.Errorf("hydra: destination %q: %w", d.cfg.Name, err)
	}
	if e.journal == nil || e.stateDir == "" && d.local {
		d.direct = destination.NewDirect(destination.DirectOptions{
			Name: d.cfg.Name, Driver: d.driver, NewFormatter: make, Chain: e.chainOf(d), OnEvent: e.eventsOf(d), Context: withOrigin(d),
		})
	} else if err := e.makeWorker(d, make); err != nil {
		return err
	}
	if d.standby == nil {
		d.standby = destination.NewStandby(d.host())
	}
	return nil
}

// finishLayers fixes what the accept path reads, now that it is known which destinations are direct.
func (e *engine) finishLayers() {
	w := e.wires.Load()
	e.prepare(w, 0)
	e.point(w)
}

// prepare finishes the layers of w from a place in the list on, and tells destinations and readers of them: before
// the first record has one of their tags.
func (e *engine) prepare(w *wiring, from int) {
	none := []band{}
	for _, d := range w.dests {
		d.first.CompareAndSwap(nil, &none)
		d.setRoutes(w.list, from)
		if d.noticeLayer == "" {
			d.noticeLayer = w.fallback.name
		}
		if d.source != nil {
			d.source.setRoutes(len(w.list))
		}
	}
	for _, ly := range w.list[from:] {
		ly.finish()
		setThreshold(ly)
	}
}

// point makes the names of layers stand for those of w.
func (e *engine) point(w *wiring) {
	e.lowest.Store(lowest(w))
	e.slots.point(w)
}

// finish settles what a call does on a layer, once it is known which of its destinations are direct.
func (ly *layer) finish() {
	for _, r := range ly.routes {
		if r.dest.isDirect() {
			ly.direct = append(ly.direct, r.dest)
			continue
		}
		ly.queued = true
		switch r.dest.cfg.Overflow {
		case config.OverflowBlock:
			ly.blocks = true
		case config.OverflowBlockTimeout:
			ly.blocks = true
			ly.limit = max(ly.limit, r.dest.cfg.Timeout)
		}
	}
}

// blockContext bounds the wait of a call whose layer's policy is to block.
func (ly *layer) blockContext(parent context.Context) (context.Context, context.CancelFunc) {
	if ly.limit > 0 {
		return context.WithTimeout(parent, ly.limit)
	}
	return context.WithCancel(parent)
}

// waitDurable waits until a record of a commit layer survives a power cut.
func (e *engine) waitDurable(end uint64) {
	if err := e.journal.WaitDurable(e.closing, end); err != nil && !errors.Is(err, context.Canceled) {
		e.notes.write(Event{Text: "a record of a layer with durability commit is not durable", Err: err})
	}
}
