package hydra

import (
	"errors"
	"fmt"
	"io/fs"
	"os/user"
	"regexp"
	"slices"
	"sync"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
)

// Check finds what [Open] would refuse in a configuration that was read and that package config does not know itself: options of
// destinations, what a formatter can't do, settings of processors. Nothing is opened, connected to or written. The error is one
// or more [config.Error], joined, with their places in the file. What depends on the machine, a file with certificates that
// is not here or an unknown user, is a warning. Types that are not linked into this program are passed over.
//
// A configuration with an error of its own is not checked: Check returns nothing.
func Check(l *config.Loaded, opts ...Option) ([]config.Warning, error) {
	if l == nil || l.Config == nil || len(l.Plan.Layers) == 0 {
		return nil, nil
	}
	o := collect(opts)
	plan := l.Plan
	e := newIdleEngine(&plan, o, "")
	e.notes.fn = func(Event) {}
	defer e.begin()
	c := &optionsCheck{e: e, loaded: l}
	c.extensions(extensionsOf(&plan), &plan, nil)
	for i := range plan.Destinations {
		e.addDest(newDest(plan.Destinations[i]))
	}
	for _, d := range e.dests() {
		if e.knowsType(d.cfg.Type) {
			c.destination(d, &plan)
		}
	}
	return c.warnings, config.Join(c.errors)
}

// knowsType reports whether a destination of that type can be made.
func (e *engine) knowsType(typ string) bool {
	return e.opts.types[typ] != nil || httpTypes()[typ] != nil || stockTypes()[typ] != nil
}

// optionsCheck collects what is wrong with what only drivers, formatters and processors know.
type optionsCheck struct {
	e        *engine
	loaded   *config.Loaded
	errors   []*config.Error
	warnings []config.Warning
}

func (c *optionsCheck) destination(d *dest, plan *config.Plan) {
	at := d.cfg.Where[0]
	if d.cfg.Type == config.TypeCloud && len(d.cfg.Options) == 0 {
		return // a file of the Python original, where the type sends nothing: Open says what it needs
	}
	driver, err := makeStrictly(c, at, []string{"options", "extra"}, d.cfg.Options, c.e.driverOf(&d.cfg))
	if err == nil {
		d.setDriver(driver)
		_ = driver.Close(c.e.closing) // it has nothing open
	}
	_, err = c.e.formatterOf(d)
	c.add(at, []string{"keys"}, err)
	c.extensions(d.cfg.Extensions, plan, d)
}

func (c *optionsCheck) extensions(all []config.ResolvedExtension, plan *config.Plan, on *dest) {
	if on == nil {
		if err := checkOrder(all); err != nil {
			c.add("extensions", nil, err)
		}
	}
	for _, x := range all {
		if c.e.opts.extensions[x.Type] == nil && stockExtensions()[x.Type] == nil {
			continue
		}
		_, _ = makeStrictly(c, x.Where, []string{""}, x.Settings, c.e.processorOf(x, plan, on))
		for _, text := range c.e.ignored.take() {
			c.warnings = append(c.warnings, c.loaded.Caution(joinPath(x.Where, "patterns"), text))
		}
	}
}

// makeStrictly makes a driver or a processor, to find what is wrong with its settings.
func makeStrictly[T any](c *optionsCheck, at string, below []string, settings map[string]any, make func(map[string]any) (T, error)) (T, error) {
	made, err := make(settings)
	if unknown := c.e.unknownOptions(err); unknown != nil {
		for _, p := range unknown.Problems {
			in := c.inside(at, below, p.Path)
			c.warnings = append(c.warnings, c.loaded.Caution(joinPath(in, p.Path), in+": "+p.Message+"; it is ignored"))
		}
		made, err = make(config.WithoutOptions(settings, unknown.Unknown()))
	}
	c.add(at, below, err)
	return made, err
}

// add notes an error about what is described at a path; what it is about may stand in one of the mappings below it.
func (c *optionsCheck) add(at string, below []string, err error) {
	for _, err := range parts(err) {
		var options *config.OptionsError
		where := c.about(at, below, err.Error())
		switch {
		case ofThisPlace(err):
			c.warnings = append(c.warnings, c.loaded.Caution(where, at+": "+err.Error()+" (here)"))
		case errors.As(err, &options):
			for _, p := range options.Problems {
				in := c.inside(at, below, p.Path)
				c.errors = append(c.errors, c.loaded.Problem(joinPath(in, p.Path), p.Unknown, in+": "+p.Message))
			}
		default:
			c.errors = append(c.errors, c.loaded.Problem(where, false, at+": "+err.Error()))
		}
	}
}

// parts are the errors that were joined.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var out []error
	for _, part := range joined.Unwrap() {
		out = append(out, parts(part)...)
	}
	return out
}

// notLinkedError says that a program has to bring something along: another one may have it.
type notLinkedError struct{ text string }

func (e *notLinkedError) Error() string { return e.text }

// ofThisPlace reports whether another machine, or another program, may take the same configuration.
func ofThisPlace(err error) bool {
	if linked := (*notLinkedError)(nil); errors.As(err, &linked) {
		return true
	}
	var unknownUser user.UnknownUserError
	var unknownGroup user.UnknownGroupError
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.As(err, &unknownUser) || errors.As(err, &unknownGroup)
}

// inside is the mapping below a path in which an option is written.
func (c *optionsCheck) inside(at string, below []string, option string) string {
	for _, b := range below {
		if in := joinPath(at, b); c.loaded.Written(joinPath(in, option)) {
			return in
		}
	}
	return joinPath(at, below[0])
}

var optionWord = regexp.MustCompile(`[a-z][a-z0-9_]*`)

// about is the path of the first key in an error's text that the file has, else that of all of it.
func (c *optionsCheck) about(at string, below []string, text string) string {
	words := optionWord.FindAllString(text, -1)
	for _, b := range append(slices.Clone(below), "") {
		for _, word := range words {
			if path := joinPath(joinPath(at, b), word); path != at && c.loaded.Written(path) {
				return path
			}
		}
	}
	return at
}

func joinPath(path, key string) string {
	switch {
	case path == "":
		return key
	case key == "":
		return path
	}
	return path + "." + key
}

// located is the error of an opening with its place in the file, where there is one for it.
func located(err error, l *config.Loaded, o *options) error {
	if _, found := Check(l, func(out *options) { *out = *o }); found != nil {
		return found
	}
	return err
}

// unknownOptions are options that are to be ignored: nothing else is wrong, and unknown keys are warnings; else nil.
func (e *engine) unknownOptions(err error) *config.OptionsError {
	var options *config.OptionsError
	if err == nil || !e.opts.lax || len(parts(err)) > 1 || !errors.As(err, &options) || options.Unknown() == nil {
		return nil
	}
	return options
}

// makeLaxly makes a driver or a processor. Where unknown keys are warnings, unknown options are left out.
func makeLaxly[T any](e *engine, at string, settings map[string]any, make func(map[string]any) (T, error)) (T, error) {
	made, err := make(settings)
	if unknown := e.unknownOptions(err); unknown != nil {
		e.ignored.add(fmt.Sprintf("%s: %v; it is ignored", at, err))
		return make(config.WithoutOptions(settings, unknown.Unknown()))
	}
	return made, err
}

// ignoredKeys are warnings about what drivers and processors leave out.
type ignoredKeys struct {
	mu   sync.Mutex
	list []string
}

func (i *ignoredKeys) add(text string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(i.list, text) {
		i.list = append(i.list, text)
	}
}

// take is all, and leaves none.
func (i *ignoredKeys) take() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := i.list
	i.list = nil
	return list
}

func (i *ignoredKeys) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.list)
}

func (e *engine) makeDriver(cfg *config.ResolvedDestination) (destination.Driver, error) {
	return makeLaxly(e, "destination "+cfg.Name, cfg.Options, e.driverOf(cfg))
}

// driverOf makes the driver of a destination with other options than its own.
func (e *engine) driverOf(cfg *config.ResolvedDestination) func(options map[string]any) (destination.Driver, error) {
	make := e.opts.types[cfg.Type]
	if make == nil {
		make = e.httpType(cfg.Type)
	}
	if make == nil {
		make = stockTypes()[cfg.Type]
	}
	return func(options map[string]any) (destination.Driver, error) {
		if make == nil {
			return nil, errNotLinked(cfg.Type)
		}
		c := *cfg
		c.Options = options
		return make(e.closing, c)
	}
}
