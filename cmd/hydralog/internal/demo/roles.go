package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// The bank takes its time; some cards are declined at first, and sometimes the bank is slow.
const (
	bankTime     = 6 * time.Millisecond
	slowBank     = 60 * time.Millisecond
	slowEvery    = 53
	declineEvery = 37
)

var errDeclined = errors.New("card declined")

// store is the service orders.
func (w *worker) store(ctx context.Context, o shopOrder) error {
	w.write(ctx, kindEvent, hydra.LevelInfo, "order stored", o.attrs()...)
	w.write(ctx, kindAudit, hydra.LevelInfo, "stock reserved", slog.Int64("order", o.Order))
	return w.publish(ctx, subjectStored, o)
}

// charge is the service payments, which gets killed.
func (w *worker) charge(ctx context.Context, o shopOrder) error {
	w.write(ctx, kindEvent, hydra.LevelInfo, "charging card", o.attrs()...)
	err := w.work(ctx, "charge card", func(context.Context) error { return bank(o, 1) })
	if err != nil {
		w.write(ctx, kindRequest, hydra.LevelWarning, "trying the second card", hydra.Err(err))
		err = w.work(ctx, "charge second card", func(context.Context) error { return bank(o, 2) })
	}
	if err != nil {
		return err
	}
	w.write(ctx, kindAudit, hydra.LevelInfo, "card charged", o.attrs()...)
	return w.publish(ctx, subjectPaid, o)
}

func bank(o shopOrder, attempt int) error {
	if o.Order%slowEvery == 0 {
		time.Sleep(slowBank)
	} else {
		time.Sleep(bankTime)
	}
	if attempt == 1 && o.Order%declineEvery == 0 {
		return errDeclined
	}
	return nil
}

// ship is the service shipping.
func (w *worker) ship(ctx context.Context, o shopOrder) error {
	w.write(ctx, kindEvent, hydra.LevelInfo, "parcel on its way", slog.Int64("order", o.Order))
	w.write(ctx, kindAudit, hydra.LevelInfo, "handed to the carrier", slog.Int64("order", o.Order))
	return nil
}

// serveHTTP is the service gateway: a request in, an event out.
func serveHTTP(ctx context.Context, s *service) error {
	requests, err := httplog.New(httplog.Options{Logger: s.layer[kindRequest]})
	if err != nil {
		return err
	}
	free := make(chan *worker, workers)
	for i := range workers {
		free <- &worker{s, i}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: counted(free, requests)}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	fmt.Println("ready", l.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return srv.Shutdown(end)
}

// counted puts the note of the call around the middleware, which logs the request when it is answered.
func counted(free chan *worker, requests *httplog.Middleware) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := <-free
		defer func() { free <- w }()
		row := rowOf(w.number, kindRequest)
		n := w.calls.begin(row)
		requests.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			httplog.SetAttrs(r.Context(), slog.Int("g", row), slog.Int("n", n))
			w.place(rw, r)
		})).ServeHTTP(rw, r)
		w.calls.end(row)
	})
}

// place takes an order.
func (w *worker) place(rw http.ResponseWriter, r *http.Request) {
	var o shopOrder
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		http.Error(rw, "no order", http.StatusBadRequest)
		return
	}
	w.write(r.Context(), kindEvent, hydra.LevelInfo, "order placed", o.attrs()...)
	if err := w.publish(r.Context(), subjectPlaced, o); err != nil {
		http.Error(rw, "try again", http.StatusServiceUnavailable)
		return
	}
	rw.WriteHeader(http.StatusAccepted)
}
