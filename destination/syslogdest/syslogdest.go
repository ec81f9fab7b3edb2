// Package syslogdest sends records to a syslog server, in the way that its standards
// prescribe for each transport:
//
//	udp       one record a datagram (RFC 5426)
//	tcp       octet counting, or a line feed behind each record (RFC 6587)
//	tls       octet counting (RFC 5425); TLS 1.2 or newer
//	unix      a stream, a line feed behind each record
//	unixgram  one record a datagram, to /dev/log
//
// The formatter "syslog" writes RFC 5424, or RFC 3164 for old servers; this package only frames and sends.
//
// No transport of syslog acknowledges a record: packages socketdest and datagramdest say what "delivered" means over
// each of them, and which errors are retried. Use tcp or tls where loss matters, octet counting where records have several lines.
package syslogdest

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/datagramdest"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/destination/socketdest"
)

// The transports.
const (
	UDP      = "udp"
	TCP      = "tcp"
	TLS      = "tls"
	Unix     = "unix"
	Unixgram = "unixgram"
)

// Options are the settings of a syslog destination.
type Options struct {
	// Transport is one of the constants above. Default: UDP when there is an address, else Unixgram.
	Transport string
	// Address is host, host:port, or the path of a unix socket. Default port: 514 over UDP and TCP, 6514 over
	// TLS. Default path: /dev/log.
	Address string
	// TLS are the settings of transport TLS. Default: the authorities of the system.
	TLS *dial.TLS
	// Framing of TCP and unix streams. Default: octet counting over TCP, newline over unix streams. Over TLS nothing
	// but octet counting is allowed.
	Framing socketdest.Framing
	// MaxSize of a datagram, in bytes. Default: 8192, which rsyslog takes without being told to.
	MaxSize int
	// Oversize says what becomes of a larger record. Default: it is cut, as RFC 5424, 6.1, allows.
	Oversize datagramdest.Oversize
	// Rate is how many datagrams are sent in a second at most. Default: 0, no limit.
	Rate int
	// Timeout as in socketdest and datagramdest. Default: 10 s.
	Timeout time.Duration
	// Resend as in socketdest. Default: 1 MiB.
	Resend int
}

const (
	devLog      = "/dev/log"
	plainPort   = "514"
	tlsPort     = "6514"
	defaultSize = 8192
)

// New returns a driver.
func New(o Options) (destination.Driver, error) {
	if o.Transport == "" {
		o.Transport = Unixgram
		if o.Address != "" && o.Address[0] != '/' {
			o.Transport = UDP
		}
	}
	if o.TLS != nil && o.Transport != TLS {
		return nil, fmt.Errorf("transport %s is not secured: use transport tls", o.Transport)
	}
	switch o.Transport {
	case UDP, Unixgram:
		return o.datagrams()
	case TCP, TLS, Unix:
		return o.stream()
	}
	return nil, fmt.Errorf("transport %q is none of udp, tcp, tls, unix, unixgram", o.Transport)
}

func (o *Options) datagrams() (destination.Driver, error) {
	if o.Framing != "" {
		return nil, fmt.Errorf("transport %s has no framing: a datagram is a record", o.Transport)
	}
	d := datagramdest.Options{Network: o.Transport, Address: o.address(), MaxSize: o.MaxSize, Oversize: o.Oversize,
		Rate: o.Rate, Timeout: o.Timeout}
	if d.MaxSize == 0 {
		d.MaxSize = defaultSize
	}
	if d.Oversize == "" {
		d.Oversize = datagramdest.OversizeCut
	}
	return datagramdest.New(d)
}

func (o *Options) stream() (destination.Driver, error) {
	if o.MaxSize != 0 || o.Oversize != "" || o.Rate != 0 {
		return nil, errors.New("max_size, oversize and rate are for datagrams: a stream takes records of any size, and sets the pace")
	}
	s := socketdest.Options{Network: dial.TCP, Address: o.address(), TLS: o.TLS, Framing: o.Framing, Timeout: o.Timeout, Resend: o.Resend}
	switch {
	case o.Transport == Unix:
		s.Network = dial.Unix
	case o.Transport == TLS && s.TLS == nil:
		s.TLS = &dial.TLS{}
	}
	if s.Framing == "" {
		s.Framing = socketdest.FramingOctet
		if o.Transport == Unix {
			s.Framing = socketdest.FramingNewline
		}
	}
	if o.Transport == TLS && s.Framing != socketdest.FramingOctet {
		return nil, errors.New("syslog over TLS is framed by octet counting (RFC 5425)")
	}
	return socketdest.New(s)
}

// address fills in what is not written.
func (o *Options) address() string {
	switch {
	case o.Transport == Unix || o.Transport == Unixgram:
		if o.Address == "" {
			return devLog
		}
		return o.Address
	case hasPort(o.Address) || o.Address == "":
		return o.Address
	case o.Transport == TLS:
		return net.JoinHostPort(o.Address, tlsPort)
	}
	return net.JoinHostPort(o.Address, plainPort)
}

func hasPort(address string) bool {
	_, _, err := net.SplitHostPort(address)
	return err == nil
}
