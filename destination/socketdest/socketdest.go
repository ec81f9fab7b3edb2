// Package socketdest sends records over a byte stream: TCP or a unix socket, with TLS
// or without, each record in a frame of its own.
//
// # What "delivered" means here
//
// The stream has no acknowledgement of a record. A batch counts as delivered when
//
//   - on Linux, over TCP: the kernel of the peer has acknowledged its last byte, and the peer has not closed;
//   - on Linux, over a unix socket: the peer's program has read its last byte;
//   - elsewhere: the own kernel has taken it, and the peer has not been seen to close.
//
// What the peer's kernel has taken and its program not yet read is gone when that program ends. The driver therefore
// keeps what it sent last ([Options.Resend]), watches the connection, and sends it again, first of all, on the
// next connection after one that broke: the receiver then has these records twice, with the same bytes. After an orderly
// end (FIN) only what was sent within the last ten seconds comes again: a peer that closes an idle connection has read
// everything.
//
// Lost can be: what a program had read and did not keep; what lay unread in a peer's buffers beyond Resend; what
// lay there when both sides ended; and what an intermediary (a load balancer, a forwarded port) took before
// it found that nobody stands behind it. The first batch on a new connection waits a tenth of a second for such an
// intermediary to hang up.
//
// # Errors
//
//	name resolution, refused, no route, handshake, certificate    retry
//	reset, closed by the peer, no progress for Timeout            retry on a new connection, after what was sent last
//
// Nothing is rejected: a stream can't say that it does not like a record.
package socketdest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// Options are the settings of a stream.
type Options struct {
	// Network is "tcp" or "unix". Default: "tcp".
	Network string
	// Address is host:port, or the path of a unix socket.
	Address string
	// TLS secures the connection. Default: nil, it is not secured.
	TLS *dial.TLS
	// Framing tells the receiver where a record ends. Default: FramingNewline.
	Framing Framing
	// Timeout bounds a connection attempt, and the time that a delivery may make no progress. Default: 10 s.
	Timeout time.Duration
	// Resend is how much of what was sent last is kept, in bytes, to be sent again after a connection broke.
	// The last batch is always kept. Less than 0: nothing is. Default: 1 MiB.
	Resend int
}

const (
	defaultResend = 1 << 20
	// recent is the age up to which what was sent is sent again although the peer ended the connection in order.
	recent = 10 * time.Second
	// settle is how long the first batch of a connection waits for an intermediary to hang up.
	settle = 100 * time.Millisecond
	// goodbye is how long Close waits for the peer to close its side.
	goodbye = 200 * time.Millisecond
	// keepBuffer is the largest buffer that is kept for the next batch.
	keepBuffer = 1 << 20
)

// Driver is a stream destination. Describe may be called from anywhere, the other
// methods by one goroutine at a time.
type Driver struct {
	dialer  dial.Dialer
	framing Framing
	timeout time.Duration

	link   *link // nil: not connected
	proven bool  // something was delivered over link
	again  since // what of sent comes first on the next connection
	sent   window
	buf    []byte
	closed bool
}

// since says how much of what was sent is sent again.
type since int

const (
	sendNothing since = iota
	sendRecent        // the peer ended the connection in order
	sendAll           // it broke
)

var errClosed = errors.New("the socket destination is closed")

// New returns a driver. It connects with the first delivery. An address that can't be one, and
// certificates that can't be read, are errors.
func New(o Options) (*Driver, error) {
	if o.Network == "" {
		o.Network = dial.TCP
	}
	if o.Network != dial.TCP && o.Network != dial.Unix {
		return nil, fmt.Errorf("network %q is no stream: tcp and unix are", o.Network)
	}
	if err := o.Framing.check(); err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	if o.Resend == 0 {
		o.Resend = defaultResend
	}
	d := &Driver{framing: o.Framing, timeout: o.Timeout, sent: window{limit: o.Resend},
		dialer: dial.Dialer{Network: o.Network, Address: o.Address, TLS: o.TLS, Timeout: o.Timeout}}
	if err := d.dialer.Check(); err != nil {
		return nil, err
	}
	return d, nil
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	if err := d.connect(ctx); err != nil {
		return err
	}
	if err := d.sendAgain(ctx); err != nil {
		return d.broke(err)
	}
	d.buf = d.framing.appendAll(d.buf[:0], b)
	if err := d.link.send(ctx, d.buf, d.timeout); err != nil {
		return d.broke(err)
	}
	if !d.proven {
		if err := d.prove(ctx); err != nil {
			return d.broke(err)
		}
	}
	d.sent.add(d.buf)
	if cap(d.buf) > keepBuffer {
		d.buf = nil
	}
	return nil
}

// connect gives up a connection that the peer has ended, and opens one where there is none.
func (d *Driver) connect(ctx context.Context) error {
	if d.closed {
		return errClosed
	}
	if d.link != nil {
		err := d.link.gone()
		if err == nil {
			return nil
		}
		_ = d.broke(err)
	}
	conn, err := d.dialer.Dial(ctx)
	if err != nil {
		return err
	}
	d.link, d.proven = newLink(conn), false
	return nil
}

// sendAgain sends what may have been lost with the connection before.
func (d *Driver) sendAgain(ctx context.Context) error {
	var data []byte
	switch d.again {
	case sendRecent:
		data = d.sent.younger(recent)
	case sendAll:
		data = d.sent.all()
	}
	if len(data) > 0 {
		if err := d.link.send(ctx, data, d.timeout); err != nil {
			return err
		}
	}
	d.again = sendNothing
	return nil
}

// prove waits a moment whether a new connection stays, before its first batch counts as delivered.
func (d *Driver) prove(ctx context.Context) error {
	if d.dialer.Network == dial.TCP {
		if err := d.link.stays(ctx, settle); err != nil {
			return err
		}
	}
	d.proven = true
	return nil
}

// broke gives the connection up because of err, and remembers what has to come again.
func (d *Driver) broke(err error) error {
	again := sendAll
	if errors.Is(err, errEnded) {
		again = sendRecent
	}
	d.again = max(d.again, again)
	d.link.drop()
	d.link = nil
	return fmt.Errorf("%s: %w", d.dialer.String(), err)
}

// Probe implements destination.Prober: it connects, and keeps the connection for the next delivery.
func (d *Driver) Probe(ctx context.Context) error { return d.connect(ctx) }

// Close implements destination.Driver. It ends the connection in order.
func (d *Driver) Close(ctx context.Context) error {
	d.closed = true
	if d.link == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	d.link.end(ctx)
	d.link = nil
	return nil
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.dialer.String() }

// Assurance implements destination.Assurer.
func (d *Driver) Assurance() string {
	switch {
	case !tellsUnderway:
		return "handed to the network; the protocol has no acknowledgement of a record"
	case d.dialer.Network == dial.Unix:
		return "read by the peer's program; the protocol has no acknowledgement of a record"
	}
	return "acknowledged by the peer's kernel; the protocol has no acknowledgement of a record"
}
