package redisdest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination/dial"
)

const (
	// DefaultStream is the key of the stream when the options name none.
	DefaultStream = "logs"
	// DefaultDedupeWindow is how long ids are remembered.
	DefaultDedupeWindow = 10 * time.Minute
)

// Options are the settings of a driver.
type Options struct {
	// URL of the server: redis://host:6379/0, with TLS rediss://. A user and a password may be in it. Required. In a
	// configuration it is the destination's url.
	URL string `json:"-"`
	// Stream is the key of the stream. {layer} stands for the record's layer. Default: [DefaultStream].
	Stream string `json:"stream"`
	// MaxLen is about how many entries are kept in a stream; the oldest are removed. Default: 0, all.
	MaxLen int64 `json:"max_len"`
	// DedupeWindow is how long Redis remembers the ids of the records. Negative: not at all, a plain XADD.
	// Default: [DefaultDedupeWindow].
	DedupeWindow time.Duration `json:"dedupe_window"`
	// User and Password log in, and win over those of the URL. In a configuration they are credentials.username and
	// credentials.password.
	User     string `json:"-"`
	Password string `json:"-"`
	// TLS are the settings of a secured connection. Default: nil, as the URL's scheme says.
	TLS *dial.TLS `json:"-"`
	// Timeout bounds connecting. Default: 10 s.
	Timeout time.Duration `json:"-"`

	address string
	db      int
}

func (o *Options) complete() error {
	if o.Stream == "" {
		o.Stream = DefaultStream
	}
	if o.DedupeWindow == 0 {
		o.DedupeWindow = DefaultDedupeWindow
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	if o.MaxLen < 0 {
		return fmt.Errorf("max_len: %d is out of range; it is 0, for all, or more", o.MaxLen)
	}
	if strings.ContainsAny(strings.ReplaceAll(o.Stream, "{layer}", ""), "{}\r\n") {
		return errors.New("stream: the placeholder is {layer}")
	}
	if err := o.parse(); err != nil {
		return err
	}
	return (&dial.Dialer{Network: dial.TCP, Address: o.address, TLS: o.TLS}).Check()
}

// parse takes the URL apart. Its errors do not quote it: it may hold a password.
func (o *Options) parse() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Hostname() == "" {
		return errors.New("url: give the address of a server, such as redis://redis.example:6379/0")
	}
	switch u.Scheme {
	case "redis":
	case "rediss":
		if o.TLS == nil {
			o.TLS = &dial.TLS{}
		}
	default:
		return fmt.Errorf("url: the scheme %q is not possible; type redis takes redis and rediss", u.Scheme)
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	o.address = net.JoinHostPort(u.Hostname(), port)
	if db := strings.Trim(u.Path, "/"); db != "" {
		if o.db, err = strconv.Atoi(db); err != nil || o.db < 0 {
			return errors.New("url: the path is the number of a database, such as /0")
		}
	}
	if o.User == "" && o.Password == "" && u.User != nil {
		o.User = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	return nil
}
