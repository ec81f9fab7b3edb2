// Package gelfdest sends records in the Graylog extended log format to Graylog and
// what takes its place:
//
//	udp   compressed, and cut up into chunks where a record does not fit in one datagram
//	tcp   with a zero byte behind each record, not compressed; TLS or not
//
//	http  one record a request, or many where the input is told to take them; see [NewHTTP]
//
// The formatter "gelf" writes GELF 1.1; this package only packs and sends.
//
// Over udp and tcp nothing acknowledges a record: packages socketdest and datagramdest say what "delivered" means over each of
// them, and which errors are retried. A record that needs more than 128 chunks is rejected.
package gelfdest

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
	UDP = "udp"
	TCP = "tcp"
	TLS = "tls"
)

// Options are the settings of a GELF destination.
type Options struct {
	// Transport is one of the constants above. Default: UDP.
	Transport string
	// Address is host or host:port. Default port: 12201.
	Address string
	// TLS are the settings of transport TLS. Default: the authorities of the system.
	TLS *dial.TLS
	// Compress is how a datagram is compressed. Default: CompressGzip.
	Compress Compress
	// ChunkSize is the size of a datagram at most, in bytes. Default: 1420, which passes through the internet whole; 8192 is
	// usual within one network.
	ChunkSize int
	// Rate is how many datagrams are sent in a second at most. Default: 0, no limit.
	Rate int
	// Timeout as in socketdest and datagramdest. Default: 10 s.
	Timeout time.Duration
	// Resend as in socketdest. Default: 1 MiB.
	Resend int
}

const (
	port         = "12201"
	defaultChunk = 1420
	largestChunk = 65507
)

// New returns a driver.
func New(o Options) (destination.Driver, error) {
	if o.Address == "" {
		return nil, errors.New("a GELF destination needs a host")
	}
	if _, _, err := net.SplitHostPort(o.Address); err != nil {
		o.Address = net.JoinHostPort(o.Address, port)
	}
	if o.TLS != nil && o.Transport != TLS {
		return nil, errors.New("TLS settings are for transport tls")
	}
	switch o.Transport {
	case "", UDP:
		return o.datagrams()
	case TCP, TLS:
		return o.stream()
	}
	if o.Transport == "http" {
		return nil, errors.New("transport http needs a url: see NewHTTP")
	}
	return nil, fmt.Errorf("transport %q is none of udp, tcp, tls, http", o.Transport)
}

func (o *Options) datagrams() (destination.Driver, error) {
	if o.ChunkSize == 0 {
		o.ChunkSize = defaultChunk
	}
	if o.ChunkSize <= 2*chunkHeader || o.ChunkSize > largestChunk {
		return nil, fmt.Errorf("chunks of %d bytes are not possible: from %d to %d", o.ChunkSize, 2*chunkHeader+1, largestChunk)
	}
	p, err := newPacker(o.Compress, o.ChunkSize)
	if err != nil {
		return nil, err
	}
	return datagramdest.New(datagramdest.Options{Address: o.Address, Pack: p.pack, Rate: o.Rate, Timeout: o.Timeout})
}

func (o *Options) stream() (destination.Driver, error) {
	if o.Compress != "" || o.ChunkSize != 0 || o.Rate != 0 {
		return nil, errors.New("compress, chunk_size and rate are for transport udp: GELF over TCP has none of them")
	}
	s := socketdest.Options{Address: o.Address, TLS: o.TLS, Framing: socketdest.FramingNUL, Timeout: o.Timeout, Resend: o.Resend}
	if o.Transport == TLS && s.TLS == nil {
		s.TLS = &dial.TLS{}
	}
	return socketdest.New(s)
}
