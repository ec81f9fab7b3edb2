package healthhttp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/health"
	"github.com/hydra-logger/hydra/health/healthhttp"
)

// The handlers of a service, asked as Kubernetes and as an operator ask them.
func Example() {
	log := hydra.Must(hydra.Parse([]byte("{name: shop, mode: sync, layers: {events: {destinations: [{type: 'null', name: bus}]}}}")))
	mux := http.NewServeMux()
	mux.Handle("GET /livez", healthhttp.Live(log.Health))
	mux.Handle("GET /readyz", healthhttp.Ready(log.Health, "bus")) // without "bus" it would depend on no destination
	mux.Handle("GET /debug/log", healthhttp.Report(log.Health))
	mux.Handle("/debug/level", healthhttp.Levels(log))
	get := func(method, url string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, url, nil))
		return w
	}

	log.Layer("events").Info(context.Background(), "order placed")
	fmt.Print(get("GET", "/readyz").Code, " ", get("GET", "/readyz").Body)
	var report health.Report
	if err := json.Unmarshal(get("GET", "/debug/log").Body.Bytes(), &report); err != nil {
		fmt.Println(err)
	}
	fmt.Println(report.Status, report.Destinations[0].Name, report.Destinations[0].Ledger.Delivered)
	fmt.Print(get("PUT", "/debug/level?layer=events&level=debug").Body)

	_ = log.Close()
	fmt.Print(get("GET", "/readyz").Code, " ", get("GET", "/readyz").Body)
	// Output:
	// 200 ok
	// healthy bus 1
	// {
	//   "layers": [
	//     {
	//       "name": "events",
	//       "level": "DEBUG"
	//     }
	//   ]
	// }
	// 503 closed: log calls are not accepted
}
