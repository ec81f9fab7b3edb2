package kafkadest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/hydra-logger/hydra/destination/dial"
)

// DefaultTopic is the topic of a record when the options name none.
const DefaultTopic = "logs"

// Options are the settings of a driver.
type Options struct {
	// Brokers are host:port of some brokers; the others are found through them. Required. In a configuration
	// url: kafka://host:port,host:port says the same.
	Brokers []string `json:"brokers"`
	// Topic to write to. {layer} stands for the record's layer, with "_" for what a topic can't hold. Default: [DefaultTopic].
	Topic string `json:"topic"`
	// SASL is how to log in: plain, scram-sha-256 or scram-sha-512. Default: plain when User is set, else not at all.
	SASL string `json:"sasl"`
	// User and Password log in. In a configuration they are credentials.username and credentials.password.
	User     string `json:"-"`
	Password string `json:"-"`
	// MaxBytes is the size of a batch that is sent, and so of a record. It is not to be above the topic's
	// max.message.bytes. Default: 1000012, as the brokers'.
	MaxBytes int `json:"max_bytes"`
	// Compression is none, gzip, snappy, lz4 or zstd. Default: zstd, or what the broker knows.
	Compression string `json:"compression"`
	// ClientID is shown by the brokers. Default: "hydra".
	ClientID string `json:"client_id"`
	// TLS secures the connections. Default: nil, they are not.
	TLS *dial.TLS `json:"-"`
	// Timeout bounds connecting. Default: 10 s.
	Timeout time.Duration `json:"-"`
}

func (o *Options) complete() error {
	if o.Topic == "" {
		o.Topic = DefaultTopic
	}
	if o.ClientID == "" {
		o.ClientID = "hydra"
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 1000012
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	if o.MaxBytes < 1024 || o.MaxBytes > 1<<30 {
		return fmt.Errorf("max_bytes: %d is out of range; it is 1024 to 1073741824", o.MaxBytes)
	}
	if len(o.Brokers) == 0 {
		return errors.New("brokers is missing; type kafka needs host:port of at least one")
	}
	for _, b := range o.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" || strings.ContainsAny(b, "@/") {
			return errors.New("brokers: each is host:port, such as kafka.example:9092")
		}
	}
	plain := strings.ReplaceAll(o.Topic, "{layer}", "x")
	if topicName(plain) != plain {
		return errors.New("topic: it is letters, digits, '.', '_' and '-', at most 249; the placeholder is {layer}")
	}
	if o.TLS != nil {
		if _, err := o.TLS.Config("broker"); err != nil {
			return err
		}
	}
	return nil
}

// login is nil when nobody logs in.
func (o *Options) login() (sasl.Mechanism, error) {
	if o.User == "" && o.SASL == "" {
		return nil, nil
	}
	if o.User == "" {
		return nil, errors.New("sasl needs credentials: username and password")
	}
	switch strings.ToLower(o.SASL) {
	case "", "plain":
		return plain.Auth{User: o.User, Pass: o.Password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: o.User, Pass: o.Password}.AsSha256Mechanism(), nil
	case "scram-sha-512":
		return scram.Auth{User: o.User, Pass: o.Password}.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("sasl: %q is not possible; it is plain, scram-sha-256 or scram-sha-512", o.SASL)
}

// brokersOf reads kafka://a:9092,b:9092. The error does not quote it: it may hold a password.
func brokersOf(text string) ([]string, error) {
	wrong := errors.New("url: it is kafka://host:port,host:port; the user and the password are credentials")
	rest, ok := strings.CutPrefix(text, "kafka://")
	if !ok {
		return nil, wrong
	}
	all := strings.Split(strings.TrimSuffix(rest, "/"), ",")
	for _, b := range all {
		if u, err := url.Parse("kafka://" + b); err != nil || u.User != nil || u.Port() == "" || u.Path != "" {
			return nil, wrong
		}
	}
	return all, nil
}
