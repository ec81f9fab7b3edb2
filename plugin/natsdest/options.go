package natsdest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination/dial"
)

// DefaultSubject is the subject of a record when the options name none.
const DefaultSubject = "logs.{layer}.{level}"

const (
	defaultPending = 512
	mostPending    = 4000
)

// Options are the settings of a driver.
type Options struct {
	// URL of the server, or several with commas between them: nats://host:4222, tls://host:4222. Required. In a
	// configuration it is the destination's url.
	URL string `json:"-"`
	// Subject to publish to. {layer}, {level} and {logger} stand for what the record says, with "_" for what a
	// subject can't hold. Default: [DefaultSubject].
	Subject string `json:"subject"`
	// Core publishes without JetStream: a batch has arrived when the server has read it, whether anybody listens or
	// not, and nothing is deduplicated. Default: false, a stream has to acknowledge each record.
	Core bool `json:"core"`
	// MaxPending is how many messages wait for an acknowledgement at most, up to 4000. Default: 512.
	MaxPending int `json:"max_pending"`
	// ClientName is shown by the server's monitoring. Default: "hydra".
	ClientName string `json:"client_name"`
	// CredsFile is the path of a credentials file (a JWT and a seed). Default: none.
	CredsFile string `json:"creds_file"`
	// NKeyFile is the path of a file with an NKey seed. Default: none.
	NKeyFile string `json:"nkey_file"`
	// User and Password, or Token, log in. In a configuration they are credentials.username, credentials.password and
	// auth_token. Default: none.
	User     string `json:"-"`
	Password string `json:"-"`
	Token    string `json:"-"`
	// TLS secures the connection. Default: nil, as the scheme of the URL and the server say.
	TLS *dial.TLS `json:"-"`
	// Timeout bounds connecting and the handshake. Default: 10 s.
	Timeout time.Duration `json:"-"`
}

func (o *Options) complete() error {
	if o.Subject == "" {
		o.Subject = DefaultSubject
	}
	if o.MaxPending == 0 {
		o.MaxPending = defaultPending
	}
	if o.ClientName == "" {
		o.ClientName = "hydra"
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	if o.MaxPending < 0 || o.MaxPending > mostPending {
		return fmt.Errorf("max_pending: %d is out of range; it is 1 to %d", o.MaxPending, mostPending)
	}
	ways := 0
	for _, set := range []bool{o.User != "" || o.Password != "", o.Token != "", o.CredsFile != "", o.NKeyFile != ""} {
		if set {
			ways++
		}
	}
	if ways > 1 {
		return errors.New("credentials, auth_token, creds_file and nkey_file are four ways to log in; write one")
	}
	return nil
}

// servers checks the addresses and returns what may be shown of them. Errors do not quote them: they may hold a password.
func servers(text string) (shown string, hosts []string, err error) {
	var names []string
	for one := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Hostname() == "" {
			return "", nil, errors.New("url: give the address of a server, such as nats://nats.example:4222")
		}
		if u.Scheme != "nats" && u.Scheme != "tls" {
			return "", nil, fmt.Errorf("url: the scheme %q is not possible; type nats takes nats and tls", u.Scheme)
		}
		if u.User != nil { // the client takes them from here; they are not shown
			u.User = nil
		}
		names, hosts = append(names, u.Scheme+"://"+u.Host), append(hosts, u.Hostname())
	}
	return strings.Join(names, ","), hosts, nil
}
