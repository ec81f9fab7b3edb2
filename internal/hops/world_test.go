//go:build unix

package hops

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra/correlation"
)

// world is all the services, and what was seen on the wires between them.
type world struct {
	t        *testing.T
	services map[string]*service
	gateway  *httptest.Server
	client   *http.Client
	stops    []func()
	lines    map[string][]line // after close

	mu      sync.Mutex
	headers map[string]map[string]string // by service, order, name and visit
	visits  map[string]int
	batch   int
	waiting map[string]chan struct{} // of the gateway, by order
}

// newWorld starts the services from the last to the first, so that each finds the next.
func newWorld(t *testing.T) *world {
	w := &world{t: t, services: map[string]*service{}, client: &http.Client{Timeout: patience}, headers: map[string]map[string]string{}, visits: map[string]int{},
		waiting: map[string]chan struct{}{}}
	for _, h := range hops {
		if w.services[h.service] == nil {
			w.services[h.service] = newService(t, h.service)
		}
	}
	sendKafka := w.kafka(w.nats(w.amqp(w.redis(w.mqtt(w.grpc(w.back))))))
	w.serve(sendKafka)
	return w
}

// onClose has something ended when all is over, the last first.
func (w *world) onClose(stop func()) { w.stops = append(w.stops, stop) }

// close ends the services and reads what they have written.
func (w *world) close() {
	w.client.CloseIdleConnections()
	for i := len(w.stops) - 1; i >= 0; i-- {
		w.stops[i]()
	}
	w.stops = nil
	w.lines = map[string][]line{}
	for name, s := range w.services {
		if err := s.log.Close(); err != nil {
			w.t.Error(err)
		}
		w.lines[name] = s.read(w.t)
	}
}

// note keeps what came with a message.
func (w *world) note(service, order string, in correlation.Carrier) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := service + " " + order
	w.visits[key]++
	if w.visits[key] == 2 {
		key += " again"
	}
	w.headers[key] = map[string]string{"traceparent": in.Get("traceparent"), "tracestate": in.Get("tracestate")}
}

func (w *world) seen(service, order, name string, visit int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := service + " " + order
	if visit == 2 {
		key += " again"
	}
	return w.headers[key][name]
}

func (w *world) noteBatch(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batch = max(w.batch, n)
}

func (w *world) biggestBatch() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.batch
}

// wait returns what is closed when an order is done.
func (w *world) wait(order string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting[order] == nil {
		w.waiting[order] = make(chan struct{})
	}
	return w.waiting[order]
}

// must is for goroutines, which may not end the test.
func (w *world) must(err error) {
	if err != nil {
		w.t.Error(err)
	}
}
