package destinationtest

import (
	"net"
	"sync"
	"testing"
)

// Proxy stands between a driver under test and its real TCP server, to hang or to fail: what [Harness] asks for with Block and Break.
type Proxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	changed  *sync.Cond
	blocked  bool
	broken   bool
	conns    map[net.Conn]bool
	wg       sync.WaitGroup
}

// NewProxy starts a proxy for the server at target, which ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Address is where the driver connects to.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

func (p *Proxy) accept() {
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

func (p *Proxy) copy(from, to net.Conn) {
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

// Block lets nothing through until the function that it returns is called. Connections stay.
func (p *Proxy) Block() func() {
	p.set(true, false)
	return func() { p.set(false, false) }
}

// Break cuts all connections and refuses new ones until the function that it returns is called.
func (p *Proxy) Break() func() {
	p.set(false, true)
	return func() { p.set(false, false) }
}

func (p *Proxy) set(blocked, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked, p.broken = blocked, broken
	if broken {
		p.cut()
	}
	p.changed.Broadcast()
}

func (p *Proxy) cut() {
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.set(false, true)
	p.wg.Wait()
}
