// Command shared is the pattern of the long-running service: one logger for all goroutines, opened in main, a layer for
// each stream of records, the middleware for HTTP, and the health of the logger beside that of the service.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health/healthhttp"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	flag.Parse()
	if err := run(*listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(listen string) error {
	log, err := hydra.Open("hydra.yaml")
	if err != nil {
		return err
	}
	defer log.Guard()
	slog.SetDefault(log.Slog()) // libraries that log with slog join in

	h, err := handler(log)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr())
	return http.Serve(l, h)
}

// service holds what its handlers share. A layer is cheap: make it once and keep it.
type service struct {
	orders, audit *hydra.Logger
}

func handler(log *hydra.Logger) (http.Handler, error) {
	s := &service{orders: log.Layer("orders"), audit: log.Layer("audit")}
	requests, err := httplog.New(httplog.Options{Logger: log, Layer: "http", Slow: time.Second})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", s.order)
	mux.Handle("GET /livez", healthhttp.Live(log.Health))
	mux.Handle("GET /readyz", healthhttp.Ready(log.Health))
	mux.Handle("GET /debug/log", healthhttp.Report(log.Health))
	return requests.Handler(mux), nil
}

func (s *service) order(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), slog.String("order_id", r.PathValue("id"))
	httplog.SetAttrs(ctx, id) // the record of the request has it too
	if err := s.charge(ctx, id); err != nil {
		http.Error(w, "not charged", http.StatusPaymentRequired)
		return
	}
	s.orders.Info(ctx, "order accepted", id)
	w.WriteHeader(http.StatusAccepted)
}

// charge is an operation: its end is logged with its duration, and its error if there is one.
func (s *service) charge(ctx context.Context, id slog.Attr) (err error) {
	ctx, op := hydra.Begin(ctx, "charge card")
	defer op.End(&err)
	s.audit.Info(ctx, "card charged", id)
	return nil
}
