// Package wsdest sends records over one WebSocket connection (RFC 6455) that is kept, each record as a message.
//
// # What "delivered" means here
//
// It depends on [Options.Ack]. With AckPing a batch counts as delivered when the server has answered a ping that was sent
// behind it: its WebSocket library has then read all of it, in order. What the program does with it is not known. With AckCount
// and AckID the program says so itself, in text messages that hold one JSON object each:
//
//	{"ack": 1200}                        the first 1200 records of this connection are safe (AckCount)
//	{"ack": "<record id>"}               all records of this connection up to that one are safe (AckID)
//	{"reject": 7, "error": "too old"}    record 7 of this connection, counted from 1, will never be accepted;
//	{"reject": "<record id>", ...}       it is done with, like one that is safe
//
// An ack may stand for many records, and need not come for each. Other keys and other messages are ignored. What was not
// acknowledged when a connection ends comes again on the next one, with the same bytes, and nothing else does. For AckID
// the records must hold their id: option id of the destination.
//
// # Errors
//
//	name resolution, refused, TLS, handshake answered with any status but 101   retry
//	429 and 503 with Retry-After at the handshake                               retry, not before
//	no answer for Timeout, a broken connection, close codes 1000, 1001, 1006,
//	1008 (policy, often credentials), 1011, 1012, 1013 and others               retry
//	close codes 1003 (unsupported), 1007 (invalid), 1009 (too big)              reject: the worker finds the record
//	a record that the program rejects, or that is larger than MaxMessage        reject that record
package wsdest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// Ack says what tells that a batch has arrived.
type Ack string

const (
	AckPing  Ack = "ping"  // the answer to a ping
	AckCount Ack = "count" // the program counts records
	AckID    Ack = "id"    // the program names the last record
)

// Options are the settings of a WebSocket destination.
type Options struct {
	// URL is ws://… or wss://…. A user and password in it are sent as basic authentication.
	URL string
	// Header is sent with the handshake.
	Header http.Header
	// Token is sent as "Authorization: Bearer …". Default: none.
	Token string
	// Subprotocols are offered to the server, the preferred one first. When there are any, the server has to choose one.
	Subprotocols []string
	// TLS of wss. Default: the authorities of the system.
	TLS *dial.TLS
	// Ack says what tells that a batch has arrived. Default: AckPing.
	Ack Ack
	// Binary sends binary messages: for formats that are no UTF-8 text. Default: false.
	Binary bool
	// MaxMessage is the size of a message at most, in bytes. Default: 0, no limit but the server's.
	MaxMessage int
	// Timeout bounds the handshake, and the time that a delivery may make no progress. Default: 10 s.
	Timeout time.Duration
	// PingInterval is how often an idle connection is tried. Less than 0: never. Default: 30 s.
	PingInterval time.Duration
}

const defaultPing = 30 * time.Second

// Driver is a WebSocket destination. Describe may be called from anywhere, the other
// methods by one goroutine at a time.
type Driver struct {
	o       Options
	name    string // the URL without credentials and query
	url     string // without user and password
	secrets []string
	client  *http.Client
	link    *link // nil: not connected
	closed  bool
}

var errClosed = errors.New("the WebSocket destination is closed")

// New returns a driver. It connects with the first delivery. A URL that can't be one, and
// certificates that can't be read, are errors.
func New(o Options) (*Driver, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errors.New("the URL can't be parsed; it is not shown because it may hold a credential")
	}
	if u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" {
		return nil, errors.New("a WebSocket destination needs a URL ws://host… or wss://host…")
	}
	switch o.Ack {
	case "":
		o.Ack = AckPing
	case AckPing, AckCount, AckID:
	default:
		return nil, fmt.Errorf("ack %q is none of %s, %s, %s", string(o.Ack), AckPing, AckCount, AckID)
	}
	if o.Timeout <= 0 {
		o.Timeout = dial.DefaultTimeout
	}
	if o.PingInterval == 0 {
		o.PingInterval = defaultPing
	}
	d := &Driver{o: o, name: u.Scheme + "://" + u.Host + u.EscapedPath()}
	if err := d.authorize(u); err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	if u.Scheme == "wss" {
		if o.TLS == nil {
			o.TLS = &dial.TLS{}
		}
		if transport.TLSClientConfig, err = o.TLS.Config(u.Hostname()); err != nil {
			return nil, err
		}
	} else if o.TLS != nil {
		return nil, errors.New("ws:// is not secured: use wss://")
	}
	d.client = &http.Client{Transport: transport}
	return d, nil
}

// authorize moves the credentials into the header, and notes what must not be shown.
func (d *Driver) authorize(u *url.URL) error {
	d.o.Header = d.o.Header.Clone()
	if d.o.Header == nil {
		d.o.Header = http.Header{}
	}
	password, _ := u.User.Password()
	if u.User != nil && d.o.Token != "" {
		return errors.New("both a token and a user in the URL: only one can be the authorization")
	}
	if u.User != nil {
		r := http.Request{Header: d.o.Header}
		r.SetBasicAuth(u.User.Username(), password)
	}
	if d.o.Token != "" {
		d.o.Header.Set("Authorization", "Bearer "+d.o.Token)
	}
	d.note(password, d.o.Token)
	for _, values := range d.o.Header {
		d.note(values...)
	}
	for _, values := range u.Query() {
		d.note(values...)
	}
	bare := *u
	bare.User = nil
	d.url = bare.String()
	return nil
}

func (d *Driver) note(secrets ...string) {
	for _, s := range secrets {
		if len(s) > 3 {
			d.secrets = append(d.secrets, s)
		}
	}
}

// Deliver implements destination.Driver.
func (d *Driver) Deliver(ctx context.Context, b *destination.Batch) error {
	if err := d.connect(ctx); err != nil {
		return err
	}
	l := d.link
	f := l.begin(b)
	defer l.listen(false)
	err := f.send(ctx)
	if err == nil {
		err = f.wait(ctx)
	}
	if err != nil {
		err = d.broke(ctx, err)
	}
	return f.outcome(err)
}

// connect gives up a connection that has ended, and opens one where there is none.
func (d *Driver) connect(ctx context.Context) error {
	if d.closed {
		return errClosed
	}
	if d.link != nil && d.link.alive() {
		return nil
	}
	if d.link != nil {
		d.link.drop()
		d.link = nil
	}
	l, err := d.dial(ctx)
	if err != nil {
		return err
	}
	d.link = l
	return nil
}

// broke gives the connection up because of err, and says what that means for the batch.
func (d *Driver) broke(ctx context.Context, err error) error {
	d.link.drop()
	if ended := d.link.err; ctx.Err() == nil && ended != nil && !errors.Is(err, errSilent) {
		err = ended // the reader knows more: the close code
	}
	d.link = nil
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return d.classify(err)
}

// Probe implements destination.Prober: it connects, pings, and keeps the connection for the next delivery.
func (d *Driver) Probe(ctx context.Context) error {
	if d.link != nil && d.link.ping(ctx) != nil {
		d.link.drop()
		d.link = nil
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	if err := d.link.ping(ctx); err != nil {
		return d.broke(ctx, err)
	}
	return nil
}

// Close implements destination.Driver. It says goodbye to the server.
func (d *Driver) Close(ctx context.Context) error {
	d.closed = true
	if d.link != nil {
		d.link.end(ctx)
		d.link = nil
	}
	d.client.CloseIdleConnections()
	return nil
}

// Describe implements destination.Describer.
func (d *Driver) Describe() string { return d.name }

// Assurance implements destination.Assurer.
func (d *Driver) Assurance() string {
	if d.o.Ack == AckPing {
		return "read by the server's WebSocket library; what its program does with it is not known"
	}
	return ""
}
