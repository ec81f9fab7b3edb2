package redisdest

import (
	"net"
	"sync"
)

// conns are the open connections. The client heeds the deadline of a context, but not its end: what hangs is cut.
type conns struct {
	mu   sync.Mutex
	open map[*conn]bool
}

type conn struct {
	net.Conn
	all *conns
}

func (c *conns) keep(nc net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	kept := &conn{nc, c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[*conn]bool{}
	}
	c.open[kept] = true
	return kept, nil
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

func (c *conns) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.open {
		_ = one.Conn.Close()
	}
}
