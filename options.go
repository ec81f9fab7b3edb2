package hydra

import (
	"context"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/format"
	"github.com/hydra-logger/hydra/processor"
	"github.com/hydra-logger/hydra/record"
)

// The configuration types of package config, by the names that most programs need.
type (
	Config      = config.Config
	Layer       = config.Layer
	Destination = config.Destination
	Journal     = config.Journal
	Level       = config.Level
	Duration    = config.Duration
	Size        = config.Size
)

// Option changes how [Open], [Parse] and [New] build a logger.
type Option func(*options)

type options struct {
	lax        bool
	fallback   bool
	types      map[string]DriverFactory
	encoders   httpEncoders
	attached   []attached
	processors []processor.Processor
	extensions map[string]ExtensionFactory
	limits     *record.Limits
	onEvent    func(Event)
	noCrash    bool
	onSignal   bool
	templates  config.Templates
}

// private reports that the options hold code, which can't be compared: the engine is not shared.
func (o *options) private() bool {
	return len(o.types) > 0 || len(o.encoders) > 0 || len(o.attached) > 0 || len(o.processors) > 0 || len(o.extensions) > 0 || o.limits != nil || o.onEvent != nil
}

func collect(opts []Option) *options {
	o := &options{}
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	return o
}

// Lax turns unknown keys of a configuration file into warnings, which [Logger.Health] lists.
// Default: an unknown key is an error.
func Lax() Option { return func(o *options) { o.lax = true } }

// WithFallback turns a configuration that can't be used into a logger that writes JSON lines to
// standard error and is unhealthy with the error as the reason, instead of an error of Open.
func WithFallback() Option { return func(o *options) { o.fallback = true } }

// WithTemplates offers configurations by name to the file: "extends: template:NAME".
// A name that is one of [config.PresetNames] replaces that preset.
func WithTemplates(t config.Templates) Option { return func(o *options) { o.templates = t } }

// DriverFactory makes the driver of a destination whose type was registered with [WithType].
type DriverFactory func(ctx context.Context, d config.ResolvedDestination) (destination.Driver, error)

// WithType registers a type of destination, so that a configuration may name it.
func WithType(name string, make DriverFactory) Option {
	return func(o *options) {
		if o.types == nil {
			o.types = map[string]DriverFactory{}
		}
		o.types[name] = make
	}
}

// DestinationOptions describes a destination that is made in Go, for [WithDestination].
type DestinationOptions struct {
	// Name in health, metrics and errors. The journal's cursor has it too: keep it over restarts.
	Name string
	// Driver to deliver with. The logger closes it.
	Driver destination.Driver
	// Level is the lowest that passes. Default: the layer's level.
	Level Level
	// Format by name; "json-lines" by default. Formatter, when set, wins; it is called once for each goroutine that formats.
	Format    string
	Formatter func() format.Formatter
	// Overflow, as in the configuration.
	Overflow config.Overflow
	// Processors act on what this destination sees, in order, before it is formatted.
	Processors []processor.Processor
}

type attached struct {
	layers []string
	opts   DestinationOptions
}

// WithDestination adds a destination to a layer, beside those of the configuration. An empty
// layer stands for all of them.
func WithDestination(layer string, d DestinationOptions) Option {
	return func(o *options) {
		var layers []string
		if layer != "" {
			layers = []string{layer}
		}
		o.attached = append(o.attached, attached{layers: layers, opts: d})
	}
}

// WithProcessor adds a processor, which sees every record before it is accepted. Processors run in the order in which
// they were added, behind those of the configuration.
func WithProcessor(p processor.Processor) Option {
	return func(o *options) { o.processors = append(o.processors, p) }
}

// WithLimits sets how much one record may hold. Default: the defaults of [record.Limits].
func WithLimits(l record.Limits) Option {
	return func(o *options) { o.limits = &l }
}

// Event is something that happened to the logger itself: a destination went down, records were dropped, damage was found.
type Event struct {
	Subject string // destination, or "" for the journal
	Text    string
	Err     error
}

// WithEvents calls fn for what happens to the logger itself. fn must not block, and must not log to this logger.
// Default: such events are written to standard error, at most one a second.
func WithEvents(fn func(Event)) Option {
	return func(o *options) { o.onEvent = fn }
}

// WithoutCrashOutput leaves the crash output of the runtime alone. Default: the first logger with a
// state directory calls runtime/debug.SetCrashOutput, so that the next start can report the text of a
// crash that no defer sees. A program that calls SetCrashOutput itself after opening the logger wins without this option.
func WithoutCrashOutput() Option { return func(o *options) { o.noCrash = true } }

// Use is a destination that is described once in [Config].Destinations, for several layers.
func Use(name string) Destination { return config.Use(name) }

// WithReloadOnSignal makes SIGHUP reload the configuration file, as [Logger.Reload] does. Default: SIGHUP is left
// alone, and ends a program that does not handle it. The signal then reaches other handlers of the program too.
func WithReloadOnSignal() Option { return func(o *options) { o.onSignal = true } }
