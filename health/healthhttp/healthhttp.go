// Package healthhttp serves a logger's health over HTTP, and its levels.
//
//	mux.Handle("GET /livez", healthhttp.Live(log.Health))
//	mux.Handle("GET /readyz", healthhttp.Ready(log.Health))
//	mux.Handle("GET /debug/log", healthhttp.Report(log.Health))
//	mux.Handle("/debug/level", healthhttp.Levels(log))
package healthhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/hydra-logger/hydra/health"
)

// Source returns the present report; the method Health of a logger is one.
type Source func() health.Report

// Live answers 200 while log calls are accepted, else 503. A destination that is down does not change it.
func Live(source Source) http.Handler { return Ready(source) }

// Ready answers 200 while log calls are accepted, and, only for the destinations that are named
// here, while these are not failing; else 503. Without names it depends on no destination: a
// service should not leave the load balancer because a log collector is down.
func Ready(source Source, destinations ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		r := source()
		if text := notReady(&r, destinations); text != "" {
			answer(w, http.StatusServiceUnavailable, text)
			return
		}
		answer(w, http.StatusOK, "ok")
	})
}

func notReady(r *health.Report, names []string) string {
	if !r.Accepting {
		return "closed: log calls are not accepted"
	}
	for _, name := range names {
		i := slices.IndexFunc(r.Destinations, func(d health.Destination) bool { return d.Name == name })
		if i < 0 {
			return fmt.Sprintf("there is no destination %q", name)
		}
		switch r.Destinations[i].State {
		case health.StateRetrying, health.StateBlocked, health.StateClosed:
			return fmt.Sprintf("destination %q is %s", name, r.Destinations[i].State)
		}
	}
	return ""
}

// Report answers with the whole report as JSON: 200 when healthy or degraded, 503 when unhealthy.
func Report(source Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		r := source()
		body, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			answer(w, http.StatusInternalServerError, err.Error())
			return
		}
		header(w, "application/json")
		if r.Status == health.Unhealthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write(append(body, '\n')) // a client that went away is no concern of ours
	})
}

func answer(w http.ResponseWriter, status int, text string) {
	header(w, "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text)
}

func header(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}
