package hydra

import (
	"os"
	"strconv"

	"github.com/hydra-logger/hydra/format"
)

// formatterOf returns what makes the formatters of a destination. An option that its format does not have is an error.
func (e *engine) formatterOf(d *dest) (func() format.Formatter, error) {
	if d.at != nil && d.at.opts.Formatter != nil {
		return d.at.opts.Formatter, nil
	}
	name, o := e.formatOf(d)
	if _, err := format.New(name, o); err != nil {
		return nil, err
	}
	return func() format.Formatter {
		f, _ := format.New(name, o) // checked above
		return f
	}, nil
}

// formatOf returns the format of a destination with its options.
func (e *engine) formatOf(d *dest) (string, format.Options) {
	name := d.cfg.Format
	if name == "" {
		name = formatOfType(d.cfg.Type)
	}
	if name == "" { // a console without a format
		name = format.PlainText
		if consoleColors(&d.cfg) {
			name = format.Colored
		}
	}
	l, p := &d.cfg.Layout, e.facts()
	o := format.Options{
		ID: d.cfg.ID, Schema: l.Schema, Keys: l.Keys, Precision: l.Precision, Zone: l.Zone, RFC3164: l.RFC3164,
		App: p.Name, Host: hostName(), ProcID: strconv.Itoa(os.Getpid()), Service: p.Service, Environment: p.Environment,
	}
	if name == format.Colored {
		o.LayerColors = l.Colors
	}
	if name == format.JSON && d.cfg.Type == "console" {
		o.Pretty = onTerminal(&d.cfg)
	}
	return name, o
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
