package kafkadest

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// trouble tells a delivery that a connection failed. The client itself would go on trying for ever, and say nothing.
//
// Only an attempt to connect counts that was begun while the delivery waits: one of before it, such as to a broker that has
// been mended since, says nothing of now.
type trouble struct {
	mu      sync.Mutex
	watches uint64
	now     *notice // of the delivery that waits
}

type notice struct {
	raised chan struct{}
	err    error // set before raised is closed
}

// watch returns what is raised by the next failure.
func (t *trouble) watch() *notice {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watches++
	t.now = &notice{raised: make(chan struct{})}
	return t.now
}

// attempt is the beginning of an attempt to connect.
func (t *trouble) attempt() (began uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.watches
}

func (t *trouble) raise(began uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now != nil && began == t.watches {
		t.now.err = err
		close(t.now.raised)
		t.now = nil
	}
}

// attempted is a connection that knows when it was begun.
type attempted struct {
	net.Conn
	began uint64
}

// OnBrokerConnect implements kgo.HookBrokerConnect: the login may have failed. That dialling has is told by who dialled.
func (t *trouble) OnBrokerConnect(m kgo.BrokerMetadata, _ time.Duration, conn net.Conn, err error) {
	if c, ok := conn.(*attempted); ok && err != nil {
		t.raise(c.began, fmt.Errorf("connecting to %s:%d: %w", m.Host, m.Port, err))
	}
}
