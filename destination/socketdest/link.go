package socketdest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

var (
	// errEnded says that the peer has closed the connection in order.
	errEnded = errors.New("the peer has closed the connection")
	errStuck = errors.New("the peer takes nothing")
)

// pieceSize is what is written at once: each piece is progress.
const pieceSize = 64 << 10

// link is a connection with a goroutine that reads from it. Nothing is expected to come; that the
// connection ends is seen there.
type link struct {
	conn   net.Conn // what is written to
	socket net.Conn // below TLS; conn when there is none
	raw    syscall.RawConn
	over   chan struct{} // reading has ended
	err    error         // why, valid after over
}

func newLink(conn net.Conn) *link {
	l := &link{conn: conn, socket: conn, over: make(chan struct{})}
	if c, ok := conn.(*tls.Conn); ok {
		l.socket = c.NetConn()
	}
	if c, ok := l.socket.(syscall.Conn); ok {
		l.raw, _ = c.SyscallConn()
	}
	go l.watch()
	return l
}

func (l *link) watch() {
	defer close(l.over)
	_, l.err = io.Copy(io.Discard, l.conn)
	if l.err == nil {
		l.err = errEnded
	}
}

// gone returns why the connection can't be used any more, nil when it can.
func (l *link) gone() error {
	select {
	case <-l.over:
		return l.err
	default:
	}
	if !hungUp(l.raw) {
		return nil
	}
	t := time.NewTimer(settle) // the reader is about to find out why
	defer t.Stop()
	select {
	case <-l.over:
		return l.err
	case <-t.C:
		return io.ErrUnexpectedEOF
	}
}

// send writes data and waits until the peer has it, as far as the system can tell.
func (l *link) send(ctx context.Context, data []byte, timeout time.Duration) error {
	stop := context.AfterFunc(ctx, func() { _ = l.socket.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for len(data) > 0 {
		n := min(len(data), pieceSize)
		_ = l.socket.SetWriteDeadline(time.Now().Add(timeout))
		if ctx.Err() != nil { // looked at after the deadline was moved, which would undo what the end of ctx does
			return ctx.Err()
		}
		if _, err := l.conn.Write(data[:n]); err != nil {
			return l.why(ctx, err, timeout)
		}
		data = data[n:]
	}
	return l.arrive(ctx, timeout)
}

// why explains a failed write.
func (l *link) why(ctx context.Context, err error, timeout time.Duration) error {
	var ne net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &ne) && ne.Timeout():
		return fmt.Errorf("%w for %v", errStuck, timeout)
	}
	return err
}

// arrive waits until nothing that was written is still on its way.
func (l *link) arrive(ctx context.Context, timeout time.Duration) error {
	left, progress := -1, time.Now()
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, 5*time.Millisecond) {
		if err := l.gone(); err != nil {
			if err == errEnded { // it was closed while a batch was on its way: that is no orderly end
				return io.ErrUnexpectedEOF
			}
			return err
		}
		n := underway(l.raw)
		switch {
		case n == 0:
			return l.goneWith()
		case n != left:
			left, progress = n, time.Now()
		case time.Since(progress) > timeout:
			return fmt.Errorf("%w for %v, %d bytes are on their way", errStuck, timeout, n)
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

// goneWith is what gone says right after all has arrived: a reset also ends what is on its way.
func (l *link) goneWith() error {
	err := l.gone()
	if err == errEnded {
		return io.ErrUnexpectedEOF
	}
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stays returns nil when the connection is still there after d.
func (l *link) stays(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-l.over:
		if l.err == errEnded {
			return io.ErrUnexpectedEOF
		}
		return l.err
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// drop ends the connection at once.
func (l *link) drop() {
	_ = l.socket.Close() // below TLS, whose own Close would wait to say so
	<-l.over
}

// end closes our side, and waits for the peer's until ctx ends.
func (l *link) end(ctx context.Context) {
	defer l.drop()
	if deadline, ok := ctx.Deadline(); ok {
		_ = l.socket.SetDeadline(deadline)
	}
	if l.conn != l.socket {
		_ = l.conn.(*tls.Conn).CloseWrite()
	}
	if c, ok := l.socket.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	select {
	case <-l.over:
	case <-ctx.Done():
	}
}
