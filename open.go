package hydra

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hydra-logger/hydra/config"
)

// Open returns a logger that is configured by a YAML or JSON file.
//
// It is strict: an unknown key is an error with file, line and column; see [Lax]
// and [WithFallback]. Loggers of one process with the same name and an equal
// configuration share one engine; opening another one costs microseconds while
// one is open. Options that carry code (drivers, processors, functions) keep an engine from being shared.
func Open(path string, opts ...Option) (*Logger, error) {
	o := collect(opts)
	text, err := os.ReadFile(path)
	if err != nil {
		return o.orFallback(fmt.Errorf("hydra: %w", err))
	}
	return open(path, text, o)
}

// Parse is [Open] with the text of a configuration in place of a file.
func Parse(text []byte, opts ...Option) (*Logger, error) {
	return open("", text, collect(opts))
}

func open(path string, text []byte, o *options) (*Logger, error) {
	source := ""
	if !o.private() && standsAlone(text) {
		source = sourceKey(path, text, o)
		if log := engines.shared(source); log != nil {
			return log, nil
		}
	}
	l, err := config.ReadText(text, config.Options{FileName: path, Lax: o.lax, Types: o.typeNames(), Templates: o.templates})
	if err != nil {
		return o.orFallback(err)
	}
	log, err := openConfig(l.Config, l.Warnings, o)
	if err != nil {
		return o.orFallback(located(err, l, o))
	}
	if source != "" {
		engines.remember(source, log.e)
	}
	log.e.startReloads(path, text, o)
	return log, nil
}

// New returns a logger for a configuration that was made in Go. The zero Config
// is a console logger at level INFO, which writes before the call returns.
func New(cfg Config, opts ...Option) (*Logger, error) {
	o := collect(opts)
	log, err := openConfig(&cfg, nil, o)
	if err != nil {
		return o.orFallback(err)
	}
	return log, nil
}

// Must is for programs that can't go on without their logger: it panics when err is not nil.
func Must(log *Logger, err error) *Logger {
	if err != nil {
		panic(err)
	}
	return log
}

func openConfig(cfg *config.Config, warnings []config.Warning, o *options) (*Logger, error) {
	resolved, err := config.Resolve(cfg, o.typeNames()...)
	if err != nil {
		return nil, err
	}
	plan := &resolved
	if warnings != nil {
		plan.Warnings = warnings // the same, with their places in the file
	}
	dir, err := plan.StateDir()
	if err != nil {
		return nil, fmt.Errorf("hydra: logger %q: state directory: %w", plan.Name, err)
	}
	key := ""
	if !o.private() {
		key = engineKey(plan, dir)
	}
	named := cfg.Name != ""
	return engines.open(key, plan.Name, dir, func() (*engine, error) { return newEngine(plan, o, dir, named) })
}

// engineKey is what makes two openings equal.
func engineKey(plan *config.Plan, dir string) string {
	return plan.Fingerprint() + "\x00" + dir + "\x00" + os.Getenv(levelVariable)
}

// orFallback turns an error into a logger that says so, when the user asked for that.
func (o *options) orFallback(err error) (*Logger, error) {
	if !o.fallback {
		return nil, err
	}
	plan, planErr := config.Resolve(&config.Config{Name: "fallback", Layers: map[string]config.Layer{
		"default": {Destinations: []config.Destination{{Type: "console", Stream: "stderr", Format: "json-lines"}}},
	}})
	if planErr != nil {
		return nil, err
	}
	log, buildErr := engines.open("", plan.Name, "", func() (*engine, error) {
		e, buildErr := newEngine(&plan, &options{onEvent: o.onEvent}, "", false)
		if e != nil {
			e.failure = err
		}
		return e, buildErr
	})
	if buildErr != nil {
		return nil, err
	}
	log.e.notes.write(Event{Text: "the configuration can't be used; JSON lines go to standard error instead", Err: err})
	return log, nil
}

// typeNames are the types of destinations and extensions that were registered.
func (o *options) typeNames() []string {
	var names []string
	for name := range o.types {
		names = append(names, name)
	}
	for name := range o.extensions {
		names = append(names, name)
	}
	return names
}

// standsAlone reports whether the text alone says what the configuration is: nothing
// comes from other files or from variables.
func standsAlone(text []byte) bool {
	return !bytes.Contains(text, []byte("extends")) && !bytes.Contains(text, []byte("${"))
}

// sourceKey identifies all that the configuration of an engine was read from.
func sourceKey(path string, text []byte, o *options) string {
	var b bytes.Buffer
	if abs, err := filepath.Abs(path); err == nil {
		b.WriteString(abs)
	}
	for _, name := range []string{levelVariable, "HYDRA_STATE_DIR", "STATE_DIRECTORY", "HOME"} {
		b.WriteByte(0)
		b.WriteString(os.Getenv(name))
	}
	b.WriteByte(0)
	b.WriteString(strconv.FormatBool(o.lax))
	b.WriteByte(0)
	b.Write(text)
	return b.String()
}
