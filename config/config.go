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
	DefaultLevel Level `json:"default_level,omitempty" default:"INFO" null:"no" orig:"y"`
	// Layers by name. Default: one layer "default" with one console destination.
	Layers map[string]Layer `json:"layers,omitempty" orig:"y"`
	// Destinations that several layers use by name, see [Use].
	Destinations map[string]Destination `json:"destinations,omitempty"`
	// BaseLogDir is the directory of relative file paths; when relative itself,
	// below the working directory. Default: "logs".
	BaseLogDir string `json:"base_log_dir,omitempty" orig:"y"`
	// Mode is "async" or "sync": with sync the call formats and writes by
	// itself, there is no journal. Default: async.
	Mode Mode `json:"mode,omitempty" enum:"async,sync"`
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
	// Watch reads the file again when its content, or that of a file that it
	// extends, changes. Default: false.
	Watch bool `json:"watch,omitempty"`
	// Service is the name of the program in formats that have a field for it. Default: Name.
	Service string `json:"service,omitempty"`
	// Version of the program, for formats that have a field for it. Default: none.
	Version string `json:"version,omitempty" number:"text"`
	// Environment is what the program runs in ("production"), for formats that
	// have a field for it. Default: none.
	Environment string `json:"environment,omitempty"`

	// SchemaVersion is the version of the schema that the file is written for,
	// at least 1. A later one than 1 is a warning. Default: none.
	SchemaVersion *int `json:"hydra_config_schema_version,omitempty" range:"1.." orig:"y"`
	// LogDirName is a directory below BaseLogDir, for all relative paths. Default: none.
	LogDirName string `json:"log_dir_name,omitempty" orig:"y"`
	// EnforceLogPathConfinement refuses a file outside the log directory,
	// symbolic links followed. Default: false.
	EnforceLogPathConfinement bool `json:"enforce_log_path_confinement,omitempty" null:"no" orig:"y"`
	// AllowAbsoluteLogPaths is false to refuse absolute paths of files, and
	// those that begin with "~". Default: true.
	AllowAbsoluteLogPaths *bool `json:"allow_absolute_log_paths,omitempty" default:"true" null:"no" orig:"y"`
	// BufferSize is how many bytes a batch of a destination holds at most, 1 to
	// 1048576, unless the destination says otherwise. Default: 256KiB, and
	// 960KiB over HTTP (the 8192 of the Python original was never used).
	BufferSize Size `json:"buffer_size,omitempty" default:"8192" null:"no" orig:"y"`
	// FlushInterval is how long a record waits for others of its batch, at most
	// 1h, unless the destination says otherwise. Default: it does not wait, a
	// batch is what has come since the one before (the 1 s of the Python original
	// was never used).
	FlushInterval Duration `json:"flush_interval,omitempty" default:"1" null:"no" orig:"y"`
	// LayerColors are colours by layer, as [Layer.Color]. The layer's own wins. Default: none.
	LayerColors map[string]string `json:"layer_colors,omitempty" null:"ok" orig:"y"`
	// Extensions are the processors of the logger, in order. Default: none.
	Extensions Extensions `json:"extensions,omitempty" null:"ok" orig:"y"`
	// EnableDataProtection redacts secrets and personal data before a record is
	// accepted, with the settings of the extension of type security if there is
	// one. Default: false.
	EnableDataProtection bool `json:"enable_data_protection,omitempty" null:"no" orig:"y"`
	// EnableSecurity turns redaction on as EnableDataProtection does. Default: false.
	EnableSecurity bool `json:"enable_security,omitempty" null:"no" orig:"y"`
	// EnableSanitization makes control characters harmless. It is always done;
	// the key is accepted for files that are shared. Default: false.
	EnableSanitization bool `json:"enable_sanitization,omitempty" null:"no" orig:"y"`
	// EnablePlugins has no effect: plugins are options of Open. Default: false.
	EnablePlugins bool `json:"enable_plugins,omitempty" null:"no" orig:"y"`
	// SecurityLevel is how much is redacted: low, medium, high or strict. Default: medium.
	SecurityLevel string `json:"security_level,omitempty" default:"medium" enum:"low,medium,high,strict" null:"no" orig:"y"`
	// EnablePerformanceMonitoring measures deliveries. Default: false.
	EnablePerformanceMonitoring bool `json:"enable_performance_monitoring,omitempty" null:"no" orig:"y"`
	// MonitoringDetailLevel is basic, standard or detailed. Default: basic.
	MonitoringDetailLevel string `json:"monitoring_detail_level,omitempty" default:"basic" enum:"basic,standard,detailed" null:"no" orig:"y"`
	// MonitoringSampleRate measures every n-th record, 1 to 10000. Default: 100.
	MonitoringSampleRate *int `json:"monitoring_sample_rate,omitempty" default:"100" range:"1..10000" null:"no" orig:"y"`
	// MonitoringBackground is accepted for files that are shared: measuring
	// never makes a call wait. False is a warning. Default: true.
	MonitoringBackground *bool `json:"monitoring_background,omitempty" default:"true" null:"no" orig:"y"`
	// StrictReliabilityMode makes Open fail, where it would go on with less: no
	// state directory, a destination that can't be opened. Default: false.
	StrictReliabilityMode bool `json:"strict_reliability_mode,omitempty" null:"no" orig:"y"`
	// ReliabilityErrorPolicy says what becomes of failures of the logger itself:
	// silent (health alone), warn (also standard error) or raise (Open and Close
	// return them). Default: warn (silent in the Python original).
	ReliabilityErrorPolicy string `json:"reliability_error_policy,omitempty" default:"silent" enum:"silent,warn,raise" null:"no" orig:"y"`
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
	Enabled *bool `json:"enabled,omitempty" default:"true" null:"no" orig:"y"`
	// Level is the lowest that the layer accepts. Default: INFO.
	Level Level `json:"level,omitempty" default:"INFO" null:"no" orig:"y"`
	// Color of the layer's name on a console with colours: black, red, green,
	// yellow, blue, magenta, cyan, white, each also with "bright_" in front, or
	// an ANSI sequence "\x1b[...m". Default: none.
	Color string `json:"color,omitempty" orig:"y"`
	// Destinations, at least one: described in place, or by name with [Use].
	Destinations []Destination `json:"destinations,omitempty" orig:"y"`
	// Durability is "commit" (a call returns when the record survives power
	// loss) or "process". Default: commit when the journal's is commit, else process.
	Durability Durability `json:"durability,omitempty"`
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
	Backend Backend `json:"backend,omitempty" enum:"auto,mapped,write"`
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
