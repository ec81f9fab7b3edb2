//go:build unix

package hops

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// send passes an order on. ctx carries the ids of the message in hand.
type send func(ctx context.Context, order string)

// serve runs the gateway: an order goes to Kafka, and is answered when it comes back.
func (w *world) serve(next send) {
	s := w.services["gateway"]
	m, err := httplog.New(httplog.Options{Logger: s.log})
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{order}", func(rw http.ResponseWriter, r *http.Request) {
		order := r.PathValue("order")
		done := w.wait(order)
		hydra.FromContext(r.Context()).Info(r.Context(), "got", slog.String("order", order), slog.String("by", "http"))
		next(r.Context(), order)
		select {
		case <-done:
		case <-time.After(patience):
			rw.WriteHeader(http.StatusGatewayTimeout)
		}
	})
	mux.HandleFunc("POST /done/{order}", func(_ http.ResponseWriter, r *http.Request) {
		order := r.PathValue("order")
		hydra.FromContext(r.Context()).Info(r.Context(), "done", slog.String("order", order), slog.String("by", "back"))
		close(w.wait(order))
	})
	note := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { // what was on the wire, before the middleware
		w.note("gateway", r.URL.Path[len(r.URL.Path)-1:], correlation.HTTPHeader(r.Header))
		m.Handler(mux).ServeHTTP(rw, r)
	})
	w.gateway = httptest.NewServer(note)
	w.onClose(w.gateway.Close)
}

// back is how the last service tells the gateway.
func (w *world) back(ctx context.Context, order string) {
	s := w.services["audit"]
	m, err := httplog.New(httplog.Options{Logger: s.log})
	if err != nil {
		w.t.Error(err)
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.gateway.URL+"/done/"+order, nil)
	if err != nil {
		w.t.Error(err)
		return
	}
	s.sends(ctx, order, "http", correlation.HTTPHeader(r.Header))
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	answer, err := m.Transport(base).RoundTrip(r)
	if err != nil {
		w.t.Error(err)
		return
	}
	w.must(answer.Body.Close())
	if answer.Header.Get("X-Correlation-ID") != correlation.ID(ctx) {
		w.t.Errorf("the answer to %s has the id %q", correlation.ID(ctx), answer.Header.Get("X-Correlation-ID"))
	}
}
