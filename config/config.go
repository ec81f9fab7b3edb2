package config

// Config describes a logger: its layers, where their records go, and what is
// promised about them. The zero value is a console logger at level INFO.
type Config struct {
	// Name of the logger. Together with the program it says whose journal a
	// state directory holds. Default: the base name of the program's file.
	Name string `json:"name,omitempty"`
	// DefaultLevel is the level of the layer "default" when no layer is
	// configured, and of layers that are asked for but not configured.
	// A configured layer without a level has INFO. Default: INFO.
	DefaultLevel Level `json:"default_level,omitempty"`
	// Layers by name. Default: one layer "default" with one console destination.
	Layers map[string]Layer `json:"layers,omitempty"`
	// Destinations that several layers use by name, see [Use].
	Destinations map[string]Destination `json:"destinations,omitempty"`
	// BaseLogDir is the directory of relative file paths; when relative itself,
	// below the working directory. Default: "logs".
	BaseLogDir string `json:"base_log_dir,omitempty"`
	// Mode is "async" or "sync": with sync the call formats and writes by
	// itself, there is no journal. Default: async.
	Mode Mode `json:"mode,omitempty"`
	// SyncLevel is the level from which a call returns only when local
	// destinations have written it, at most 250 ms. "NONE" for never.
	// Default: CRITICAL.
	SyncLevel Level `json:"sync_level,omitempty"`
	// CloseTimeout is the longest time that Close waits for delivery; 0 waits
	// without limit (in Go code: [NoTimeout], since 0 is unset). Default: 10s.
	CloseTimeout Duration `json:"close_timeout,omitempty"`
	// AddSource adds the place of the call to every record. Default: false.
	AddSource bool `json:"add_source,omitempty"`
	// Journal says how accepted records are kept.
	Journal Journal `json:"journal,omitzero"`
}

// Mode is how records get from the call to the destinations.
type Mode string

// The modes.
const (
	ModeAsync Mode = "async"
	ModeSync  Mode = "sync"
)

// Layer is a named stream of records.
type Layer struct {
	// Enabled is false to accept nothing on this layer. Default: true.
	Enabled *bool `json:"enabled,omitempty"`
	// Level is the lowest that the layer accepts. Default: INFO.
	Level Level `json:"level,omitempty"`
	// Destinations, at least one: described in place, or by name with [Use].
	Destinations []Destination `json:"destinations,omitempty"`
	// Durability is "commit" (a call returns when the record survives power
	// loss) or "process". Default: commit when the journal's is commit, else process.
	Durability Durability `json:"durability,omitempty"`
}

// Destination is where records of a layer go.
type Destination struct {
	// Ref is the name of an element of [Config.Destinations]. Of the other
	// fields only Level may be set then. In a file, the name alone stands for it.
	Ref string `json:"ref,omitempty"`
	// Name in health, metrics and errors. Default: made of type and target.
	Name string `json:"name,omitempty"`
	// Type is "console", "file", "null", "memory", or one that [Options.Types] names.
	Type string `json:"type,omitempty"`
	// Level is the lowest that passes; the layer's level applies as well.
	// Default: the layer's level.
	Level Level `json:"level,omitempty"`
	// Format is "json-lines", "plain-text" or "colored". Default: from the
	// extension of Path (.jsonl and .json: json-lines); on the console colored
	// when UseColors allows, else plain-text.
	Format string `json:"format,omitempty"`
	// Path of a file, below [Config.BaseLogDir] when relative. Needed by type
	// file. With a Format, the extension is the format's: app.txt with
	// plain-text is app.log. A leading "~/" is the home directory.
	Path string `json:"path,omitempty"`
	// Stream of a console: "stdout" or "stderr". Default: stdout.
	Stream string `json:"stream,omitempty"`
	// UseColors of a console: true and false are commands, nil follows
	// NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM and whether it is a terminal.
	UseColors *bool `json:"use_colors,omitempty"`
	// ID adds the record's id, <journal>:<position>, to what is written. Default: false.
	ID bool `json:"id,omitempty"`
	// Overflow says what happens when the journal's quota is reached:
	// "drop_oldest", "drop_newest", "shed_below: LEVEL", "block",
	// "block_with_timeout". Default: drop_oldest; in layers with durability commit, block.
	Overflow Overflow `json:"overflow,omitempty"`
	// OverflowTimeout is how long block_with_timeout waits. Needed by it, and only there.
	OverflowTimeout Duration `json:"overflow_timeout,omitempty"`
	// Options are handed to destinations of a registered type. The types
	// that come with this package take none.
	Options map[string]any `json:"options,omitempty"`
}

// Use is a destination that is described once in [Config.Destinations].
func Use(name string) Destination { return Destination{Ref: name} }

// Journal says where accepted records are kept until they are delivered, and what they survive.
type Journal struct {
	// Enabled is false for no journal on disk even where there is a state
	// directory. Default: true.
	Enabled *bool `json:"enabled,omitempty"`
	// Dir is the state directory. Default: the first of $HYDRA_STATE_DIR/<name>,
	// systemd's $STATE_DIRECTORY, <log directory>/.hydra/<name> when there is a
	// file destination.
	Dir string `json:"dir,omitempty"`
	// Durability is "memory", "process", "interval: 1s" or "commit".
	// Default: process where there is a state directory, else memory.
	Durability Durability `json:"durability,omitempty"`
	// Quota is the most space that the journal takes. Default: the smallest of
	// 2 GiB, 10 % of the file system, half of what is free at open.
	Quota Size `json:"quota,omitempty"`
	// Reserve is the free space that the journal leaves on its file system.
	// 0 leaves nothing (in Go code: [NoReserve], since 0 is unset).
	// Default: the smaller of 10 % and 1 GiB.
	Reserve Size `json:"reserve,omitempty"`
	// MappedLimit bounds the mapped bytes of the process. Default: the smaller
	// of 64 MiB and 1/8 of the cgroup's memory limit.
	MappedLimit Size `json:"mapped_limit,omitempty"`
	// MaxWait is the longest that a call waits for a segment. Default: 10ms.
	MaxWait Duration `json:"max_wait,omitempty"`
	// Backend is "auto", "mapped" or "write". Default: auto, which maps files
	// where that is safe and writes them elsewhere.
	Backend Backend `json:"backend,omitempty"`
}

// Backend is how the journal's files are written.
type Backend string

// The backends.
const (
	BackendAuto   Backend = "auto"
	BackendMapped Backend = "mapped"
	BackendWrite  Backend = "write"
)

// IsEnabled reports whether l accepts records at all.
func (l Layer) IsEnabled() bool { return l.Enabled == nil || *l.Enabled }

// IsEnabled reports whether a journal on disk is wanted.
func (j Journal) IsEnabled() bool { return j.Enabled == nil || *j.Enabled }

// Bool returns a pointer to v, for the fields that tell "unset" from false.
func Bool(v bool) *bool { return &v }
