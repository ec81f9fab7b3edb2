package amqpdest

import (
	"net"
	"sync"
)

// corkSize is how much is written at once at least while messages are on their way, in bytes.
const corkSize = 64 << 10

// cork is a connection that writes many messages at once: the client would write each by itself, and the broker read it so.
// It is safe for concurrent use: the client's heartbeats are written meanwhile.
type cork struct {
	net.Conn

	mu   sync.Mutex
	held bool
	buf  []byte
}

// Write writes at once, or keeps p until there is more where the connection is held.
func (c *cork) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held {
		return c.Conn.Write(p)
	}
	c.buf = append(c.buf, p...)
	if len(c.buf) < corkSize {
		return len(p), nil
	}
	return len(p), c.send()
}

// hold keeps what is written from now on until there is much of it, or flush or release is called.
func (c *cork) hold() {
	c.mu.Lock()
	c.held = true
	c.mu.Unlock()
}

// flush writes what was kept.
func (c *cork) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.send()
}

// release writes what was kept, and lets everything pass from now on.
func (c *cork) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	_ = c.send()
}

// send writes what was kept. The client was told that it is written: where it can't be, the connection ends, which the
// client's reader sees.
func (c *cork) send() error {
	if len(c.buf) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.buf)
	c.buf = c.buf[:0]
	if err != nil {
		_ = c.Conn.Close()
	}
	return err
}
