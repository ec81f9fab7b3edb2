package redisdest

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// conns are the open connections. The client heeds the deadline of a context, but not its end: what hangs is cut.
type conns struct {
	mu   sync.Mutex
	open map[*conn]bool
}

type conn struct {
	net.Conn
	all     *conns
	severed atomic.Bool
}

func (c *conns) keep(nc net.Conn, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	kept := &conn{Conn: nc, all: c}
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

// SyscallConn implements syscall.Conn, by which the client's pool finds out that an idle connection is over. One that was
// cut is, and TLS must not be looked at below.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if c.severed.Load() {
		return nil, net.ErrClosed
	}
	if below, ok := c.Conn.(syscall.Conn); ok {
		return below.SyscallConn()
	}
	return opaque{}, nil
}

// opaque is a connection that shows nothing.
type opaque struct{}

func (opaque) Control(func(fd uintptr)) error    { return nil }
func (opaque) Read(func(fd uintptr) bool) error  { return nil }
func (opaque) Write(func(fd uintptr) bool) error { return nil }

func (c *conns) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.open {
		one.severed.Store(true)
		_ = one.Conn.Close()
	}
}

// cutAt cuts what is open when ctx ends, until stop is called. A cut that has begun is over when stop returns: it would
// close what the next delivery opens.
func (c *conns) cutAt(ctx context.Context) (stop func()) {
	over := make(chan struct{})
	prevent := context.AfterFunc(ctx, func() {
		defer close(over)
		c.cut()
	})
	return func() {
		if !prevent() {
			<-over
		}
	}
}
