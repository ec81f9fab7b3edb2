package faultproxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// link is one connection of a client with the one to the server that belongs to it.
type link struct {
	proxy  *Proxy
	client net.Conn

	mu      sync.Mutex
	server  net.Conn
	done    chan struct{} // closed by reset
	over    bool
	era     int // of the fault that the link has met
	fault   Fault
	damaged bool     // bytes are missing
	moved   [2]int64 // bytes in each direction, since the fault
}

const (
	request  = 0
	response = 1
)

// run forwards until both directions have ended.
func (l *link) run() {
	defer l.proxy.remove(l)
	defer l.reset()
	if f, _ := l.now(); f.Refuse {
		return
	}
	server, err := net.DialTimeout(network(l.proxy.target), l.proxy.target, 10*time.Second)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.server = server
	over := l.over
	l.mu.Unlock()
	if over {
		abort(server)
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { l.pump(request, l.client, server) })
	wg.Go(func() { l.pump(response, server, l.client) })
	wg.Wait()
	_ = l.client.Close()
	_ = server.Close()
}

// reset ends both connections.
func (l *link) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	close(l.done)
	abort(l.client)
	if l.server != nil {
		abort(l.server)
	}
}

// now returns the fault that counts for the link, and the channel that is closed when that changes.
func (l *link) now() (Fault, <-chan struct{}) {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.era != p.era {
		l.era, l.fault, l.moved = p.era, p.fault, [2]int64{}
		if p.met++; p.fault.Connections > 0 && p.met > p.fault.Connections {
			l.fault = Fault{}
		}
	}
	return l.fault, p.changed
}

// pump forwards one direction.
func (l *link) pump(direction int, from, to net.Conn) {
	buf := make([]byte, 32<<10)
	for l.ready(direction, to) {
		n, err := from.Read(buf)
		if n > 0 && !l.forward(direction, to, buf[:n]) {
			return
		}
		if err != nil {
			l.end(to, err)
			return
		}
	}
}

// ready waits while the link hangs, and reports whether the direction goes on.
func (l *link) ready(direction int, to net.Conn) bool {
	for {
		f, changed := l.now()
		l.mu.Lock()
		over, lost := l.over, l.damaged && !f.BlackHole && !f.Silent
		l.mu.Unlock()
		switch {
		case over:
			return false
		case lost: // resetAfterFault does this too, a moment later
			l.reset()
			return false
		case f.HalfClose && f.CutResponse == 0 && direction == response:
			closeWrite(to)
			return false
		case !f.Hang:
			return true
		}
		select {
		case <-changed:
		case <-l.done:
			return false
		}
	}
}

// forward passes data on as the fault says, and reports whether the direction goes on.
func (l *link) forward(direction int, to net.Conn, data []byte) bool {
	if !l.ready(direction, to) { // the fault may have come while the read waited
		return false
	}
	f, _ := l.now()
	if f.BlackHole || f.Silent && direction == response {
		l.lose()
		return true
	}
	if f.Latency > 0 && !l.sleep(f.Latency) {
		return false
	}
	data, cut := l.measure(direction, &f, data)
	if _, err := to.Write(data); err != nil {
		l.reset()
		return false
	}
	switch {
	case !cut:
		return true
	case direction == response && f.HalfClose:
		closeWrite(to)
	default:
		l.sleep(20 * time.Millisecond) // a reset throws away what the other side has not read
		l.reset()
	}
	return false
}

// measure counts data, shortened to what passes before the cut.
func (l *link) measure(direction int, f *Fault, data []byte) (part []byte, cut bool) {
	limit, total := f.CutRequest, &l.proxy.sent
	if direction == response {
		limit, total = f.CutResponse, &l.proxy.received
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if limit > 0 && l.moved[direction]+int64(len(data)) >= limit {
		data, cut = data[:limit-l.moved[direction]], true
	}
	l.moved[direction] += int64(len(data))
	total.Add(int64(len(data)))
	return data, cut
}

// lose notes that bytes are missing, so that the link can't go on when the fault ends.
func (l *link) lose() {
	l.mu.Lock()
	first := !l.damaged
	l.damaged = true
	l.mu.Unlock()
	if first {
		l.proxy.wg.Go(l.resetAfterFault)
	}
}

// resetAfterFault resets a link that has lost bytes as soon as the fault has changed.
func (l *link) resetAfterFault() {
	for {
		f, changed := l.now()
		if !f.BlackHole && !f.Silent {
			l.reset()
			return
		}
		select {
		case <-changed:
		case <-l.done:
			return
		}
	}
}

func (l *link) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.done:
		return false
	}
}

// end passes the end of one direction on: a FIN as a FIN, anything else as a reset.
func (l *link) end(to net.Conn, err error) {
	if errors.Is(err, io.EOF) {
		closeWrite(to)
		return
	}
	l.reset()
}

func closeWrite(c net.Conn) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
}
