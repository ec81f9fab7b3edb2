package kafkadest_test

import (
	"net"
	"sync"
)

// gate makes the connections of a server hang, or fail.
type gate struct {
	mu      sync.Mutex
	changed *sync.Cond
	blocked bool
	broken  bool
	conns   map[net.Conn]bool
}

func newGate() *gate {
	g := &gate{conns: map[net.Conn]bool{}}
	g.changed = sync.NewCond(&g.mu)
	return g
}

func (g *gate) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	return &gated{l, g}, err
}

func (g *gate) set(blocked, broken bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.blocked, g.broken = blocked, broken
	if broken {
		for c := range g.conns {
			_ = c.Close()
		}
		clear(g.conns)
	}
	g.changed.Broadcast()
}

func (g *gate) block() func() {
	g.set(true, false)
	return func() { g.set(false, false) }
}

func (g *gate) breakDown() func() {
	g.set(false, true)
	return func() { g.set(false, false) }
}

type gated struct {
	net.Listener
	g *gate
}

func (l *gated) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.g.mu.Lock()
		broken := l.g.broken
		if !broken {
			l.g.conns[c] = true
		}
		l.g.mu.Unlock()
		if !broken {
			return &gatedConn{c, l.g}, nil
		}
		_ = c.Close()
	}
}

type gatedConn struct {
	net.Conn
	g *gate
}

func (c *gatedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.g.mu.Lock()
	for c.g.blocked {
		c.g.changed.Wait()
	}
	c.g.mu.Unlock()
	return n, err
}
