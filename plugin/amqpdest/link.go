package amqpdest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra/destination/dial"
)

const (
	heartbeat = 10 * time.Second
	goodbye   = time.Second // how long a broker may take to answer the end of a connection
)

// link is one connection with one channel that confirms. It is not repaired: one that fails is replaced, so that nothing
// of it comes late.
type link struct {
	raw     net.Conn
	cork    *cork // over raw
	conn    *amqp.Connection
	channel *amqp.Channel
	lost    chan *amqp.Error
	returns chan amqp.Return       // what no queue takes; it comes before its confirm
	alarm   atomic.Pointer[string] // why the broker reads nothing more, nil when it does
	watched chan struct{}          // closed when nothing more is told about alarms
}

// connect returns the connection there is, or a new one. What hangs is cut when ctx ends.
func (d *Driver) connect(ctx context.Context) (*link, error) {
	if d.link != nil && !d.link.conn.IsClosed() {
		if !d.link.channel.IsClosed() {
			return d.link, nil
		}
		if err := d.reopen(ctx); err == nil {
			return d.link, nil
		}
	}
	d.drop()
	raw, err := (&dial.Dialer{Network: dial.TCP, Address: d.o.address, TLS: d.o.TLS, Timeout: d.o.Timeout}).Dial(ctx)
	if err != nil {
		return nil, connectError(ctx, d.o.address, err)
	}
	l := &link{raw: raw, cork: &cork{Conn: raw}, watched: make(chan struct{})}
	defer l.cutAt(ctx)()
	l.conn, err = amqp.Open(l.cork, amqp.Config{Vhost: d.o.vhost, Heartbeat: heartbeat, Locale: "en_US",
		Properties: amqp.Table{"product": "hydra", "connection_name": d.o.ClientName},
		SASL:       []amqp.Authentication{&amqp.PlainAuth{Username: d.o.User, Password: d.o.Password}}})
	if err != nil {
		l.cut()
		return nil, connectError(ctx, d.o.address, err)
	}
	go l.watch(l.conn.NotifyBlocked(make(chan amqp.Blocking, 1)))
	d.link = l
	if err := d.reopen(ctx); err != nil {
		d.drop()
		return nil, connectError(ctx, d.o.address, err)
	}
	return l, nil
}

// reopen opens a channel, the first one or one in place of one that the broker has closed.
func (d *Driver) reopen(ctx context.Context) (err error) {
	l := d.link
	defer l.cutAt(ctx)()
	if l.channel, err = l.conn.Channel(); err != nil {
		return err
	}
	if err = l.channel.Confirm(false); err != nil {
		return err
	}
	l.lost = l.channel.NotifyClose(make(chan *amqp.Error, 1))
	l.returns = l.channel.NotifyReturn(make(chan amqp.Return, d.o.MaxPending)) // the client would drop what has no room
	return nil
}

// cutAt cuts the connection when ctx ends: a write that hangs holds the client's locks.
func (l *link) cutAt(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, l.cut)
}

// cut closes the connection without a word, which a peer that hangs would not read.
func (l *link) cut() {
	if secured, ok := l.raw.(*tls.Conn); ok {
		_ = secured.NetConn().Close()
	}
	_ = l.raw.Close()
}

// watch notes when the broker reads nothing more from publishers, and when it does again.
func (l *link) watch(blocked <-chan amqp.Blocking) {
	defer close(l.watched)
	for b := range blocked {
		if b.Active {
			l.alarm.Store(&b.Reason)
		} else {
			l.alarm.Store(nil)
		}
	}
}

// reason says why the channel is closed.
func (l *link) reason() error {
	select {
	case e := <-l.lost:
		if e != nil {
			return e
		}
	default:
	}
	return errLost
}

// late says what was waited for when the time was over.
func (l *link) late(err error) error {
	if why := l.alarm.Load(); why != nil {
		return fmt.Errorf("the broker blocks publishers (%s): %w", *why, err)
	}
	return err
}

// drop ends the connection. It does not wait for a broker that hangs.
func (d *Driver) drop() {
	if l := d.link; l != nil {
		l.cut()
		_ = l.conn.Close()
		<-l.watched
		d.link = nil
	}
}

// leave ends the connection as the protocol asks, when the broker answers in time.
func (d *Driver) leave(ctx context.Context) {
	if l := d.link; l != nil {
		defer l.cutAt(ctx)()
		_ = l.conn.CloseDeadline(time.Now().Add(goodbye))
		d.drop()
	}
}
