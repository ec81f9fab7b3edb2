// Command graceful is the pattern of the orderly end: SIGTERM or SIGINT ends the work first, requests under way are
// answered, then the logger delivers what it has and closes. A second signal does not wait.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health/healthhttp"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// drain is how long requests that are under way may take after a signal.
const drain = 5 * time.Second

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	flag.Parse()
	log, err := hydra.Open("hydra.yaml")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	err = log.Run(context.Background(), func(ctx context.Context) error {
		return serve(ctx, log, *listen)
	})
	if err != nil { // of the service, or of Close: it says what is not delivered
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers requests until ctx ends, and returns when those under way are answered.
func serve(ctx context.Context, log *hydra.Logger, listen string) error {
	var leaving atomic.Bool
	h, err := handler(log, &leaving)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	fmt.Println("listening on", l.Addr())
	log.Info(ctx, "ready", slog.String("address", l.Addr().String()))
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	leaving.Store(true) // /readyz says no: the balancer looks elsewhere
	log.Info(context.WithoutCancel(ctx), "leaving")
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := srv.Shutdown(end); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func handler(log *hydra.Logger, leaving *atomic.Bool) (http.Handler, error) {
	orders := log.Layer("orders")
	requests, err := httplog.New(httplog.Options{Logger: log, Layer: "http"})
	if err != nil {
		return nil, err
	}
	ready := healthhttp.Ready(log.Health)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		id := slog.String("order_id", r.PathValue("id"))
		httplog.SetAttrs(r.Context(), id)
		orders.Info(r.Context(), "order accepted", id)
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if leaving.Load() {
			http.Error(w, "leaving", http.StatusServiceUnavailable)
			return
		}
		ready.ServeHTTP(w, r)
	})
	return requests.Handler(mux), nil
}
