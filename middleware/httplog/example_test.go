package httplog_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// A server: one record a request, and the request's logger and ids in its context.
func ExampleMiddleware_Handler() {
	m, err := httplog.New(httplog.Options{Logger: hydra.Discard, Slow: 500 * time.Millisecond})
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
	defer srv.Close()

	req, _ := http.NewRequest("GET", srv.URL+"/orders/7", nil)
	req.Header.Set("X-Correlation-ID", "flow-1")
	client := &http.Client{Transport: m.Transport(srv.Client().Transport)}
	res, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	fmt.Println(res.Status, res.Header.Get("X-Correlation-ID"))
	// Output: 200 OK flow-1
}

func ExampleNew() {
	_, err := httplog.New(httplog.Options{RequestHeaders: []string{"Authorization"}})
	fmt.Println(err)
	// Output: httplog: header "Authorization" carries credentials and is never logged: take it off the list
}
