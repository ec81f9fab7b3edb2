package natsdest

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var errLost = errors.New("the connection was lost")

// link is one connection. It is not repaired: one that fails is replaced, so that nothing of it comes late.
type link struct {
	conn   *nats.Conn
	stream jetstream.JetStream
	raw    net.Conn
	gone   chan struct{} // closed when the connection has ended
}

// cutAt cuts the connection when ctx ends: a write that hangs holds the client's lock.
func (l *link) cutAt(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = l.raw.Close() })
}

func (l *link) lost() bool {
	select {
	case <-l.gone:
		return true
	default:
		return false
	}
}

// close ends the connection and waits for the client's goroutines that call us.
func (l *link) close() {
	l.conn.Close()
	<-l.gone
}

// wait waits for one acknowledgement.
func (l *link) wait(ctx context.Context, f jetstream.PubAckFuture) error {
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return err
	case <-l.gone:
		return errLost
	case <-ctx.Done():
		return ctx.Err()
	}
}

// flush waits until the server has read all that was written.
func (l *link) flush(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok { // the client insists on one
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Minute)
		defer cancel()
	}
	return l.conn.FlushWithContext(ctx)
}

// connect returns the connection there is, or a new one.
func (d *Driver) connect(ctx context.Context) (*link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.link != nil && !d.link.lost() {
		return d.link, nil
	}
	d.link = nil
	l := &link{gone: make(chan struct{})}
	settings, err := d.settings(ctx)
	if err != nil {
		return nil, connectError(ctx, d.shown, err)
	}
	dialer := &dialer{ctx: ctx, timeout: d.o.Timeout}
	settings = append(settings, nats.SetCustomDialer(dialer), nats.ClosedHandler(func(*nats.Conn) { close(l.gone) }))
	l.conn, err = nats.Connect(d.o.URL, settings...)
	l.raw = dialer.release()
	if err != nil {
		return nil, connectError(ctx, d.shown, err)
	}
	if l.stream, err = jetstream.New(l.conn, jetstream.WithPublishAsyncMaxPending(d.o.MaxPending+1)); err != nil {
		l.close()
		return nil, connectError(ctx, d.shown, err)
	}
	d.link = l
	return l, nil
}

func (d *Driver) drop(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.close()
	if d.link == l {
		d.link = nil
	}
}

// settings are the client's options. Files are read anew for each connection, so that renewed ones are used.
func (d *Driver) settings(context.Context) ([]nats.Option, error) {
	all := []nats.Option{nats.Name(d.o.ClientName), nats.NoReconnect(), nats.Timeout(d.o.Timeout),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})} // said by what fails
	switch {
	case d.o.CredsFile != "":
		all = append(all, nats.UserCredentials(d.o.CredsFile))
	case d.o.NKeyFile != "":
		key, err := nats.NkeyOptionFromSeed(d.o.NKeyFile)
		if err != nil {
			return nil, errors.New("nkey_file holds no seed that can be read")
		}
		all = append(all, key)
	case d.o.Token != "":
		all = append(all, nats.Token(d.o.Token))
	case d.o.User != "" || d.o.Password != "":
		all = append(all, nats.UserInfo(d.o.User, d.o.Password))
	}
	if d.o.TLS != nil {
		secure, err := d.o.TLS.Config(d.hosts[0])
		if err != nil {
			return nil, err
		}
		if d.o.TLS.ServerName == "" {
			secure.ServerName = "" // each server's own name
		}
		all = append(all, nats.Secure(secure))
	}
	return all, nil
}

// checkSubject refuses a template that makes no subject.
func checkSubject(s string) error {
	plain := strings.NewReplacer("{layer}", "x", "{level}", "x", "{logger}", "x").Replace(s)
	if strings.ContainsAny(plain, "{}") {
		return errors.New("subject: the placeholders are {layer}, {level} and {logger}")
	}
	if strings.ContainsAny(plain, " \t\r\n*>") || strings.HasPrefix(plain, ".") || strings.HasSuffix(plain, ".") || strings.Contains(plain, "..") {
		return errors.New("subject: it is words with dots between them, without wildcards and spaces")
	}
	return nil
}

// dialer makes the client's dialling and its handshake end with a context.
type dialer struct {
	ctx     context.Context
	timeout time.Duration
	conn    net.Conn
	stop    func() bool
}

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	nd := net.Dialer{Timeout: d.timeout}
	conn, err := nd.DialContext(d.ctx, network, address)
	if err == nil {
		d.conn, d.stop = conn, context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	}
	return conn, err
}

// release lets the connection outlive the context.
func (d *dialer) release() net.Conn {
	if d.stop != nil {
		d.stop()
	}
	return d.conn
}
