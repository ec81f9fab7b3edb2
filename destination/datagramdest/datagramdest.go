// Package datagramdest sends each record as a datagram: over UDP or to a unix socket.
//
// # What "delivered" means here
//
// Over UDP nothing: the own kernel has taken the datagram. It may be lost on its way, or where it arrives faster than it is read,
// and nobody learns of it; [Options.Rate] slows down. Where the host answers that nobody listens, that is seen by the same
// delivery or the next one, and the last batch is sent again. To a unix socket: the datagram is in the queue of the receiver, whose
// program may still end without having read it. A full queue is waited for.
//
// # Errors
//
//	name resolution, no such socket, refused, unreachable, no buffers, queue full for Timeout    retry
//	a record larger than MaxSize, or than the system sends (EMSGSIZE)                            cut, or rejected
package datagramdest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// Oversize says what becomes of a record that is larger than a datagram may be.
type Oversize string

const (
	// OversizeReject puts it into the dead letter.
	OversizeReject Oversize = "reject"
	// OversizeCut sends its beginning, which ends with [CutMark].
	OversizeCut Oversize = "cut"
)

// CutMark is the end of a record that was cut.
const CutMark = "...[cut]"

// Options are the settings of a datagram destination.
type Options struct {
	// Network is "udp" or "unixgram". Default: "udp".
	Network string
	// Address is host:port, or the path of a unix socket.
	Address string
	// MaxSize of a datagram, in bytes. Default: 65507 over UDP, which is all that IPv4 allows, else 128 KiB.
	MaxSize int
	// Oversize says what becomes of a larger record. Default: OversizeReject.
	Oversize Oversize
	// Pack turns a record into datagrams, where a format has its own way to cut one up; MaxSize and Oversize then
	// do not count. What it returns is used before the next call. An error rejects the record.
	// Default: nil, one record is one datagram.
	Pack func(rec []byte) ([][]byte, error)
	// Rate is how many datagrams are sent in a second at most. Default: 0, no limit.
	Rate int
	// Timeout bounds name resolution, and how long a full queue is waited for. Default: 10 s.
	Timeout time.Duration
}

const (
	defaultUDPSize  = 65507
	defaultUnixSize = 128 << 10
	// keepLast is the largest batch that is kept to be sent again.
	keepLast = 1 << 20
)

// Driver is a datagram destination. Describe may be called from anywhere, the other
// methods by one goroutine at a time.
type Driver struct {
	o      Options
	dialer dial.Dialer
	conn   net.Conn // nil: none
	raw    syscall.RawConn
	closed bool

	last  [][]byte // datagrams of the last batch, over UDP
	again bool     // they were refused
	cut   []byte
	one   [1][]byte
	sent  int // since the last rest, for Rate
}

var errClosed = errors.New("the datagram destination is closed")

// New returns a driver. The socket is opened by the first delivery. An address that can't be one is an error.
func New(o Options) (*Driver, error) {
	if o.Network == "" {
		o.Network = dial.UDP
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	switch o.Network {
	case dial.UDP:
		o.MaxSize = orDefault(o.MaxSize, defaultUDPSize)
	case dial.Unixgram:
		o.MaxSize = orDefault(o.MaxSize, defaultUnixSize)
	default:
		return nil, fmt.Errorf("network %q has no datagrams: udp and unixgram have", o.Network)
	}
	switch o.Oversize {
	case "":
		o.Oversize = OversizeReject
	case OversizeReject, OversizeCut:
	default:
		return nil, fmt.Errorf("oversize %q is neither %s nor %s", o.Oversize, OversizeReject, OversizeCut)
	}
	if o.MaxSize <= len(CutMark) || o.Network == dial.UDP && o.MaxSize > defaultUDPSize {
		return nil, fmt.Errorf("a datagram of %d bytes is not possible: from %d to %d over UDP", o.MaxSize, len(CutMark)+1, defaultUDPSize)
	}
	if o.Rate < 0 {
		return nil, fmt.Errorf("a rate of %d datagrams a second is not possible", o.Rate)
	}
	d := &Driver{o: o, dialer: dial.Dialer{Network: o.Network, Address: o.Address, Timeout: o.Timeout}}
	return d, d.dialer.Check()
}

func orDefault(n, d int) int {
	if n == 0 {
		return d
	}
	return n
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	conn := d.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := d.sendAgain(ctx); err != nil {
		return d.broke(ctx, err)
	}
	first := d.sent
	var failed []destination.ItemError
	for i := range b.Items {
		it := &b.Items[i]
		err := d.sendRecord(ctx, bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n")))
		switch {
		case err == nil:
		case destination.OutcomeOf(err).Kind == destination.Rejected:
			failed = append(failed, destination.ItemError{Index: i, Err: err})
		case d.o.Network == dial.UDP: // what was sent before has probably not arrived either
			d.again = d.again || d.sent == first
			return d.broke(ctx, err)
		default:
			return partly(d.broke(ctx, err), failed, i, len(b.Items))
		}
	}
	if err := pendingError(d.raw); err != nil && d.o.Network == dial.UDP {
		return d.broke(ctx, err)
	}
	d.remember(b)
	return destination.Partial(failed)
}

// partly says that the records from i on have not been sent.
func partly(err error, failed []destination.ItemError, i, n int) error {
	if i == 0 {
		return err
	}
	for ; i < n; i++ {
		failed = append(failed, destination.ItemError{Index: i, Err: err})
	}
	return destination.Partial(failed)
}

func (d *Driver) open(ctx context.Context) error {
	if d.closed {
		return errClosed
	}
	if d.conn != nil {
		return nil
	}
	conn, err := d.dialer.Dial(ctx)
	if err != nil {
		return err
	}
	d.conn = conn
	if c, ok := conn.(syscall.Conn); ok {
		d.raw, _ = c.SyscallConn()
	}
	return nil
}

// sendRecord sends what a record becomes. An empty one is nothing.
func (d *Driver) sendRecord(ctx context.Context, rec []byte) error {
	if len(rec) == 0 {
		return nil
	}
	datagrams, err := d.pack(rec)
	if err != nil {
		return destination.Reject(err)
	}
	for _, g := range datagrams {
		if err := d.send(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func (d *Driver) pack(rec []byte) ([][]byte, error) {
	if d.o.Pack != nil {
		return d.o.Pack(rec)
	}
	d.one[0] = rec
	if len(rec) <= d.o.MaxSize {
		return d.one[:], nil
	}
	if d.o.Oversize == OversizeReject {
		return nil, fmt.Errorf("a record of %d bytes does not fit in a datagram of %d", len(rec), d.o.MaxSize)
	}
	d.cut = appendCut(d.cut[:0], rec, d.o.MaxSize)
	d.one[0] = d.cut
	return d.one[:], nil
}

// appendCut appends the beginning of rec with the mark, size bytes at most. No character is torn.
func appendCut(dst, rec []byte, size int) []byte {
	n := size - len(CutMark)
	for back := 0; back < 3 && n > 0 && rec[n]&0xc0 == 0x80; back++ {
		n--
	}
	return append(append(dst, rec[:n]...), CutMark...)
}

func (d *Driver) send(ctx context.Context, datagram []byte) error {
	if err := d.rest(ctx); err != nil {
		return err
	}
	_ = d.conn.SetWriteDeadline(time.Now().Add(d.o.Timeout))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err := d.conn.Write(datagram)
	if errors.Is(err, syscall.EMSGSIZE) {
		return destination.Reject(fmt.Errorf("the system sends no datagram of %d bytes", len(datagram)))
	}
	if err == nil {
		d.sent++
	}
	return err
}

// rest waits where the rate asks for it: 100 times a second, and before each datagram when there are fewer than that.
func (d *Driver) rest(ctx context.Context) error {
	if d.o.Rate <= 0 {
		return nil
	}
	burst := max(d.o.Rate/100, 1)
	if d.sent == 0 || d.sent%burst != 0 {
		return nil
	}
	t := time.NewTimer(time.Duration(burst) * time.Second / time.Duration(d.o.Rate))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// broke gives the socket up.
func (d *Driver) broke(ctx context.Context, err error) error {
	_ = d.conn.Close()
	d.conn, d.raw = nil, nil
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// remember keeps the last batch, until it is known that it was not refused.
func (d *Driver) remember(b *destination.Batch) {
	d.last = d.last[:0]
	if d.o.Network != dial.UDP || len(b.Data) > keepLast {
		return
	}
	for i := range b.Items {
		it := &b.Items[i]
		d.last = append(d.last, bytes.Clone(bytes.TrimSuffix(b.Data[it.Start:it.End], []byte("\n"))))
	}
}

// sendAgain sends the last batch again when it was refused.
func (d *Driver) sendAgain(ctx context.Context) error {
	if !d.again {
		return nil
	}
	for _, rec := range d.last {
		err := d.sendRecord(ctx, rec)
		if err != nil && destination.OutcomeOf(err).Kind != destination.Rejected {
			return err
		}
	}
	d.again = false
	return nil
}

// Close implements destination.Driver.
func (d *Driver) Close(context.Context) error {
	d.closed = true
	if d.conn == nil {
		return nil
	}
	err := d.conn.Close()
	d.conn = nil
	return err
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.dialer.String() }

// Assurance implements destination.Assurer.
func (d *Driver) Assurance() string {
	if d.o.Network == dial.UDP {
		return "handed to the network; it may be lost there, nothing tells"
	}
	return "in the queue of the receiver, which may end without having read it"
}
