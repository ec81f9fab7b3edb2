package wsdest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// server takes records and acknowledges them in the way that it is told to.
type server struct {
	t       *testing.T
	ack     Ack
	address string
	// answer, when set, is what record n of a connection is answered with; "" for nothing.
	answer func(n int, rec string) string
	// closeAt, when set, ends the connection in place of taking the record.
	closeAt func(rec string) websocket.StatusCode
	header  http.Header // of the last handshake
	status  int         // what handshakes are answered with, when not 0

	mu      sync.Mutex
	cond    *sync.Cond
	http    *http.Server
	conns   map[net.Conn]bool
	blocked bool
	seen    map[string]bool
	order   []string
	again   int
	wg      sync.WaitGroup
}

func newServer(t *testing.T, ack Ack) *server {
	s := &server{t: t, ack: ack, address: "127.0.0.1:0", seen: map[string]bool{}}
	s.cond = sync.NewCond(&s.mu)
	s.start()
	t.Cleanup(func() { s.block(false); s.stop(); s.wg.Wait() })
	return s
}

func (s *server) url() string { return "ws://" + s.address + "/logs" }

func (s *server) start() {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	s.mu.Lock()
	s.conns = map[net.Conn]bool{}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ConnState: s.track}
	server := s.http
	s.mu.Unlock()
	s.wg.Go(func() { _ = server.Serve(l) })
}

func (s *server) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew {
		s.conns[c] = true
	}
}

func (s *server) stop() {
	s.mu.Lock()
	server := s.http
	s.mu.Unlock()
	_ = server.Close() // it waits for track
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.cond.Broadcast()
}

func (s *server) block(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked = on
	s.cond.Broadcast()
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.header = r.Header.Clone()
	status, me := s.status, s.http
	s.mu.Unlock()
	if status != 0 {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		return
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"logs.v1"}})
	if err != nil {
		return
	}
	s.wg.Add(1)
	defer s.wg.Done()
	defer c.CloseNow()
	c.SetReadLimit(-1)
	for n := 1; ; n++ {
		s.mu.Lock()
		for s.blocked && s.http == me {
			s.cond.Wait()
		}
		s.mu.Unlock()
		_, data, err := c.Read(context.Background())
		if err != nil || !s.take(c, n, string(data)) {
			return
		}
	}
}

func (s *server) take(c *websocket.Conn, n int, rec string) bool {
	if s.closeAt != nil {
		if code := s.closeAt(rec); code != 0 {
			_ = c.Close(code, "because")
			return false
		}
	}
	s.mu.Lock()
	if s.seen[rec] {
		s.again++
	} else {
		s.seen[rec] = true
		s.order = append(s.order, rec)
	}
	s.mu.Unlock()
	text := ""
	switch {
	case s.answer != nil:
		text = s.answer(n, rec)
	case s.ack == AckCount:
		text = fmt.Sprintf(`{"ack":%d}`, n)
	case s.ack == AckID:
		var m struct{ ID string }
		_ = json.Unmarshal([]byte(rec), &m)
		text = fmt.Sprintf(`{"ack":%q}`, m.ID)
	}
	return text == "" || c.Write(context.Background(), websocket.MessageText, []byte(text)) == nil
}

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

var journal = [16]byte{1, 2, 3}

// batchOf makes records that hold their id when text is "".
func batchOf(from int, texts ...string) *destination.Batch {
	b := &destination.Batch{Attempt: 1}
	for i, text := range texts {
		it := destination.Item{Start: len(b.Data), Journal: journal, Position: uint64(from + i)}
		if text == "" {
			text = fmt.Sprintf(`{"n":%d,"id":%q}`, from+i, destination.IdempotencyKey(&it))
		}
		b.Data = append(append(b.Data, text...), '\n')
		it.End = len(b.Data)
		b.Items = append(b.Items, it)
	}
	return b
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
