package kafkadest

import (
	"context"
	"errors"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// Type is the name in a configuration.
const Type = "kafka"

// Register makes the type "kafka" known to [hydra.Open] and [hydra.New]. It is a function that returns the option.
func Register() hydra.Option { return hydra.WithType(Type, Factory) }

// Factory makes the driver of a destination of a configuration. Its options are the json names of [Options].
func Factory(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	var o Options
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	n := &d.Network
	o.Timeout = n.Timeout
	if n.AuthToken != "" {
		return nil, errors.New("auth_token: type kafka logs in with credentials: username and password")
	}
	var err error
	if o.User, o.Password, err = n.Login(Type); err != nil {
		return nil, err
	}
	if n.URL != "" && len(o.Brokers) > 0 {
		return nil, errors.New("url and options.brokers say the same; write one")
	}
	if n.URL != "" {
		if o.Brokers, err = brokersOf(n.URL); err != nil {
			return nil, err
		}
	}
	if n.UseTLS {
		o.TLS = &dial.TLS{CA: n.TLS.CA, Cert: n.TLS.Cert, Key: n.TLS.Key, ServerName: n.TLS.ServerName, SkipVerify: n.TLS.SkipVerify}
	}
	driver, err := New(o)
	if err != nil {
		return nil, err
	}
	return driver, nil
}
