package mqttdest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/hydra-logger/hydra/destination/dial"
)

const (
	keepAlive  = 30              // seconds
	goodbye    = time.Second     // how long a broker may take to read that the connection ends
	largest    = 256<<20 - 1 + 5 // what the length of a packet can say, and its header
	bufferSize = 64 << 10
)

// link is one connection. It is not repaired: one that fails is replaced, so that nothing of it comes late.
type link struct {
	conn    *conn
	client  *paho.Client
	flights *flights
	pending int // messages under way at most
	largest int // bytes of a packet at most
}

// conn is a connection whose packets are put together, while they come fast, to be written at once.
type conn struct {
	net.Conn
	in *bufio.Reader

	mu   sync.Mutex
	out  *bufio.Writer
	hold bool
}

func (c *conn) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write is called by who has the lock.
func (c *conn) Write(p []byte) (int, error) { return c.out.Write(p) }

// Lock implements sync.Locker, by which the client keeps a packet together.
func (c *conn) Lock() { c.mu.Lock() }

// Unlock implements sync.Locker.
func (c *conn) Unlock() {
	if !c.hold {
		_ = c.out.Flush() // an error stays, and is the answer of the next write
	}
	c.mu.Unlock()
}

// collect begins or ends putting packets together.
func (c *conn) collect(hold bool) {
	c.mu.Lock()
	c.hold = hold
	c.mu.Unlock()
}

func (c *conn) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Flush()
}

// cut closes the connection without a word, which a peer that hangs would not read.
func (c *conn) cut() {
	if secured, ok := c.Conn.(*tls.Conn); ok {
		_ = secured.NetConn().Close()
	}
	_ = c.Close()
}

// connect returns the connection there is, or a new one. What hangs is cut when ctx ends.
func (d *Driver) connect(ctx context.Context) (*link, error) {
	if d.link != nil && !d.link.over() {
		return d.link, nil
	}
	d.drop()
	raw, err := (&dial.Dialer{Network: dial.TCP, Address: d.o.address, TLS: d.o.TLS, Timeout: d.o.Timeout}).Dial(ctx)
	if err != nil {
		return nil, connectError(ctx, d.o.address, err)
	}
	l := &link{conn: &conn{Conn: raw, in: bufio.NewReaderSize(raw, bufferSize), out: bufio.NewWriterSize(raw, bufferSize)},
		flights: newFlights(d.o.MaxPending), pending: d.o.MaxPending, largest: largest}
	if d.o.MaxPacketSize > 0 {
		l.largest = min(l.largest, d.o.MaxPacketSize)
	}
	defer context.AfterFunc(ctx, l.conn.cut)()
	l.client = paho.NewClient(paho.ClientConfig{Conn: l.conn, Session: l.flights, PacketTimeout: d.o.Timeout,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(paho.PublishReceived) (bool, error) { return true, nil }}})
	answer, err := l.client.Connect(ctx, d.login())
	if err != nil {
		l.conn.cut()
		return nil, connectError(ctx, d.o.address, refusal(answer, err))
	}
	if err := l.heed(answer); err != nil {
		l.conn.cut()
		<-l.client.Done()
		return nil, connectError(ctx, d.o.address, err)
	}
	d.link = l
	return l, nil
}

func (d *Driver) login() *paho.Connect {
	one := uint16(1) // nothing is subscribed to
	return &paho.Connect{ClientID: d.o.ClientID, CleanStart: true, KeepAlive: keepAlive, Username: d.o.User, UsernameFlag: d.o.User != "",
		Password: []byte(d.o.Password), PasswordFlag: d.o.Password != "",
		Properties: &paho.ConnectProperties{ReceiveMaximum: &one, RequestProblemInfo: true}}
}

// refusal says what a broker has said.
func refusal(answer *paho.Connack, err error) error {
	if answer == nil || answer.ReasonCode < 0x80 {
		return err
	}
	p := &packets.Properties{}
	if answer.Properties != nil {
		p.ReasonString = answer.Properties.ReasonString
	}
	return fmt.Errorf("the broker refuses: %s", describe(answer.ReasonCode, p))
}

// heed keeps to the limits of the broker.
func (l *link) heed(answer *paho.Connack) error {
	p := answer.Properties
	if p == nil {
		return nil
	}
	if p.ReceiveMaximum != nil {
		l.pending = max(1, min(l.pending, int(*p.ReceiveMaximum)))
	}
	if p.MaximumPacketSize != nil {
		l.largest = min(l.largest, int(*p.MaximumPacketSize))
	}
	if p.MaximumQoS != nil && *p.MaximumQoS < 1 {
		return errors.New("the broker offers QoS 0 only, which acknowledges nothing")
	}
	return nil
}

// over says that the connection has ended.
func (l *link) over() bool {
	select {
	case <-l.client.Done():
		return true
	default:
		return false
	}
}

// drop ends the connection. It does not wait for a broker that hangs.
func (d *Driver) drop() {
	if d.link != nil {
		d.link.conn.cut()
		<-d.link.client.Done()
		d.link = nil
	}
}

// leave ends the connection as the protocol asks.
func (d *Driver) leave(ctx context.Context) {
	if d.link != nil && !d.link.over() && ctx.Err() == nil {
		defer context.AfterFunc(ctx, d.link.conn.cut)()
		_ = d.link.conn.SetWriteDeadline(time.Now().Add(goodbye))
		_ = d.link.client.Disconnect(&paho.Disconnect{})
	}
	d.drop()
}
