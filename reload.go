package hydra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor"
)

// Reload reads the configuration file again and makes the logger follow it, while it is in use: levels, layers,
// destinations and processors. A destination that did not change keeps its file, its connection and its place; one that was
// removed delivers what it was given and is closed then; one whose settings changed goes on behind its last batch.
// No record is lost, and none is delivered twice.
//
// A file that can't be used changes nothing: the error says why, and so does [Logger.Health] until a reload succeeds. What can't
// change while the program runs (the logger's name, mode and journal, the name of a destination, processors that hold records or add the same
// attributes to each) is an error that names it. ctx bounds the wait for a delivery of a destination that is replaced.
//
// See [WithReloadOnSignal], and watch in the configuration, for reloads without a call.
func (l *Logger) Reload(ctx context.Context) error {
	if l == nil || l.e == nil {
		return nil
	}
	return l.e.reload(orBackground(ctx))
}

// reloader is what an engine needs to read its configuration again.
type reloader struct {
	mu       sync.Mutex // held during a reload and while the engine shuts down
	path     string     // "" where the configuration did not come from a file
	dir      string     // state directory that the configuration asks for
	err      atomic.Pointer[error]
	coming   atomic.Pointer[config.Plan] // during a reload
	watching bool                        // a goroutine looks at the file
	retired  sync.WaitGroup              // goroutines: destinations that are being drained, watching
	ending   ending
	onSignal bool
}

var errNoFile = errors.New("the configuration of this logger did not come from a file")

func (e *engine) reload(ctx context.Context) error {
	e.reloads.mu.Lock()
	defer e.reloads.mu.Unlock()
	err := e.reloadLocked(ctx)
	if err == nil {
		e.reloads.err.Store(nil)
		return nil
	}
	err = fmt.Errorf("hydra: logger %q: reload: %w", e.name, err)
	if errors.Is(err, ErrClosed) || errors.Is(err, errNoFile) {
		return err
	}
	if last := e.reloads.err.Swap(&err); last == nil || (*last).Error() != err.Error() {
		e.notes.write(Event{Text: "the configuration was not reloaded; the one before stays in force", Err: err})
	}
	return err
}

func (e *engine) reloadLocked(ctx context.Context) error {
	if e.closing.Err() != nil {
		return ErrClosed
	}
	if e.reloads.path == "" {
		return errNoFile
	}
	o := e.opts
	text, err := os.ReadFile(e.reloads.path)
	if err != nil {
		return err
	}
	l, err := config.ReadText(text, config.Options{FileName: e.reloads.path, Lax: o.lax, Types: o.typeNames(), Templates: o.templates})
	if err != nil {
		return err
	}
	if err := e.follow(ctx, &l.Plan); err != nil {
		return located(err, l, o)
	}
	return nil
}

// movable are the keys at the top of a file that a reload follows.
var movable = []string{"default_level", "close_timeout", "base_log_dir", "extensions", "enable_data_protection", "security_level", "add_source", "sync_level",
	"watch", "strict_reliability_mode", "reliability_error_policy", "service", "version", "environment", monitoringKeys}

// monitoringKeys is how a difference of the monitoring keys is called.
const monitoringKeys = "enable_performance_monitoring and monitoring_*"

// follow makes the engine follow a plan.
func (e *engine) follow(ctx context.Context, plan *config.Plan) error {
	old := e.wires.Load()
	changes := config.Diff(old.plan, plan)
	if changes.Empty() {
		return nil
	}
	e.changeFacts(&changes)
	changeGuests(plan, &changes)
	if err := e.mayFollow(old, plan, &changes); err != nil {
		return err
	}
	e.reloads.coming.Store(plan)
	defer e.reloads.coming.Store(nil)
	r := &rewiring{e: e, old: old, changes: &changes, levels: map[*layer]slog.Level{}, new: &wiring{plan: plan, layers: map[string]*layer{}}}
	if err := r.makeDests(ctx); err != nil {
		return errors.Join(err, r.undo())
	}
	if err := r.makeLayers(); err != nil {
		return errors.Join(err, r.undo())
	}
	if err := r.makeProcessors(); err != nil {
		return errors.Join(err, r.undo())
	}
	r.commit(ctx)
	engines.rekey(e, plan)
	return nil
}

// factKeys are facts about the program that destinations write.
var factKeys = []string{"service", "version", "environment"}

// changeFacts marks every destination where such a fact changes: its formatter, and often its driver, has it.
func (e *engine) changeFacts(changes *config.Changes) {
	for _, key := range factKeys {
		for i := range changes.Destinations {
			if c := &changes.Destinations[i]; c.Kind == config.Unchanged && slices.Contains(changes.Top, key) {
				c.Kind, c.What = config.Changed, []string{key}
			}
		}
	}
}

// mayFollow refuses what can't change while the program runs.
func (e *engine) mayFollow(old *wiring, plan *config.Plan, changes *config.Changes) error {
	var fixed []string
	for _, key := range changes.Top {
		if !slices.Contains(movable, key) {
			fixed = append(fixed, key)
		}
	}
	if len(fixed) > 0 {
		return fmt.Errorf("%s can't be changed while the program runs; restart it", strings.Join(fixed, ", "))
	}
	if err := e.mayChangeFacts(old, changes); err != nil {
		return err
	}
	for _, c := range changes.Destinations {
		switch {
		case c.Kind == config.Changed && slices.Contains(c.What, "name"):
			return fmt.Errorf("destination %q gets the name %q, which can't be changed while the program runs; restart it", old.plan.Destinations[c.Old].Name, c.Name)
		}
	}
	dir, err := plan.StateDir()
	if err != nil {
		return err
	}
	if dir != e.reloads.dir {
		return fmt.Errorf("the state directory would change from %q to %q, which needs a restart", e.reloads.dir, dir)
	}
	for _, at := range e.opts.attached {
		for _, name := range at.layers {
			if !slices.ContainsFunc(plan.Layers, func(l config.ResolvedLayer) bool { return l.Name == name }) {
				return fmt.Errorf("layer %q has a destination that was attached in Go; it can't be removed", name)
			}
		}
	}
	return nil
}

// mayChangeFacts refuses another service, version or environment where something has the one before for good.
func (e *engine) mayChangeFacts(old *wiring, changes *config.Changes) error {
	for _, key := range factKeys {
		if !slices.Contains(changes.Top, key) {
			continue
		}
		for i := range old.made {
			if m := &old.made[i]; m.Type == "enrich" && m.fixed() {
				return fmt.Errorf("%s can't be changed while the program runs: %s has added it to every logger; restart it", key, m.Where)
			}
		}
		for _, at := range e.opts.attached {
			if at.opts.Formatter == nil {
				return fmt.Errorf("%s can't be changed while the program runs: destination %q was attached in Go and writes it; restart it", key, at.opts.Name)
			}
		}
	}
	return nil
}

// rewiring is one reload on its way from one wiring to the next.
type rewiring struct {
	e        *engine
	old, new *wiring
	changes  *config.Changes
	made     []*dest // by this reload
	order    []*dest // made, fallbacks first
	replaced []*dest // whose successor is in made
	removed  []*dest
	returned []*dest               // that an earlier reload had removed
	levels   map[*layer]slog.Level // of those that get another one
	from     int                   // in new.list: where new layers begin
	chain    *processor.Chain      // of the logger
}

// makeDests finds or makes the destinations: those of the configuration come first, in the order of its plan.
func (r *rewiring) makeDests(ctx context.Context) error {
	for _, c := range r.changes.Destinations {
		switch {
		case c.Kind == config.Removed:
			r.removed = append(r.removed, r.old.dests[c.Old])
		case c.Kind == config.Unchanged:
			r.new.dests = append(r.new.dests, r.old.dests[c.Old])
		case r.comeBack(c):
		default:
			d, err := r.makeDest(ctx, &r.new.plan.Destinations[c.New], c)
			if err != nil {
				return fmt.Errorf("destination %q: %w", c.Name, err)
			}
			r.new.dests = append(r.new.dests, d)
		}
	}
	for _, d := range r.old.dests[len(r.old.plan.Destinations):] { // of Go code, and those that are drained
		if !slices.Contains(r.new.dests, d) && !slices.Contains(r.replaced, d) {
			r.new.dests = append(r.new.dests, d)
		}
	}
	r.new.dests = append(r.new.dests, r.removed...)
	return r.deliver()
}

// deliver gives the new destinations their workers: fallbacks before those that have them.
func (r *rewiring) deliver() error {
	order, err := fallbacksFirst(r.new.dests[:len(r.new.plan.Destinations)])
	if err != nil {
		return err
	}
	for _, d := range order {
		if !slices.Contains(r.made, d) {
			continue
		}
		r.order = append(r.order, d)
		if err := r.e.deliver(d); err != nil {
			return err
		}
	}
	return nil
}

// comeBack takes a destination that an earlier reload removed, and that has not ended yet, into use again.
func (r *rewiring) comeBack(c config.Change) bool {
	d := r.leaving(c)
	if d == nil || d.fallback != nil || !sameSettings(&d.cfg, &r.new.plan.Destinations[c.New]) {
		return false
	}
	r.returned = append(r.returned, d)
	r.new.dests = append(r.new.dests, d)
	return true
}

// leaving is the destination of that name and address that is being drained, nil if there is none.
func (r *rewiring) leaving(c config.Change) *dest {
	if c.Kind != config.Added {
		return nil
	}
	cfg := &r.new.plan.Destinations[c.New]
	for _, d := range r.old.dests {
		if d.leaving && d.cfg.Name == cfg.Name && d.cfg.Type == cfg.Type && d.cfg.Address == cfg.Address {
			return d
		}
	}
	return nil
}

func sameSettings(a, b *config.ResolvedDestination) bool {
	diff := config.Diff(&config.Plan{Destinations: []config.ResolvedDestination{*a}}, &config.Plan{Destinations: []config.ResolvedDestination{*b}})
	return diff.Empty()
}

func (r *rewiring) makeDest(ctx context.Context, cfg *config.ResolvedDestination, c config.Change) (*dest, error) {
	e, d := r.e, newDest(*cfg)
	driver, err := e.makeDriver(&d.cfg)
	if err != nil {
		return nil, err
	}
	d.setDriver(driver)
	r.made = append(r.made, d)
	if e.journal == nil && !d.local && e.plan().Mode == config.ModeAsync {
		return nil, errors.New("it needs a journal, which this logger does without until now; restart the program")
	}
	list, err := e.destProcessors(d, r.new.plan)
	if err == nil {
		err = d.setProcessors(list)
	}
	if err != nil {
		return nil, err
	}
	before := r.leaving(c)
	if c.Kind == config.Added && before == nil {
		d.fresh = true
		return d, e.reloads.ending.wait(ctx, e.closing, d.cfg.Name)
	}
	if before == nil {
		before = r.old.dests[c.Old]
	}
	if before.isDirect() != (e.journal == nil || e.stateDir == "" && d.local) {
		return nil, errors.New("it would be written in another way, with or without the journal, which needs a restart")
	}
	d.inherit(before)
	r.replaced = append(r.replaced, before)
	return d, nil
}

// inherit makes d go on where another destination of the same name and address is.
func (d *dest) inherit(before *dest) {
	d.legacy, d.standby = &legacy{of: before}, before.standby
	d.drops, d.dead, d.source, d.noticeLayer = before.drops, before.dead, before.source, before.noticeLayer
	d.first.Store(before.first.Load())
	before.noticeMu.Lock()
	d.noticed, d.dropsSeen, d.dropsGrew = before.noticed, before.dropsSeen, before.dropsGrew
	before.noticeMu.Unlock()
}

// undo closes what a failed reload has opened.
func (r *rewiring) undo() error {
	var errs []error
	for _, d := range r.made {
		switch {
		case d.worker != nil:
			errs = append(errs, d.worker.Stop(r.e.closing))
			if d.legacy == nil {
				errs = append(errs, d.source.close())
			}
		case d.direct != nil:
			errs = append(errs, d.direct.Close(r.e.closing))
		default:
			errs = append(errs, d.driver.Close(r.e.closing))
		}
	}
	return errors.Join(errs...)
}

// makeLayers finds a layer with the same routes for each of the plan, one that was in use before if there is
// one, or makes it.
func (r *rewiring) makeLayers() error {
	w := r.new
	w.list = slices.Clip(r.old.list)
	r.from = len(w.list)
	for _, l := range w.plan.Layers {
		w.layers[l.Name] = r.known(r.e.newLayer(&l, w.dests))
	}
	if w.fallback = w.layers["default"]; w.fallback == nil {
		w.fallback = r.known(r.e.newFallback(w))
	}
	r.e.makeParts(w, r.from)
	if len(w.list) >= mostLayers {
		return fmt.Errorf("layers have changed so often that %d different ones were in use, and there can't be more; restart the program", mostLayers)
	}
	return nil
}

// known returns a layer that is equal to ly but for its level, or ly with a place of its own.
func (r *rewiring) known(ly *layer) *layer {
	for i := len(r.old.list) - 1; i >= 0; i-- {
		other := r.old.list[i]
		if other.whole == nil && other.name == ly.name && other.fallback == ly.fallback && other.commit == ly.commit && slices.Equal(other.routes, ly.routes) {
			if other.configured != ly.configured || r.old.layers[ly.name] != other {
				r.levels[other] = ly.configured
			}
			return other
		}
	}
	r.new.add(ly)
	r.levels[ly] = ly.configured
	return ly
}

// relevel gives the layers the levels of the new plan. What SetLevel said stays: for a time until that ends, else until
// the configuration says another level.
func (r *rewiring) relevel() {
	c := &r.e.levels
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := map[*layer]slog.Level{}
	for ly, level := range r.levels {
		if before := r.old.layers[ly.name]; before != nil && before != ly {
			if set, ok := c.keep(r.e, before, ly, level); ok {
				kept[ly] = set
			}
		}
		ly.configured = level
	}
	r.e.configureLevels()
	for ly := range r.levels {
		level, ok := kept[ly]
		if !ok && c.until[ly] != nil {
			continue
		}
		if !ok {
			level = ly.configured
		}
		ly.level.Store(int64(level))
		setThreshold(ly)
	}
}

// commit makes the new wiring the one in force.
func (r *rewiring) commit(ctx context.Context) {
	e := r.e
	e.submitted.grow(len(r.new.list) * bandCount)
	for _, d := range r.made {
		if d.legacy != nil && d.source != nil {
			d.source.owner.Store(d)
		}
	}
	e.prepare(r.new, r.from)
	r.useProcessors()
	e.switches(r.new.plan)
	if slices.Contains(r.changes.Top, monitoringKeys) {
		e.makeMonitor(r.new.plan.Monitoring)
	}
	if r.new.plan.Watch {
		e.startWatch(nil)
	}
	e.wires.Store(r.new)
	r.relevel()
	e.point(r.new)
	for _, d := range r.made {
		if d.worker != nil && d.legacy == nil {
			d.worker.Start()
		}
	}
	for _, d := range slices.Backward(r.order) { // a fallback serves those that have it until they have halted
		if d.legacy != nil {
			e.takeOver(ctx, d)
		}
	}
	for _, d := range slices.Concat(r.returned, r.replaced) {
		d.leaving = false
	}
	for _, d := range r.removed {
		d.leaving = true
		d.removals++
		removal := d.removals
		e.reloads.retired.Go(func() { e.retire(d, removal) })
	}
}

// handOver is the longest that a delivery under way keeps a reload waiting.
const handOver = 5 * time.Second

// takeOver stops the destination that d replaces, behind the batch that is under way, and lets d go on.
func (e *engine) takeOver(ctx context.Context, d *dest) {
	before := d.legacy.of
	d.standby.Replace(d.host()) // whose worker begins below: guests wait so long
	if d.direct != nil {
		e.reloads.retired.Go(func() {
			e.linger()
			e.closeReplaced(before)
			d.legacy.settle()
		})
		return
	}
	ctx, cancel := context.WithTimeout(ctx, handOver)
	defer cancel()
	defer context.AfterFunc(e.closing, cancel)()
	if err := before.worker.Halt(ctx); err != nil {
		e.notes.write(Event{Subject: "destination " + d.cfg.Name, Text: "what a reload replaced did not close in good order", Err: err})
	}
	d.source.rewind()
	d.legacy.settle()
	d.worker.Start()
}

// lateCalls is how long a destination stays after nothing leads to it any more: for calls that had begun before.
const lateCalls = time.Second

// closeReplaced closes a destination that is written before calls return.
func (e *engine) closeReplaced(d *dest) {
	ctx, cancel := e.closeContext()
	defer cancel()
	if err := d.direct.Close(ctx); err != nil {
		e.notes.write(Event{Subject: "destination " + d.cfg.Name, Text: "it did not close in good order", Err: err})
	}
}

// linger waits for late calls. It reports false when the engine closes before.
func (e *engine) linger() bool {
	t := time.NewTimer(lateCalls)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-e.closing.Done():
		return false
	}
}

// retire closes a destination that a reload removed, when it has delivered what was routed to it. While it
// can't, it stays, as any destination that is down, and Close reports what is left.
func (e *engine) retire(d *dest, removal int) {
	if !e.outlastGuests(d) {
		return
	}
	if d.direct != nil {
		if e.linger() && e.forget(d, removal) {
			e.closeReplaced(d)
		}
		return // else it is closed with the others
	}
	for range 2 { // what late calls have brought, too
		if d.worker.WaitAcked(e.closing, e.tail()) != nil || !e.linger() {
			return // it is closed with the others
		}
	}
	if !e.forget(d, removal) {
		return
	}
	defer e.reloads.ending.end(d.cfg.Name)
	ctx, cancel := e.closeContext()
	defer cancel()
	if err := errors.Join(d.worker.Stop(ctx), d.source.close()); err != nil {
		e.notes.write(Event{Subject: "destination " + d.cfg.Name, Text: "it did not close in good order", Err: err})
	}
}

// forget takes a destination out of the wiring. It reports false when the engine is closing, or another reload wants it again.
func (e *engine) forget(d *dest, removal int) bool {
	e.reloads.mu.Lock()
	defer e.reloads.mu.Unlock()
	w := *e.wires.Load()
	if e.closing.Err() != nil || !d.leaving || d.removals != removal || !slices.Contains(w.dests, d) {
		return false
	}
	w.dests = slices.DeleteFunc(slices.Clone(w.dests), func(other *dest) bool { return other == d })
	e.wires.Store(&w)
	if d.direct == nil {
		e.reloads.ending.begin(d.cfg.Name)
	}
	return true
}
