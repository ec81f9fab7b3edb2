package config

import (
	"bytes"
	"encoding/json"
	"maps"
)

// Extension is one processor as the configuration describes it. In a file it
// is an element of "extensions", a mapping whose order is kept.
type Extension struct {
	Name string
	// Type of the processor. Default: Name.
	Type string
	// Enabled is true for a processor that is used. Default: false.
	Enabled *bool
	// Settings are all other keys.
	Settings map[string]any
}

// Extensions are processors in order.
type Extensions []Extension

// TypeName is the type, which is the name where none is written.
func (e Extension) TypeName() string { return orDefault(e.Type, e.Name) }

// IsEnabled reports whether the processor is used.
func (e Extension) IsEnabled() bool { return e.Enabled != nil && *e.Enabled }

// values is the extension as it is written in a file.
func (e Extension) values() map[string]any {
	all := maps.Clone(e.Settings)
	if all == nil {
		all = map[string]any{}
	}
	if e.Type != "" {
		all["type"] = e.Type
	}
	if e.Enabled != nil {
		all["enabled"] = *e.Enabled
	}
	return all
}

// find returns the extension with that name, nil when there is none.
func (x Extensions) find(name string) *Extension {
	for i := range x {
		if x[i].Name == name {
			return &x[i]
		}
	}
	return nil
}

// MarshalJSON writes the mapping that a file has, in order.
func (x Extensions) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, e := range x {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(e.Name)
		if err != nil {
			return nil, err
		}
		values, err := json.Marshal(e.values())
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(values)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
