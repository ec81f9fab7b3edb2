// Package dial opens the connections of network destinations: TCP, UDP and unix
// sockets, with TLS or without.
package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Networks that a [Dialer] knows.
const (
	TCP      = "tcp"
	UDP      = "udp"
	Unix     = "unix"     // a stream
	Unixgram = "unixgram" // datagrams
)

// Dialer opens connections to one address.
type Dialer struct {
	// Network is one of the constants above.
	Network string
	// Address is host:port, or the path of a unix socket. A path that begins with @ is an abstract one (Linux).
	Address string
	// TLS secures a stream. Default: nil, it is not secured.
	TLS *TLS
	// Timeout bounds name resolution, connecting and the TLS handshake together. Default: 10 s.
	Timeout time.Duration
}

// DefaultTimeout bounds a connection attempt unless the dialer says otherwise.
const DefaultTimeout = 10 * time.Second

// keepAlive finds a peer that has vanished within about a minute, also while nothing is sent.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3}

// Check finds what can't work whatever the network does: a bad address, certificates that can't be read.
func (d *Dialer) Check() error {
	switch d.Network {
	case TCP, UDP:
		host, port, err := net.SplitHostPort(d.Address)
		if err != nil {
			return fmt.Errorf("the address %q is not host:port: %w", d.Address, errors.Unwrap(err))
		}
		if host == "" || port == "" || port == "0" {
			return fmt.Errorf("the address %q needs a host and a port", d.Address)
		}
		if _, err := net.LookupPort(d.Network, port); err != nil {
			return fmt.Errorf("the address %q has no valid port", d.Address)
		}
	case Unix, Unixgram:
		if d.Address == "" {
			return errors.New("a unix socket needs a path")
		}
	default:
		return fmt.Errorf("network %q is none of tcp, udp, unix, unixgram", d.Network)
	}
	if d.TLS == nil {
		return nil
	}
	if d.Network != TCP && d.Network != Unix {
		return fmt.Errorf("TLS is not possible over %s", d.Network)
	}
	_, err := d.TLS.Config(d.host())
	return err
}

// host is what a certificate has to name.
func (d *Dialer) host() string {
	host, _, err := net.SplitHostPort(d.Address)
	if err != nil {
		return ""
	}
	return host
}

// String describes the target: tcp://host:port, tls://host:port, unix:/path.
func (d *Dialer) String() string {
	switch {
	case d.Network == Unix || d.Network == Unixgram:
		return d.Network + ":" + strings.Map(printable, d.Address)
	case d.TLS != nil:
		return "tls://" + d.Address
	}
	return d.Network + "://" + d.Address
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}

// Dial connects. With TLS the handshake is done when it returns. Certificates are read anew each time, so that
// renewed ones are used.
func (d *Dialer) Dial(ctx context.Context) (net.Conn, error) {
	timeout := d.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	nd := net.Dialer{KeepAliveConfig: keepAlive}
	conn, err := nd.DialContext(ctx, d.Network, d.Address)
	if err != nil || d.TLS == nil {
		return conn, err
	}
	secured, err := d.handshake(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS with %s: %w", d.Address, err)
	}
	return secured, nil
}

func (d *Dialer) handshake(ctx context.Context, conn net.Conn) (net.Conn, error) {
	config, err := d.TLS.Config(d.host())
	if err != nil {
		return nil, err
	}
	c := tls.Client(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return c, nil
}
