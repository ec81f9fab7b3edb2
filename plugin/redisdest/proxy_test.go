package redisdest_test

import (
	"net"
	"sync"
	"testing"
)

// proxy stands before a server, to hang or to fail.
type proxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	changed  *sync.Cond
	blocked  bool
	broken   bool
	conns    map[net.Conn]bool
	wg       sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.target)
		p.mu.Lock()
		if err != nil || p.broken {
			p.mu.Unlock()
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			continue
		}
		p.conns[in], p.conns[out] = true, true
		p.mu.Unlock()
		p.wg.Go(func() { p.copy(in, out) })
		p.wg.Go(func() { p.copy(out, in) })
	}
}

func (p *proxy) copy(from, to net.Conn) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		for p.blocked && !p.broken {
			p.changed.Wait()
		}
		p.mu.Unlock()
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func (p *proxy) block() func() {
	p.set(true, false)
	return func() { p.set(false, false) }
}

func (p *proxy) breakDown() func() {
	p.set(false, true)
	return func() { p.set(false, false) }
}

func (p *proxy) set(blocked, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked, p.broken = blocked, broken
	if broken {
		p.cut()
	}
	p.changed.Broadcast()
}

func (p *proxy) cut() {
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.set(false, true)
	p.wg.Wait()
}
