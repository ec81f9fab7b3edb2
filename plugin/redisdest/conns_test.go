package redisdest

import (
	"context"
	"errors"
	"net"
	"testing"
)

// kept returns a connection that is open.
func kept(t *testing.T, c *conns) *conn {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	nc, err := c.keep(here, nil)
	if err != nil {
		t.Fatal(err)
	}
	return nc.(*conn)
}

func TestAConnectionThatWasCutIsNotTakenFromThePoolAgain(t *testing.T) {
	var c conns
	idle := kept(t, &c)
	if _, err := idle.SyscallConn(); err != nil {
		t.Errorf("a connection that is open: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := c.cutAt(ctx)
	cancel()
	stop()
	if _, err := idle.SyscallConn(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("one that was cut: %v", err)
	}
	if _, err := kept(t, &c).SyscallConn(); err != nil {
		t.Errorf("one that was made after the cut: %v", err)
	}
}
