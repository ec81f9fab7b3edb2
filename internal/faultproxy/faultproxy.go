// Package faultproxy stands between a client and a server in tests and breaks
// their connections in the ways that networks do.
//
//	proxy := faultproxy.Start(t, server.Addr())
//	client.Dial(proxy.Addr())
//	proxy.Set(faultproxy.Fault{CutResponse: 10}) // from now on, old connections included
//	proxy.Set(faultproxy.Fault{})                // healed
//
// It knows bytes, not protocols: with TLS it passes what is encrypted.
package faultproxy

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Fault says what is wrong with the network. The zero value is nothing.
// Byte counts are of one connection and direction, since the fault was set or the connection was made.
type Fault struct {
	// Refuse closes new connections with a reset as soon as they are accepted.
	Refuse bool
	// Hang accepts connections and then moves no byte in either direction; what was sent stays in
	// the buffers, so that a client blocks when they are full. It goes on when the fault ends.
	Hang bool
	// BlackHole reads all that the client sends and throws it away. Nothing is answered. A connection
	// that has lost bytes is reset when the fault ends.
	BlackHole bool
	// Silent forwards what the client sends, and throws away what the server answers: the work is
	// done, and the client never hears of it. Such a connection is reset when the fault ends.
	Silent bool
	// CutRequest resets the connection when so many bytes of the client have been forwarded. 0: never.
	CutRequest int64
	// CutResponse resets the connection when so many bytes of the server have been forwarded. 0: never.
	CutResponse int64
	// HalfClose ends the direction to the client with a FIN after CutResponse bytes, instead of a reset;
	// with CutResponse 0 at once. What the client sends is still forwarded.
	HalfClose bool
	// Latency delays every piece of data, in each direction.
	Latency time.Duration
	// Connections limits the fault to as many connections as it meets first. 0: all.
	Connections int
}

// Proxy forwards TCP connections to one target.
type Proxy struct {
	listener net.Listener
	target   string

	accepted atomic.Int64
	sent     atomic.Int64 // bytes of clients that were forwarded
	received atomic.Int64 // bytes of the server that were forwarded

	mu      sync.Mutex
	fault   Fault
	era     int           // counts calls of Set
	met     int           // connections that the present fault has met
	changed chan struct{} // closed by Set
	links   map[*link]struct{}
	closed  bool
	wg      sync.WaitGroup
}

// Start starts a proxy on a free port of the loopback address, which is closed when the test ends.
// Target is host:port, or the path of a unix socket. It is dialled for each connection: a target
// that is not there yet, or no more, is a connection that is reset.
func Start(t testing.TB, target string) *Proxy {
	t.Helper()
	p, err := Listen("127.0.0.1:0", target)
	if err != nil {
		t.Fatalf("faultproxy: %v", err)
	}
	t.Cleanup(p.Close)
	return p
}

// Listen starts a proxy on addr.
func Listen(addr, target string) (*Proxy, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, changed: make(chan struct{}), links: map[*link]struct{}{}}
	p.wg.Go(p.accept)
	return p, nil
}

// Addr returns host:port of the proxy.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Accepted returns how many connections were accepted so far.
func (p *Proxy) Accepted() int { return int(p.accepted.Load()) }

// Sent returns how many bytes of clients were forwarded, Received how many of the server's.
func (p *Proxy) Sent() int64 { return p.sent.Load() }

// Received returns how many bytes of the server were forwarded.
func (p *Proxy) Received() int64 { return p.received.Load() }

// Open returns how many connections are open.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Set changes the fault, for connections that are open and for those to come.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.met = f, 0
	p.era++
	close(p.changed)
	p.changed = make(chan struct{})
}

// Reset resets the connections that are open now.
func (p *Proxy) Reset() {
	for _, l := range p.open() {
		l.reset()
	}
}

// Close resets all connections and ends the proxy.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listener.Close()
	p.Reset()
	p.wg.Wait()
}

func (p *Proxy) open() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*link
	for l := range p.links {
		all = append(all, l)
	}
	return all
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.accepted.Add(1)
		l := &link{proxy: p, client: c, done: make(chan struct{}), era: -1}
		if !p.add(l) {
			return
		}
		p.wg.Go(l.run)
	}
}

// add makes a connection known to Reset and Close.
func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		abort(l.client)
		return false
	}
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// network is of a target's address.
func network(target string) string {
	if strings.HasPrefix(target, "/") || strings.HasPrefix(target, "@") {
		return "unix"
	}
	return "tcp"
}

// abort closes a connection with a reset, where the network has one.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
