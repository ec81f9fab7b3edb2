package httplog_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/record"
)

// shown prints what these examples can compare: without times, ports and durations.
type shown struct{}

func (shown) Deliver(_ context.Context, b *destination.Batch) error {
	for _, it := range b.Items {
		var v record.View
		if err := v.Decode(it.Raw); err != nil {
			return err
		}
		fmt.Print(v.Message, " ", v.IDs.CorrelationID)
		attrs, t := v.Attrs(), record.Token{}
		for attrs.Next(&t) {
			switch t.Key {
			case "route":
				fmt.Print(" route=", t.Str)
			case "status":
				fmt.Print(" status=", t.Num)
			}
		}
		fmt.Println()
	}
	return nil
}

func (shown) Close(context.Context) error { return nil }
func (shown) Local() bool                 { return true }

// A server: one record a request, and the request's logger and ids in its context.
func ExampleMiddleware_Handler() {
	log := hydra.Must(hydra.Parse([]byte("{mode: sync, layers: {default: {destinations: [{type: 'null'}]}}}"),
		hydra.WithDestination("", hydra.DestinationOptions{Name: "shown", Driver: shown{}})))
	m, err := httplog.New(httplog.Options{Logger: log, Slow: 500 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		hydra.FromContext(r.Context()).Info(r.Context(), "loading order") // has the correlation id
		fmt.Fprint(w, "order ", r.PathValue("id"))
	})
	srv := httptest.NewServer(m.Handler(mux))

	req, _ := http.NewRequest("GET", srv.URL+"/orders/7", nil)
	req.Header.Set("X-Correlation-ID", "flow-1")
	client := &http.Client{Transport: m.Transport(srv.Client().Transport)}
	res, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	res.Body.Close()
	srv.Close()
	fmt.Println(res.Status, res.Header.Get("X-Correlation-ID"))
	// Output:
	// loading order flow-1
	// GET /orders/7 flow-1 route=/orders/{id} status=200
	// 200 OK flow-1
}

func ExampleNew() {
	_, err := httplog.New(httplog.Options{RequestHeaders: []string{"Authorization"}})
	fmt.Println(err)
	// Output: httplog: header "Authorization" carries credentials and is never logged: take it off the list
}
