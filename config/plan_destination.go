package config

import (
	"fmt"
	"time"
)

// Rotation says when a file is rotated and what is kept. It is nil of a
// destination that writes none of its options. A zero value means "not so":
// no size, no interval, no limit.
type Rotation struct {
	MaxSize    int64         // bytes
	Backups    int           // rotated files that are kept; 0: all
	MaxAge     time.Duration // of rotated files
	MaxTotal   int64         // bytes of all rotated files
	Interval   time.Duration
	RotateAt   []string // "15:04" or "15:04:05"
	Zone       string   // "Local", "UTC", or a name of the IANA database; "" is Local
	OnStart    bool
	OnSignal   bool
	Compress   string // "", "gzip" or "zstd"
	Mode       uint32 // 0: the driver's default
	Owner      string // "user:group", each may be missing
	Latest     string // name of a symbolic link
	NameFormat string // layout of package time; "": the driver's default
	// TimeAfterExt puts the time behind the extension: app.log-2024 and not app-2024.log.
	TimeAfterExt bool
	Shared       *bool
}

// Network is how a server is reached. A zero value means "not written".
type Network struct {
	URL              string
	Host             string
	Port             int
	UseTLS           bool
	TLS              TLS
	Timeout          time.Duration // of one attempt; negative: without limit
	Credentials      map[string]string
	AuthToken        string
	ConnectionString string // of the connection_string or the queue_url
	ServiceType      string
	ConnectionProbe  *bool
	ProbeMethod      string // "", GET, HEAD, OPTIONS or none
	PayloadEncoder   string
	BatchSize        int // records in a request
	BatchInterval    time.Duration
	MaxConnections   int
}

// Delivery is how the worker of a destination treats batches. A zero value
// means "not written".
type Delivery struct {
	RetryCount    *int // nil: without limit
	RetryDelay    time.Duration
	Fallback      string // name of a destination of the plan
	Ordered       *bool
	MaxQueueSize  int           // records that may wait; nothing bounds them by number yet
	BufferSize    int           // bytes of a batch
	FlushInterval time.Duration // age of the oldest record of a batch
	DeadLetter    ResolvedDeadLetter
}

// ResolvedDeadLetter bounds the dead letters of a destination.
type ResolvedDeadLetter struct {
	MaxBytes int64
	MaxAge   time.Duration
}

// Layout are options of formats. A zero value means "not written".
type Layout struct {
	Schema    string
	Keys      map[string]string
	Precision string
	Zone      string
	RFC3164   bool
	// Colors are escape sequences by layer, for the layer's name on a console.
	Colors map[string]string
}

// ResolvedExtension is a processor that is enabled.
type ResolvedExtension struct {
	Name     string
	Type     string
	Settings map[string]any
	Where    string // the place in the configuration that describes it

	// What it takes from the rest of the configuration. A change of it is a change of the extension.
	SecurityLevel string   // security_level, of type security
	CommitLayers  []string // layers with durability commit, of the other types
}

// Monitoring are the monitoring keys of the schema.
type Monitoring struct {
	Enabled    bool
	Detail     string // basic, standard or detailed
	SampleRate int    // every n-th record
	Background bool
}

// Login returns the username and the password of the credentials. Another credential is an error that names the
// type of destination: somebody relies on what would not be sent.
func (n *Network) Login(kind string) (user, password string, err error) {
	for key, value := range n.Credentials {
		switch key {
		case "username", "user":
			user = value
		case "password":
			password = value
		default:
			return "", "", fmt.Errorf("credentials: %q is not possible; type %s takes username and password", key, kind)
		}
	}
	return user, password, nil
}
