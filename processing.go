package hydra

import (
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// chains are the processors that see records before they are accepted. A reload replaces them.
type chains struct {
	all   *processor.Chain
	quiet *processor.Chain // without the processors that make records of their own
	sieve *record.Sieve    // or nil
	alone bool             // there is nothing to do with a record that passes the sieve
}

func newChains(all *processor.Chain) *chains {
	c := &chains{all: all, quiet: all.WithoutEmitters()}
	c.sieve, c.alone = all.Sieve()
	return c
}

// sieveOf is what records are put through while they are encoded, nil for none.
func (c *chains) sieveOf() *record.Sieve {
	if c == nil {
		return nil
	}
	return c.sieve
}

// passes reports whether no processor has to see the record that was just encoded.
func (c *chains) passes(a *accepter) bool { return c == nil || c.alone && a.enc.Passed() }

// maker is an engine with the plan that processors are made for.
type maker struct {
	*engine
	plan *config.Plan
}

// processing is the part of a wiring that says where the processors come from.
type processing struct {
	made     []madeProcessor // those of the logger's extensions, in order
	warnings []string        // about them
	chosen   map[string]bool // reasons for which processors drop, or did before a reload
}

// madeProcessor is an element of the configuration and the processor that it became, nil where its type is none.
type madeProcessor struct {
	config.ResolvedExtension
	processor processor.Processor
}

// chain is the logger's, nil for none.
func (e *engine) chain() *processor.Chain {
	if c := e.chains.Load(); c != nil {
		return c.all
	}
	return nil
}

// makeProcessors builds the chains of the logger and of its destinations.
func (e *engine) makeProcessors() error {
	w := e.wires.Load()
	if _, err := e.makeExtensions(w, nil, false); err != nil {
		return fmt.Errorf("hydra: %w", err)
	}
	for _, text := range w.warnings {
		e.notes.write(Event{Text: text})
	}
	bound, chain := w.chain(e.opts.processors, nil)
	if len(bound) > 0 {
		e.bound = e.bound.With(bound)
	}
	e.setChain(chain)
	for _, d := range w.dests {
		list, err := e.destProcessors(d, w.plan)
		if err != nil {
			return fmt.Errorf("hydra: %w", err)
		}
		if d.at != nil {
			list = append(list, d.at.opts.Processors...)
		}
		if err := d.setProcessors(list); err != nil {
			return fmt.Errorf("hydra: %w", err)
		}
	}
	w.choose(chain)
	e.makeMonitor(w.plan.Monitoring)
	return nil
}

func (e *engine) setChain(c *processor.Chain) {
	if c == nil {
		e.chains.Store(nil)
		return
	}
	e.chains.Store(newChains(c))
}

// choose notes the reasons for which processors drop.
func (w *wiring) choose(c *processor.Chain) {
	chosen := maps.Clone(w.chosen)
	if chosen == nil {
		chosen = map[string]bool{}
	}
	reasonsOf(chosen, c)
	for _, d := range w.dests {
		reasonsOf(chosen, d.chain)
	}
	w.chosen = chosen
}

// extensionsOf are the logger's, with the one that enable_data_protection stands for.
func extensionsOf(plan *config.Plan) []config.ResolvedExtension {
	all := plan.Extensions
	if plan.Protect && !slices.ContainsFunc(all, func(x config.ResolvedExtension) bool { return x.Type == securityType }) {
		x := config.ResolvedExtension{Name: securityType, Type: securityType, Where: "enable_data_protection", SecurityLevel: plan.SecurityLevel}
		return slices.Insert(slices.Clone(all), 0, x)
	}
	return all
}

// makeExtensions makes the logger's processors of the configuration of w, in its order. Those that are in old with the same
// settings go on; it returns the rest of old. running says that calls are being made already.
func (e *engine) makeExtensions(w *wiring, old []madeProcessor, running bool) ([]madeProcessor, error) {
	all := extensionsOf(w.plan)
	if err := checkOrder(all); err != nil {
		return nil, err
	}
	left := slices.Clone(old)
	for _, x := range all {
		m := madeProcessor{ResolvedExtension: x}
		if i := slices.IndexFunc(left, m.same); i >= 0 {
			m.processor = left[i].processor
			left = slices.Delete(left, i, i+1)
		} else if err := e.makeExtension(&m, w.plan, running); err != nil {
			return nil, err
		}
		w.made = append(w.made, m)
		w.warnUnprotected(m)
	}
	return left, nil
}

// same reports whether two elements of a configuration have the same effect.
func (m madeProcessor) same(other madeProcessor) bool {
	a, b := m.ResolvedExtension, other.ResolvedExtension
	a.Where, b.Where = "", ""
	return reflect.DeepEqual(a, b)
}

// makeExtension makes the processor of m.
func (e *engine) makeExtension(m *madeProcessor, plan *config.Plan, running bool) error {
	if running && fixedTypes[m.Type] && e.opts.extensions[m.Type] == nil {
		return errFixed(m)
	}
	p, err := e.makeProcessor(m.ResolvedExtension, plan, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", m.Where, err)
	}
	if p == nil {
		return nil
	}
	m.processor = processor.Named(m.Name, p)
	if running && m.fixed() {
		return errFixed(m)
	}
	return nil
}

// fixedTypes are those that can't come or go while calls are made: they hold records, or what they add is in every logger already.
var fixedTypes = map[string]bool{"performance": true, "dedupe": true, keepBackType: true, "enrich": true}

// fixed says the same of a processor of any type.
func (m *madeProcessor) fixed() bool {
	if m.processor == nil {
		return true
	}
	p := processor.Unwrap(m.processor)
	if _, emits := p.(processor.Emitter); emits {
		return true
	}
	b, binds := p.(processor.Binder)
	if !binds {
		return false
	}
	attrs, only := b.Bind()
	return only || len(attrs) > 0
}

func errFixed(m *madeProcessor) error {
	return fmt.Errorf("%s: a processor of type %s can't be added, changed or removed while the program runs; restart it", m.Where, m.Type)
}

// chain returns the attributes that the processors bind, and the chain of the others.
func (w *wiring) chain(more []processor.Processor, old *processor.Chain) (bound []slog.Attr, c *processor.Chain) {
	var list []processor.Processor
	for _, m := range w.made {
		if m.processor != nil {
			list = append(list, m.processor)
		}
	}
	bound, rest := split(append(list, more...))
	return bound, old.Successor(rest...)
}

// warnUnprotected notes the layers that keep their secrets, and the patterns that find none.
func (w *wiring) warnUnprotected(m madeProcessor) {
	if m.processor == nil {
		return
	}
	p := processor.Unwrap(m.processor)
	if ex, ok := p.(exempter); ok {
		for _, layer := range ex.ExemptLayers() {
			w.warnings = append(w.warnings, fmt.Sprintf("%s: layer %q is exempt: its records keep their secrets, in the journal and wherever they go", m.Where, layer))
		}
	}
	if g, ok := p.(guesser); ok {
		for _, name := range g.UnknownPatterns() {
			w.warnings = append(w.warnings, fmt.Sprintf("%s: there is no pattern %q; what it was meant to hide is not hidden", m.Where, name))
		}
	}
}

// makeProcessors makes the logger's processors for the new configuration: those whose settings did not change go on.
func (r *rewiring) makeProcessors() error {
	removed, err := r.e.makeExtensions(r.new, r.old.made, true)
	if err != nil {
		return err
	}
	for _, m := range removed {
		if m.fixed() {
			return errFixed(&m)
		}
	}
	before := r.e.chain()
	_, r.chain = r.new.chain(r.e.opts.processors, before)
	r.new.chosen = r.old.chosen
	r.new.choose(r.chain)
	return nil
}

// useProcessors makes the calls from now on use them.
func (r *rewiring) useProcessors() {
	r.e.setChain(r.chain)
	for _, text := range r.new.warnings {
		if !slices.Contains(r.old.warnings, text) {
			r.e.notes.write(Event{Text: text})
		}
	}
}
