package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/wsdest"
	"github.com/hydra-logger/hydra/internal/faultproxy"
)

// wsServer is a server made with another library. It keeps ids, and acknowledges them.
type wsServer struct {
	t       *testing.T
	ack     wsdest.Ack
	address string

	mu      sync.Mutex
	http    *http.Server
	conns   map[*websocket.Conn]bool
	ids     map[string]int
	numbers map[int]bool // of the records that have one, as n
	wg      sync.WaitGroup
}

func newWSServer(t *testing.T, ack wsdest.Ack) *wsServer {
	s := &wsServer{t: t, ack: ack, ids: map[string]int{}, numbers: map[int]bool{}, address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop(); s.wg.Wait() })
	return s
}

func (s *wsServer) start() {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = map[*websocket.Conn]bool{}
	server := &http.Server{Handler: http.HandlerFunc(s.serve)}
	s.http = server
	s.wg.Go(func() { _ = server.Serve(l) })
}

// stop ends the server as a crash would.
func (s *wsServer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.http.Close()
	for c := range s.conns {
		_ = c.Close()
	}
}

func (s *wsServer) serve(w http.ResponseWriter, r *http.Request) {
	u := websocket.Upgrader{Subprotocols: []string{"hydra"}}
	c, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.wg.Add(1)
	defer s.wg.Done()
	defer c.Close()
	s.mu.Lock()
	s.conns[c] = true
	me := s.http
	s.mu.Unlock()
	for n := 1; ; n++ {
		kind, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		var m struct {
			ID string
			N  *int
		}
		if json.Unmarshal(data, &m) != nil || kind != websocket.TextMessage {
			s.t.Errorf("a message that is none of ours: %q", data)
		}
		s.mu.Lock()
		alive := s.http == me
		if alive {
			s.ids[m.ID]++
		}
		if alive && m.N != nil {
			s.numbers[*m.N] = true
		}
		s.mu.Unlock()
		if !alive {
			return
		}
		switch {
		case s.ack == wsdest.AckID && n%100 == 0:
			err = c.WriteJSON(map[string]any{"ack": m.ID})
		case s.ack == wsdest.AckCount && n%50 == 0:
			err = c.WriteJSON(map[string]any{"ack": n})
		}
		if err != nil {
			return
		}
	}
}

// check counts what is lost and what came again.
func (s *wsServer) check(n, mostAgain int) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	lost, again := 0, 0
	b := wsBatch(0, n)
	for i := range b.Items {
		count := s.ids[destination.IdempotencyKey(&b.Items[i])]
		if count == 0 {
			lost++
		}
		again += max(count-1, 0)
	}
	s.t.Logf("%d records: %d lost, %d more than once, %d ids", n, lost, again, len(s.ids))
	if lost > 0 || again > mostAgain || len(s.ids) != n {
		s.t.Errorf("lost %d, more than once %d (at most %d), %d ids of %d", lost, again, mostAgain, len(s.ids), n)
	}
}

func wsBatch(from, n int) *destination.Batch {
	return socketBatch(from, n, func(n int) string {
		it := destination.Item{Journal: [16]byte{9}, Position: uint64(n)}
		return fmt.Sprintf(`{"message":"order taken","id":%q}`, destination.IdempotencyKey(&it))
	})
}

func newWS(t *testing.T, o wsdest.Options) *wsdest.Driver {
	t.Helper()
	d, err := wsdest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func TestARestartOfAWebSocketServerLosesNothing(t *testing.T) {
	for _, ack := range []wsdest.Ack{wsdest.AckPing, wsdest.AckCount, wsdest.AckID} {
		t.Run(string(ack), func(t *testing.T) {
			s := newWSServer(t, ack)
			d := newWS(t, wsdest.Options{URL: "ws://" + s.address + "/logs", Ack: ack, Subprotocols: []string{"hydra"}})
			const n, size = 100_000, 1000
			restarted := make(chan struct{})
			for i := range n / size {
				if i == n/size/2 {
					go func() {
						defer close(restarted)
						s.stop()
						time.Sleep(50 * time.Millisecond) // it is down for a while
						s.start()
					}()
				}
				insist(t, d, wsBatch(i*size, size))
			}
			<-restarted
			s.check(n, 2*size)
		})
	}
}

func TestFaultsBetweenUsAndAWebSocketServerLoseNothing(t *testing.T) {
	for name, fault := range map[string]faultproxy.Fault{
		"refused":                  {Refuse: true},
		"accepted and hung":        {Hang: true},
		"black hole":               {BlackHole: true},
		"answers are lost":         {Silent: true},
		"cut within the request":   {CutRequest: 20_000},
		"cut within the response":  {CutResponse: 20},
		"half closed":              {HalfClose: true},
		"slow":                     {Latency: 10 * time.Millisecond},
		"one connection is cut":    {CutRequest: 7, Connections: 1},
		"the first answer is lost": {Silent: true, Connections: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWSServer(t, wsdest.AckID)
			proxy := faultproxy.Start(t, s.address)
			d := newWS(t, wsdest.Options{URL: "ws://" + proxy.Addr(), Ack: wsdest.AckID, Timeout: 500 * time.Millisecond})
			const size = 1000
			insist(t, d, wsBatch(0, size))
			proxy.Set(fault)
			if fault.Refuse {
				proxy.Reset()
			}
			b := wsBatch(size, size)
			attempts := 0
			for ; attempts < 2; attempts++ {
				err := d.Deliver(t.Context(), b)
				if err == nil {
					b = wsBatch(0, 0)
					break
				}
				if o := destination.OutcomeOf(err); o.Kind == destination.Partly {
					b = rest(b, o)
				}
			}
			proxy.Set(faultproxy.Fault{})
			insist(t, d, b)
			insist(t, d, wsBatch(2*size, size))
			s.check(3*size, (attempts+1)*size)
		})
	}
}

func TestAnUnknownHostIsRetriedAndNamed(t *testing.T) {
	d := newWS(t, wsdest.Options{URL: "ws://nowhere.invalid/logs?key=s3cret"})
	err := d.Deliver(t.Context(), wsBatch(0, 1))
	if destination.OutcomeOf(err).Kind != destination.Retrying {
		t.Errorf("%v", err)
	}
	t.Log(err)
}
