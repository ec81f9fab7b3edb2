package amqpdest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination/dial"
)

const (
	// DefaultRoutingKey is the routing key of a record when the options name none.
	DefaultRoutingKey = "logs"
	// DefaultMaxPending is how many messages are sent before the first has to be confirmed.
	DefaultMaxPending = 1000

	mostPending = 65535
	maxShort    = 255 // the size of an AMQP short string, in bytes
)

// Options are the settings of a driver.
type Options struct {
	// URL of the broker: amqp://host:5672/vhost, with TLS amqps://host:5671/vhost. A "/" in the name of a virtual host
	// is written %2F; none is the virtual host "/". A user and a password may be in it. Required. In a configuration
	// it is the destination's url.
	URL string `json:"-"`
	// Exchange to publish to. Default: "", the exchange that routes to the queue that the routing key names.
	Exchange string `json:"exchange"`
	// RoutingKey of the messages, cut after 255 bytes. {layer}, {level} and {logger} stand for what the record says.
	// Default: [DefaultRoutingKey].
	RoutingKey string `json:"routing_key"`
	// DiscardUnroutable lets the broker throw away what no queue takes, as an exchange does that nobody need listen
	// to. Default: false, such a record is delivered again until a queue takes it.
	DiscardUnroutable bool `json:"discard_unroutable"`
	// MaxPending is how many messages wait for a confirm at most, up to 65535. Default: [DefaultMaxPending].
	MaxPending int `json:"max_pending"`
	// ClientName is shown by the broker's management. Default: "hydra".
	ClientName string `json:"client_name"`
	// User and Password log in (SASL PLAIN), and win over those of the URL. In a configuration they are
	// credentials.username and credentials.password. Default: guest and guest, as the brokers'.
	User     string `json:"-"`
	Password string `json:"-"`
	// TLS are the settings of a secured connection. Default: nil, as the URL's scheme says.
	TLS *dial.TLS `json:"-"`
	// Timeout bounds connecting, without the login. Default: 10 s.
	Timeout time.Duration `json:"-"`

	address string
	vhost   string
}

func (o *Options) complete() error {
	if o.RoutingKey == "" {
		o.RoutingKey = DefaultRoutingKey
	}
	if o.MaxPending == 0 {
		o.MaxPending = DefaultMaxPending
	}
	if o.ClientName == "" {
		o.ClientName = "hydra"
	}
	if o.MaxPending < 0 || o.MaxPending > mostPending {
		return fmt.Errorf("max_pending: %d is out of range; it is 1 to %d", o.MaxPending, mostPending)
	}
	if len(o.Exchange) > maxShort {
		return fmt.Errorf("exchange: the name has %d bytes; AMQP allows %d", len(o.Exchange), maxShort)
	}
	if strings.ContainsAny(strings.NewReplacer("{layer}", "", "{level}", "", "{logger}", "").Replace(o.RoutingKey), "{}") {
		return errors.New("routing_key: the placeholders are {layer}, {level} and {logger}")
	}
	if err := o.parse(); err != nil {
		return err
	}
	if o.User == "" && o.Password == "" {
		o.User, o.Password = "guest", "guest"
	}
	return (&dial.Dialer{Network: dial.TCP, Address: o.address, TLS: o.TLS}).Check()
}

// parse takes the URL apart. Its errors do not quote it: it may hold a password.
func (o *Options) parse() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Hostname() == "" {
		return errors.New("url: give the address of a broker, such as amqp://rabbit.example:5672/")
	}
	port := "5672"
	switch u.Scheme {
	case "amqp":
	case "amqps":
		port = "5671"
		if o.TLS == nil {
			o.TLS = &dial.TLS{}
		}
	default:
		return fmt.Errorf("url: the scheme %q is not possible; type amqp takes amqp and amqps", u.Scheme)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("url: nothing may follow the virtual host; the options are a setting of their own")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	o.address = net.JoinHostPort(u.Hostname(), port)
	o.vhost = strings.TrimPrefix(u.Path, "/")
	if o.vhost == "" {
		o.vhost = "/"
	}
	if o.User == "" && o.Password == "" && u.User != nil {
		o.User = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	return nil
}
