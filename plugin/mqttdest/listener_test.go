package mqttdest_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// listener is the server's own TCP listener, but that its end waits for its connections: the server counts them on
// while it waits for them.
type listener struct {
	net.Listener
	mu    sync.Mutex
	ended bool
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

func listen(address string, secure *tls.Config) (*listener, error) {
	l, err := net.Listen("tcp", address)
	if err == nil && secure != nil {
		l = tls.NewListener(l, secure)
	}
	return &listener{Listener: l, conns: map[net.Conn]bool{}}, err
}

// Init implements listeners.Listener.
func (l *listener) Init(*slog.Logger) error { return nil }

// ID implements listeners.Listener.
func (l *listener) ID() string { return "tcp" }

// Address implements listeners.Listener.
func (l *listener) Address() string { return l.Addr().String() }

// Protocol implements listeners.Listener.
func (l *listener) Protocol() string { return "tcp" }

// Serve implements listeners.Listener.
func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		if l.ended {
			_ = c.Close()
		} else {
			l.conns[c] = true
			l.wg.Go(func() {
				_ = establish(l.ID(), c)
				_ = c.Close()
				l.mu.Lock()
				delete(l.conns, c)
				l.mu.Unlock()
			})
		}
		l.mu.Unlock()
	}
}

// Close implements listeners.Listener.
func (l *listener) Close(closeClients listeners.CloseFn) {
	_ = l.Listener.Close()
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	closeClients(l.ID())
	l.mu.Lock()
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
}
