package redisdest

import (
	"context"
	"errors"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// Type is the name in a configuration.
const Type = "redis"

// Register makes the type "redis" known to [hydra.Open] and [hydra.New]. It is a function that returns the option.
func Register() hydra.Option { return hydra.WithType(Type, Factory) }

// Factory makes the driver of a destination of a configuration. Its options are the json names of [Options].
func Factory(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	var o Options
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	n := &d.Network
	o.URL, o.Timeout = n.URL, n.Timeout
	if n.AuthToken != "" {
		return nil, errors.New("auth_token: type redis logs in with credentials: username and password")
	}
	var err error
	if o.User, o.Password, err = n.Login(Type); err != nil {
		return nil, err
	}
	if n.URL == "" {
		return nil, errors.New("url is missing; type redis needs one, such as redis://redis.example:6379")
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
