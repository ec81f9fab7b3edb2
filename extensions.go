package hydra

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/processor"
)

// ExtensionFactory makes the processor of an element of "extensions" whose type was registered with [WithExtension].
// [config.DecodeOptions] reads its settings strictly. The processor must be safe for concurrent use.
type ExtensionFactory func(x config.ResolvedExtension) (processor.Processor, error)

// WithExtension registers a type of processor, so that a configuration may name it under "extensions", of the
// logger or of a destination. A name that the package has itself is replaced.
func WithExtension(name string, make ExtensionFactory) Option {
	return func(o *options) {
		if o.extensions == nil {
			o.extensions = map[string]ExtensionFactory{}
		}
		o.extensions[name] = make
	}
}

// securityType is the type of extension that removes secrets.
const securityType = "security"

// exempter is a processor that leaves layers alone that it would protect otherwise: Open warns.
type exempter interface {
	ExemptLayers() []string
}

// guesser is a processor that ignores names which it does not know: Open warns.
type guesser interface {
	UnknownPatterns() []string
}

// checkOrder refuses what would keep secrets: records that are kept back lie on disk as the processors before left them.
func checkOrder(all []config.ResolvedExtension) error {
	held := ""
	for _, x := range all {
		switch {
		case x.Type == keepBackType && held != "":
			return fmt.Errorf("%s: %s keeps records back already; there can be one", x.Where, held)
		case x.Type == keepBackType:
			held = x.Where
		case x.Type == securityType && held != "":
			return fmt.Errorf("%s: %s stands before it and would keep what it removes; put type %s first", x.Where, held, securityType)
		}
	}
	return nil
}

// destProcessors makes those that the configuration gives to one destination.
func (e *engine) destProcessors(d *dest, plan *config.Plan) ([]processor.Processor, error) {
	var out []processor.Processor
	for _, x := range d.cfg.Extensions {
		p, err := e.makeProcessor(x, plan, d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.Where, err)
		}
		out = append(out, processor.Named(x.Name, p))
	}
	return out, nil
}

// setProcessors attaches processors to a destination.
func (d *dest) setProcessors(list []processor.Processor) error {
	bound, rest := split(list)
	for _, p := range rest {
		if _, ok := processor.Unwrap(p).(processor.Emitter); ok {
			return fmt.Errorf("destination %q: a processor of type %T makes records of its own, which only the logger's processors can", d.cfg.Name, processor.Unwrap(p))
		}
	}
	d.bound, d.chain = bound, processor.NewChain(rest...)
	return nil
}

// split takes out the attributes that are the same for every record, and the processors that have nothing else to do.
func split(list []processor.Processor) (bound []slog.Attr, rest []processor.Processor) {
	for _, p := range list {
		only := false
		if b, ok := processor.Unwrap(p).(processor.Binder); ok {
			var attrs []slog.Attr
			attrs, only = b.Bind()
			bound = append(bound, attrs...)
		}
		if !only {
			rest = append(rest, p)
		}
	}
	return bound, rest
}

// reasonsOf adds the reasons for which a chain drops: what is dropped for them was chosen, and is no failure.
func reasonsOf(set map[string]bool, c *processor.Chain) map[string]bool {
	for _, r := range c.Reasons() {
		set[r] = true
	}
	return set
}

// makeProcessor makes one processor, nil where the type is none. on is the destination that it belongs to, nil for the logger.
func (e *engine) makeProcessor(x config.ResolvedExtension, plan *config.Plan, on *dest) (processor.Processor, error) {
	return makeLaxly(e, x.Where, x.Settings, e.processorOf(x, plan, on))
}

// processorOf makes a processor with other settings than its own.
func (e *engine) processorOf(x config.ResolvedExtension, plan *config.Plan, on *dest) func(settings map[string]any) (processor.Processor, error) {
	return func(settings map[string]any) (processor.Processor, error) {
		x.Settings = settings
		return e.makeProcessorStrictly(x, plan, on)
	}
}

func (e *engine) makeProcessorStrictly(x config.ResolvedExtension, plan *config.Plan, on *dest) (processor.Processor, error) {
	if make := e.opts.extensions[x.Type]; make != nil {
		p, err := make(x)
		if err == nil && p == nil {
			err = errors.New("the function of WithExtension returned no processor")
		}
		return p, err
	}
	stock := stockExtensions()
	if make := stock[x.Type]; make != nil {
		return make(maker{e, plan}, x, on)
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(stock)), maps.Keys(e.opts.extensions))
	slices.Sort(names)
	return nil, fmt.Errorf("unknown type %q%s; a type of your own is passed to Open with hydra.WithExtension(%q, …)",
		x.Type, config.Possible("types", x.Type, slices.Compact(names)), x.Type)
}

// allWarnings are those of the configuration in force, and of Open.
func (e *engine) allWarnings() []string {
	w := e.wires.Load()
	var out []string
	for _, warning := range w.plan.Warnings {
		out = append(out, warning.String())
	}
	return slices.Concat(out, w.warnings, e.warnings, e.ignored.all())
}

// processorReports are the states of the logger's processors.
func (e *engine) processorReports() []health.Processor {
	var out []health.Processor
	e.chain().Each(func(name string, p processor.Processor, failed uint64) {
		r := health.Processor{Name: name, Failed: failed}
		if h, ok := p.(interface{ Held() (records, bytes int) }); ok {
			r.Held, _ = h.Held()
		}
		out = append(out, r)
	})
	return out
}

// processorReasons says which processors failed.
func (e *engine) processorReasons() []health.Reason {
	var out []health.Reason
	add := func(subject string, c *processor.Chain) {
		if c != nil && c.Failed() > 0 {
			out = append(out, health.Reason{Code: health.CodeProcessorFailed, Status: health.Degraded, Subject: subject,
				Text: fmt.Sprintf("processors failed on %d records, which were written without what these were to look at: %s", c.Failed(), c.FailedNames())})
		}
	}
	add("", e.chain())
	for _, d := range e.dests() {
		add(d.cfg.Name, d.chain)
	}
	return out
}
