package socketdest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// server takes frames and keeps the records in the order of their first arrival. It reads whole frames only, as a
// receiver does, and counts those that came again.
type server struct {
	t       *testing.T
	network string
	address string
	framing Framing
	tls     *tls.Config

	mu       sync.Mutex
	cond     *sync.Cond
	listener net.Listener
	conns    map[net.Conn]bool
	blocked  bool
	seen     map[string]bool
	order    []string
	again    int
	wg       sync.WaitGroup
}

func newServer(t *testing.T, network string, f Framing) *server {
	s := &server{t: t, network: network, framing: f, conns: map[net.Conn]bool{}, seen: map[string]bool{}, address: "127.0.0.1:0"}
	if network == "unix" {
		s.address = filepath.Join(t.TempDir(), "s")
	}
	s.cond = sync.NewCond(&s.mu)
	s.start()
	t.Cleanup(func() { s.block(false); s.stop(); s.wg.Wait() })
	return s
}

func (s *server) start() {
	l, err := net.Listen(s.network, s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if s.tls != nil {
				c = tls.Server(c, s.tls)
			}
			s.mu.Lock()
			s.conns[c] = true
			s.mu.Unlock()
			s.wg.Go(func() { s.serve(c) })
		}
	})
}

// stop ends the server and its connections; what it has not read is lost.
func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.listener.Close()
	for c := range s.conns {
		_ = c.Close()
		delete(s.conns, c)
	}
	s.cond.Broadcast()
}

func (s *server) block(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked = on
	s.cond.Broadcast()
}

func (s *server) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 512)
	for {
		s.mu.Lock()
		for s.blocked && s.conns[c] {
			s.cond.Wait()
		}
		s.mu.Unlock()
		rec, err := readFrame(r, s.framing)
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.conns[c] { // else it is a program that has ended
			if s.seen[rec] {
				s.again++
			} else {
				s.seen[rec] = true
				s.order = append(s.order, rec)
			}
		}
		s.mu.Unlock()
	}
}

func readFrame(r *bufio.Reader, f Framing) (string, error) {
	switch f {
	case FramingOctet:
		size, err := r.ReadString(' ')
		if err != nil {
			return "", err
		}
		n, err := strconv.Atoi(size[:len(size)-1])
		if err != nil || n < 1 {
			return "", fmt.Errorf("bad size %q", size)
		}
		buf := make([]byte, n)
		_, err = io.ReadFull(r, buf)
		return string(buf), err
	case FramingNUL:
		s, err := r.ReadString(0)
		return string(bytes.TrimSuffix([]byte(s), []byte{0})), err
	}
	s, err := r.ReadString('\n')
	return string(bytes.TrimSuffix([]byte(s), []byte("\n"))), err
}

// records waits until nothing more arrives.
func (s *server) records() []string {
	last := -1
	for {
		s.mu.Lock()
		n := len(s.order) + s.again
		if n == last {
			defer s.mu.Unlock()
			return append([]string(nil), s.order...)
		}
		s.mu.Unlock()
		last = n
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *server) bytes() []byte {
	var out []byte
	for _, r := range s.records() {
		out = append(append(out, r...), '\n')
	}
	return out
}

func batchOf(lines ...string) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for _, l := range lines {
		start := len(b.Data)
		b.Data = append(append(b.Data, l...), '\n')
		b.Items = append(b.Items, destination.Item{Start: start, End: len(b.Data)})
	}
	return b
}

func numbered(from, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("record %07d", from+i)
	}
	return lines
}

func newDriver(t *testing.T, o Options) *Driver {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// insist delivers as a worker does: until the driver takes it.
func insist(t *testing.T, d *Driver, b *destination.Batch) {
	t.Helper()
	for range 400 {
		err := d.Deliver(context.Background(), b)
		if err == nil {
			return
		}
		b.Attempt++
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("a batch was never taken")
}
