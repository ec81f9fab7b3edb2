package config

import (
	"log/slog"
	"slices"
	"time"
)

// Plan is a configuration with everything decided: defaults filled in, names
// looked up, paths absolute, equal destinations merged. It is what an engine is built from.
type Plan struct {
	Name         string
	Mode         Mode
	DefaultLevel slog.Level    // of layers that are not configured
	SyncLevel    slog.Level    // [LevelOff]: never
	CloseTimeout time.Duration // 0: without limit
	AddSource    bool
	LogDir       string // absolute; where relative paths are
	Journal      ResolvedJournal
	Destinations []ResolvedDestination // in the order of their names' first use, layers sorted by name
	Layers       []ResolvedLayer       // sorted by name
	Extensions   []ResolvedExtension   // processors of the logger, in order
	Warnings     []Warning

	Service       string // never ""
	Version       string
	Environment   string
	Watch         bool   // read the file again when it changes
	Protect       bool   // enable_data_protection or enable_security
	SecurityLevel string // low, medium, high or strict
	Monitoring    Monitoring
	Strict        bool   // strict_reliability_mode
	ErrorPolicy   string // "" when not written, silent, warn or raise
}

// Has reports whether a layer of that name is configured.
func (p *Plan) Has(layer string) bool {
	return slices.ContainsFunc(p.Layers, func(l ResolvedLayer) bool { return l.Name == layer })
}

// ResolvedJournal is [Journal] with everything parsed. A zero number means that the journal decides.
type ResolvedJournal struct {
	Enabled     bool
	Dir         string // absolute; "" when not set
	Durability  DurabilityKind
	Interval    time.Duration
	Quota       int64
	Reserve     int64
	MappedLimit int64
	MaxWait     time.Duration
	Backend     Backend
}

// ResolvedDestination is one destination, whichever layers use it.
type ResolvedDestination struct {
	Name      string // unique in the plan
	Type      string
	Format    string // "" only on a console that was given none: colored where colours are, else plain-text
	Path      string // absolute, of type file
	Stream    string // of type console
	UseColors *bool
	ID        bool
	Overflow  OverflowKind // never OverflowDefault
	ShedBelow slog.Level   // of OverflowShedBelow
	Timeout   time.Duration
	Rotation  *Rotation
	Network   Network
	Delivery  Delivery
	Layout    Layout
	// Extensions are the processors of this destination, in order.
	Extensions []ResolvedExtension
	Options    map[string]any
	// Address is type and target in one string, for the cursor's hash: a
	// destination whose address changed is not fed another's records.
	Address string
	// Where are the places in the configuration that describe it.
	Where []string
}

// ResolvedLayer is one layer.
type ResolvedLayer struct {
	Name   string
	Level  slog.Level // [LevelOff] when the layer is disabled
	Color  string     // escape sequence, or ""
	Commit bool       // a call returns when the record survives power loss
	Routes []Route    // empty when the layer is disabled
}

// Route leads from a layer to a destination.
type Route struct {
	Destination int // index in Plan.Destinations
	MinLevel    slog.Level
}
