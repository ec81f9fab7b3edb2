package config

// Destination is where records of a layer go.
type Destination struct {
	// Ref is the name of an element of [Config.Destinations]. Of the other
	// fields only Level may be set then. In a file, the name alone stands for it.
	Ref string `json:"ref,omitempty"`
	// Name in health, metrics and errors. Default: made of type and target.
	Name string `json:"name,omitempty"`
	// Type is one of [DestinationTypes], or one that [Options.Types] names.
	// "async_file" and "async_console" are "file" and "console": every
	// destination has a worker. Default: console.
	Type string `json:"type,omitempty" null:"no" orig:"y"`
	// Level is the lowest that passes; the layer's level applies as well.
	// Default: the layer's level.
	Level Level `json:"level,omitempty" orig:"y"`
	// Format is one of [Formats]. Default: from the extension of Path (.jsonl
	// and .json: json-lines, .csv: csv, .bin: binary-compact); on the console
	// colored when UseColors allows; else plain-text.
	Format string `json:"format,omitempty" orig:"y"`
	// Path of a file, below [Config.BaseLogDir] when relative. Needed by type
	// file. With a Format, the extension is the format's: app.txt with
	// plain-text is app.log. A leading "~/" is the home directory.
	Path string `json:"path,omitempty" orig:"y"`
	// Stream of a console: "stdout" or "stderr". Default: stdout.
	Stream string `json:"stream,omitempty" enum:"stdout,stderr"`
	// UseColors of a console: true and false are commands, nil follows
	// NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM and whether it is a terminal.
	UseColors *bool `json:"use_colors,omitempty" default:"false" null:"no" orig:"y"`
	// ID adds the record's id, <journal>:<position>, to what is written. Default: false.
	ID bool `json:"id,omitempty"`
	// Overflow says what happens when the journal's quota is reached:
	// "drop_oldest", "drop_newest", "shed_below: LEVEL", "block",
	// "block_with_timeout". Default: drop_oldest; in layers with durability commit, block.
	Overflow Overflow `json:"overflow,omitempty"`
	// OverflowTimeout is how long block_with_timeout waits. Needed by it, and only there.
	OverflowTimeout Duration `json:"overflow_timeout,omitempty"`

	// MaxSize is the size at which a file is rotated. It and the keys down to
	// RotateOnSignal are rotation options: a file that has none is not rotated.
	// Default: 5MB where BackupCount is written.
	MaxSize SizeText `json:"max_size,omitempty" default:"5MB" null:"none" orig:"y"`
	// BackupCount is how many rotated files are kept; 0 keeps all. Default: 3
	// where MaxSize is written, else all.
	BackupCount *int `json:"backup_count,omitempty" default:"3" range:"0.." orig:"y"`
	// MaxAge is how long rotated files are kept ("30d", "12h"). Default: without limit.
	MaxAge Duration `json:"max_age,omitempty" unit:"y"`
	// MaxTotalSize is how much all rotated files of the destination take together. Default: without limit.
	MaxTotalSize Size `json:"max_total_size,omitempty"`
	// RotateInterval rotates when the file is that old, at least 1s. Default: never.
	RotateInterval Duration `json:"rotate_interval,omitempty"`
	// RotateAt rotates at these times of the day, "00:00" or "00:00:00". Default: never.
	RotateAt Strings `json:"rotate_at,omitempty"`
	// RotateZone is the time zone of RotateAt and of names with time: "Local",
	// "UTC" or a name of the IANA database. Default: Local.
	RotateZone string `json:"rotate_zone,omitempty"`
	// RotateOnStart rotates a file that is not empty when it is opened. Default: false.
	RotateOnStart bool `json:"rotate_on_start,omitempty"`
	// RotateOnSignal rotates on SIGUSR1. Default: false.
	RotateOnSignal bool `json:"rotate_on_signal,omitempty"`
	// Compress rotated files: "gzip", "zstd", or "none". true is gzip. Default: none.
	Compress Compression `json:"compress,omitempty" enum:"none,gzip,zstd"`
	// NameFormat is the time in the names of rotated files, as package time
	// writes it. Default: 20060102T150405.000Z0700.
	NameFormat string `json:"name_format,omitempty"`
	// Latest is a symbolic link beside the file that names the newest one. Default: none.
	Latest string `json:"latest,omitempty"`
	// TimeAfterExt puts the time of rotated files behind the extension. Default: false.
	TimeAfterExt bool `json:"time_after_ext,omitempty"`
	// FileMode of the file, "0640" in octal. Default: 0640.
	FileMode FileMode `json:"file_mode,omitempty"`
	// Owner of the file, "user", "user:group" or ":group". Default: the process's.
	Owner string `json:"owner,omitempty"`
	// Shared says whether other processes may write a file that rotates too. Each
	// batch is written under a lock then; false keeps the lock until Close, so that
	// a second process is refused. Default: true where the system has such locks.
	Shared *bool `json:"shared,omitempty"`

	// URL of types that speak HTTP or WebSocket.
	URL string `json:"url,omitempty" orig:"y"`
	// Host of network_socket, network_datagram and the like.
	Host string `json:"host,omitempty" orig:"y"`
	// Port, 1 to 65535.
	Port *int `json:"port,omitempty" range:"1..65535" orig:"y"`
	// UseTLS encrypts the connection of network_socket and the like. Default: true when TLS is written, else false.
	UseTLS *bool `json:"use_tls,omitempty"`
	// TLS is how the connection is encrypted. Default: the system's authorities, no certificate of one's own.
	TLS *TLS `json:"tls,omitempty"`
	// Timeout of one attempt, above 0, at most 300s; null waits without limit. Default: 30s.
	Timeout Duration `json:"timeout,omitempty" default:"30" null:"none" orig:"y"`
	// MaxConnections is how many requests over HTTP run at once where Ordered is
	// false; 0 is the default. Default: 10 (the 10 of the Python original was never
	// used).
	MaxConnections *int `json:"max_connections,omitempty" default:"10" range:"0.." orig:"y"`
	// Credentials are headers of HTTP and WebSocket, and user and password elsewhere.
	Credentials map[string]string `json:"credentials,omitempty" null:"ok" orig:"y"`
	// AuthToken is sent as bearer token.
	AuthToken string `json:"auth_token,omitempty" orig:"y"`
	// ConnectionString of brokers, instead of URL.
	ConnectionString string `json:"connection_string,omitempty" orig:"y"`
	// QueueURL of brokers, instead of URL.
	QueueURL string `json:"queue_url,omitempty" orig:"y"`
	// ServiceType is the service of async_cloud.
	ServiceType string `json:"service_type,omitempty" orig:"y"`
	// ConnectionProbe asks network_http whether the server answers before the first batch. Default: true.
	ConnectionProbe *bool `json:"connection_probe,omitempty" default:"true" null:"no" orig:"y"`
	// ProbeMethod of the probe: GET, HEAD, OPTIONS or none. Default: GET.
	ProbeMethod string `json:"probe_method,omitempty" default:"GET" enum:"GET,HEAD,OPTIONS,none" null:"no" orig:"y"`
	// HTTPPayloadEncoder is the name of a registered encoder, of network_http. Default: the format's.
	HTTPPayloadEncoder string `json:"http_payload_encoder,omitempty" orig:"y"`
	// HTTPBatchSize is how many records a request of network_http holds at most;
	// 0 is 4096, or what BufferSize holds. Default: 0.
	HTTPBatchSize int `json:"http_batch_size,omitempty" default:"0" range:"0.." null:"no" orig:"y"`
	// HTTPBatchFlushInterval is how long a record waits for others of its batch,
	// where HTTPBatchSize is written. Default: 1s.
	HTTPBatchFlushInterval Duration `json:"http_batch_flush_interval,omitempty" default:"1" null:"no" orig:"y"`
	// UseRealWebsocketTransport of network_ws: false has no effect, records are always sent. Default: true.
	UseRealWebsocketTransport *bool `json:"use_real_websocket_transport,omitempty" default:"false" null:"no" orig:"y"`

	// RetryCount gives a batch up after that many retries, 0 to 20: it goes to
	// the dead letters. Default: retries without limit.
	RetryCount *int `json:"retry_count,omitempty" default:"3" range:"0..20" orig:"y"`
	// RetryDelay is the first delay between retries, at most 300s. It doubles up to
	// 30s (a file or console: 1s), and a random part of it is waited. Default: 50ms.
	RetryDelay Duration `json:"retry_delay,omitempty" default:"1" orig:"y"`
	// MaxQueueSize is accepted for files that are shared, with a warning: the
	// bytes of the journal bound what may wait, see [Journal.Quota] and Overflow.
	MaxQueueSize *int `json:"max_queue_size,omitempty" default:"10000" range:"0.." orig:"y"`
	// BufferSize is how many bytes a batch holds at most. Default: [Config.BufferSize].
	BufferSize Size `json:"buffer_size,omitempty"`
	// FlushInterval is how long a record waits for others of its batch. Default: [Config.FlushInterval].
	FlushInterval Duration `json:"flush_interval,omitempty"`
	// Fallback is the name of a destination that gets the records while this one is down. Default: none, they wait.
	Fallback string `json:"fallback,omitempty"`
	// Ordered is false to let batches overtake each other, where the type can
	// deliver several at once. Default: true.
	Ordered *bool `json:"ordered,omitempty"`
	// DeadLetter bounds what is kept of records that were rejected.
	DeadLetter *DeadLetter `json:"dead_letter,omitempty"`

	// Schema is the names of fields of json and json-lines: "flat", "hydra" (those of the Python
	// original), "slog", "zap", "zerolog", "otel", "ecs", "gcp", "datadog", "aws". Default: flat.
	Schema string `json:"schema,omitempty" enum:"flat,hydra,slog,zap,zerolog,otel,ecs,gcp,datadog,aws"`
	// Keys gives reserved fields other names: {time: ts}. Default: the schema's.
	Keys map[string]string `json:"keys,omitempty"`
	// Precision of times: "s", "ms", "us" or "ns". Default: the format's.
	Precision string `json:"precision,omitempty" enum:"s,ms,us,ns"`
	// Zone of times: "UTC", "Local", or a name of the IANA database. Default: the format's.
	Zone string `json:"zone,omitempty"`
	// RFC3164 writes format syslog as in that older standard. Default: false (RFC 5424).
	RFC3164 bool `json:"rfc3164,omitempty"`

	// Extensions are processors of this destination alone, in order. Default: none.
	Extensions Extensions `json:"extensions,omitempty" null:"ok"`
	// Options of the type, see the package that provides it.
	Options map[string]any `json:"options,omitempty"`
	// Extra is another name for Options.
	Extra map[string]any `json:"extra,omitempty" null:"ok" orig:"y"`
}

// TLS is how a connection is encrypted.
type TLS struct {
	// CA is a file with the certificates of authorities. Default: the system's.
	CA string `json:"ca,omitempty"`
	// Cert is a file with the client's certificate. Needs Key. Default: none.
	Cert string `json:"cert,omitempty"`
	// Key is a file with the key of Cert.
	Key string `json:"key,omitempty"`
	// ServerName is the name in the server's certificate. Default: the host.
	ServerName string `json:"server_name,omitempty"`
	// SkipVerify accepts every certificate. Default: false.
	SkipVerify bool `json:"skip_verify,omitempty"`
}

// DeadLetter bounds the file of records that a destination rejected.
type DeadLetter struct {
	// MaxBytes of the file. Default: 64MiB.
	MaxBytes Size `json:"max_bytes,omitempty"`
	// MaxAge of a record in the file. Default: 720h.
	MaxAge Duration `json:"max_age,omitempty"`
}

// DestinationTypes returns the types of the schema. The program must be linked
// with what provides a type to open it.
func DestinationTypes() []string {
	return []string{
		TypeConsole, TypeFile, TypeNull, TypeMemory, "async_console", "async_file", "async_cloud",
		"network", "network_http", "network_ws", "network_socket", "network_datagram",
		"syslog", "gelf", "journald", "loki", "elasticsearch", "otlp", "splunk", "datadog", "clickhouse", "victorialogs",
		"kafka", "nats", "amqp", "redis", "mqtt",
	}
}

// Formats returns the formats of the schema.
func Formats() []string {
	return []string{FormatPlainText, "fast-plain", "detailed", FormatColored, "json", FormatJSONLines, "csv", "logfmt",
		"syslog", "gelf", "logstash", "binary", "binary-compact", "binary-extended"}
}
