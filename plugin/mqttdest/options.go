package mqttdest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hydra-logger/hydra/destination/dial"
)

const (
	// DefaultTopic is the topic of a record when the options name none.
	DefaultTopic = "logs/{layer}/{level}"
	// DefaultMaxPending is how many messages are sent before the first has to be acknowledged.
	DefaultMaxPending = 1000

	mostPending = 65535 // as the protocol counts them
	maxString   = 65535 // the size of a string of the protocol, in bytes
)

// Options are the settings of a driver.
type Options struct {
	// URL of the broker: mqtt://host:1883, with TLS mqtts://host:8883. A user and a password may be in it. Required. In a
	// configuration it is the destination's url.
	URL string `json:"-"`
	// Topic to publish to. {layer}, {level} and {logger} stand for what the record says, with "_" for what a level of a
	// topic can't hold. Default: [DefaultTopic].
	Topic string `json:"topic"`
	// MaxPending is how many messages wait for an acknowledgement at most, up to 65535; the broker may allow fewer.
	// Default: [DefaultMaxPending].
	MaxPending int `json:"max_pending"`
	// MaxPacketSize is the size of a packet that the broker takes, in bytes, for brokers that have a limit and do not say
	// so when a client connects: they end the connection when a packet is larger. Default: 0, what the broker says.
	MaxPacketSize int `json:"max_packet_size"`
	// ClientID is the name of the connection. A broker ends a connection when another one comes with its name. Default:
	// "", the broker gives it a name.
	ClientID string `json:"client_id"`
	// User and Password log in, and win over those of the URL. In a configuration they are credentials.username and
	// credentials.password. Default: none.
	User     string `json:"-"`
	Password string `json:"-"`
	// TLS are the settings of a secured connection. Default: nil, as the URL's scheme says.
	TLS *dial.TLS `json:"-"`
	// Timeout bounds connecting, and the login after it. Default: 10 s.
	Timeout time.Duration `json:"-"`

	address string
}

func (o *Options) complete() error {
	if o.Topic == "" {
		o.Topic = DefaultTopic
	}
	if o.MaxPending == 0 {
		o.MaxPending = DefaultMaxPending
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	if o.MaxPending < 0 || o.MaxPending > mostPending {
		return fmt.Errorf("max_pending: %d is out of range; it is 1 to %d", o.MaxPending, mostPending)
	}
	if o.MaxPacketSize < 0 {
		return fmt.Errorf("max_packet_size: %d is out of range; it is 0, for what the broker says, or more", o.MaxPacketSize)
	}
	if !isText(o.ClientID) {
		return errors.New("client_id: it is text without control characters, of at most 65535 bytes")
	}
	plain := strings.NewReplacer("{layer}", "x", "{level}", "x", "{logger}", "x").Replace(o.Topic)
	if strings.ContainsAny(plain, "{}") {
		return errors.New("topic: the placeholders are {layer}, {level} and {logger}")
	}
	if strings.ContainsAny(plain, "+#") || !isText(plain) {
		return errors.New("topic: it is text without control characters and the wildcards + and #, of at most 65535 bytes")
	}
	if err := o.parse(); err != nil {
		return err
	}
	if len(o.User) > maxString || len(o.Password) > maxString {
		return errors.New("credentials: MQTT allows 65535 bytes each")
	}
	return (&dial.Dialer{Network: dial.TCP, Address: o.address, TLS: o.TLS}).Check()
}

// parse takes the URL apart. Its errors do not quote it: it may hold a password.
func (o *Options) parse() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Hostname() == "" {
		return errors.New("url: give the address of a broker, such as mqtt://mqtt.example:1883")
	}
	port := "1883"
	switch u.Scheme {
	case "mqtt":
	case "mqtts":
		port = "8883"
		if o.TLS == nil {
			o.TLS = &dial.TLS{}
		}
	default:
		return fmt.Errorf("url: the scheme %q is not possible; type mqtt takes mqtt and mqtts", u.Scheme)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("url: nothing may follow the port; the topic is an option")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	o.address = net.JoinHostPort(u.Hostname(), port)
	if o.User == "" && o.Password == "" && u.User != nil {
		o.User = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	return nil
}

// isText says that s is a string as the protocol has them (MQTT 5, 1.5.4).
func isText(s string) bool {
	return len(s) <= maxString && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

func control(r rune) bool { return r < ' ' || r >= 0x7f && r <= 0x9f }
