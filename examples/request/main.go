// Command request is the pattern of the short-lived operation: each request opens a logger, uses it, and closes it.
//
// Loggers of one process with the same name and configuration share one engine. While main holds one, opening another
// costs microseconds and closing it nothing; with -alone nobody holds one, and the last Close of those that run at the
// same time waits until everything is delivered.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

func main() {
	alone := flag.Bool("alone", os.Getenv("ALONE") != "", "do not hold a logger while there is no request")
	listen := flag.String("listen", "127.0.0.1:0", "address")
	flag.Parse()
	if err := serve(*listen, *alone); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(listen string, alone bool) error {
	if !alone {
		log, err := hydra.Open("hydra.yaml")
		if err != nil {
			return err
		}
		defer log.Guard()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		ctx := correlation.Extract(r.Context(), correlation.HTTPHeader(r.Header))
		if err := order(ctx, r.PathValue("id")); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr())
	return http.Serve(l, mux)
}

// order is the operation. Its logger lives as long as it does.
func order(ctx context.Context, id string) error {
	log, err := hydra.Open("hydra.yaml")
	if err != nil {
		return err
	}
	defer log.Close()

	log.Layer("orders").Info(ctx, "order accepted", slog.String("order_id", id))
	return nil
}
