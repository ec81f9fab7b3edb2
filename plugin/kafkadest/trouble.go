package kafkadest

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// trouble tells deliveries that a connection failed. The client itself would go on trying for ever, and say nothing.
type trouble struct {
	mu   sync.Mutex
	next *notice
}

type notice struct {
	raised chan struct{}
	err    error // set before raised is closed
}

// watch returns what is raised by the next failure.
func (t *trouble) watch() *notice {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == nil {
		t.next = &notice{raised: make(chan struct{})}
	}
	return t.next
}

func (t *trouble) raise(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next != nil {
		t.next.err = err
		close(t.next.raised)
		t.next = nil
	}
}

// OnBrokerConnect implements kgo.HookBrokerConnect: the dialling or the login may have failed.
func (t *trouble) OnBrokerConnect(m kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		t.raise(fmt.Errorf("connecting to %s:%d: %w", m.Host, m.Port, err))
	}
}
