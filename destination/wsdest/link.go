package wsdest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/hydra-logger/hydra/destination"
)

const (
	readLimit = 64 << 10               // of a message from the server: an ack is short
	goodbye   = 200 * time.Millisecond // how long Close waits for the server's
)

// link is a connection with a goroutine that reads what the server answers, and one that pings.
type link struct {
	d      *Driver
	conn   *websocket.Conn
	ctx    context.Context // of both goroutines
	cancel context.CancelFunc
	over   chan struct{} // reading has ended
	err    error         // why, valid after over
	pings  sync.WaitGroup
	news   chan struct{} // the server has said something

	mu    sync.Mutex
	hears bool     // a batch is on its way; what the server says at other times is of no use
	acks  []answer // not yet looked at
	count uint64   // records sent on this connection; of the goroutine that delivers
}

// dial opens a connection.
func (d *Driver) dial(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, d.o.Timeout)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, d.url, &websocket.DialOptions{
		HTTPClient: d.client, HTTPHeader: d.o.Header, Subprotocols: d.o.Subprotocols})
	if err != nil {
		return nil, d.handshakeError(response, err)
	}
	if len(d.o.Subprotocols) > 0 && conn.Subprotocol() == "" {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("%s: the server speaks none of the subprotocols %s", d.name, strings.Join(d.o.Subprotocols, ", "))
	}
	conn.SetReadLimit(readLimit)
	l := &link{d: d, conn: conn, over: make(chan struct{}), news: make(chan struct{}, 1)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	go l.read()
	if d.o.PingInterval > 0 {
		l.pings.Go(l.pingIdle)
	}
	return l, nil
}

// handshakeError names no URL: its query may hold a credential.
func (d *Driver) handshakeError(response *http.Response, err error) error {
	if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return destination.Retry(fmt.Errorf("%s: the handshake was answered with %d %s", d.name, response.StatusCode,
			http.StatusText(response.StatusCode)), time.Duration(max(seconds, 0))*time.Second)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	return fmt.Errorf("%s: handshake: %w", d.name, d.discreet(err))
}

// discreet returns err, or one of the same text without what must not be shown.
func (d *Driver) discreet(err error) error {
	text := err.Error()
	for _, s := range d.secrets {
		text = strings.ReplaceAll(text, s, "***")
		text = strings.ReplaceAll(text, url.QueryEscape(s), "***")
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// classify says what the end of a connection means for the batch.
func (d *Driver) classify(err error) error {
	code := websocket.CloseStatus(err)
	err = fmt.Errorf("%s: %w", d.name, d.discreet(err))
	switch code {
	case websocket.StatusUnsupportedData, websocket.StatusInvalidFramePayloadData, websocket.StatusMessageTooBig:
		return destination.Reject(err)
	}
	return destination.Retry(err, 0)
}

func (l *link) read() {
	defer close(l.over)
	for {
		kind, data, err := l.conn.Read(l.ctx)
		if err != nil {
			l.err = err
			_ = l.conn.CloseNow() // ends a ping that waits
			return
		}
		if l.d.o.Ack == AckPing || kind != websocket.MessageText {
			continue
		}
		if a, ok := parseAnswer(data); ok {
			l.mu.Lock()
			if l.hears {
				l.acks = append(l.acks, a)
			}
			l.mu.Unlock()
			select {
			case l.news <- struct{}{}:
			default:
			}
		}
	}
}

// pingIdle finds out that an idle connection is dead, before a batch needs it.
func (l *link) pingIdle() {
	t := time.NewTicker(l.d.o.PingInterval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-l.over:
			return
		}
		if l.ping(l.ctx) != nil {
			_ = l.conn.CloseNow()
			return
		}
	}
}

func (l *link) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.d.o.Timeout)
	defer cancel()
	return l.conn.Ping(ctx)
}

func (l *link) alive() bool {
	select {
	case <-l.over:
		return false
	default:
		return true
	}
}

// listen begins or ends taking note of what the server says.
func (l *link) listen(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hears, l.acks = on, nil
}

// answers returns what the server has said since the last call.
func (l *link) answers() []answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.acks
	l.acks = nil
	return a
}

// drop ends the connection at once.
func (l *link) drop() {
	if !l.alive() {
		_ = l.conn.CloseNow()
	} else {
		// A close frame that has arrived may not have been read yet.
		t := time.NewTimer(10 * time.Millisecond)
		select {
		case <-l.over:
		case <-t.C:
		}
		t.Stop()
		_ = l.conn.CloseNow()
	}
	<-l.over
	l.cancel()
	l.pings.Wait()
}

// end closes the connection in order, as long as ctx allows.
func (l *link) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.conn.CloseNow() })
	defer stop()
	_ = l.conn.Close(websocket.StatusNormalClosure, "")
	_ = l.conn.CloseNow()
	<-l.over
	l.cancel()
	l.pings.Wait()
}
