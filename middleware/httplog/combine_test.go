package httplog_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// The options of a middleware, each on or off.
const (
	withSkip = 1 << iota
	withQuiet
	withSample
	withSlow
	withRoute
	withHeaders
	withBody
	withRecover
	combinations
)

func optionsOf(set int, log *hydra.Logger) httplog.Options {
	o := httplog.Options{Logger: log, Quiet: []string{}}
	if set&withSkip != 0 {
		o.Skip = func(r *http.Request, _ int) bool { return r.URL.Query().Has("skip") }
	}
	if set&withQuiet != 0 {
		o.Quiet = nil
	}
	if set&withSample != 0 {
		o.Sample = map[string]float64{"/sampled": 0, "/healthz": 0}
	}
	if set&withSlow != 0 {
		o.Slow = time.Nanosecond
	}
	if set&withRoute != 0 {
		o.Route = func(r *http.Request) string { return r.URL.Path }
	}
	if set&withHeaders != 0 {
		o.RequestHeaders, o.ResponseHeaders = []string{"Accept"}, []string{"Content-Type"}
	}
	if set&withBody != 0 {
		o.Body = httplog.Body{Request: true, Response: true}
	}
	o.Recover = set&withRecover != 0
	return o
}

// answer does what the request's path says.
func answer(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if r.URL.Query().Has("fail") {
		http.Error(w, "bad", http.StatusBadGateway)
		return
	}
	if r.URL.Query().Has("panic") {
		panic("boom")
	}
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprint(w, "fine")
}

func TestEveryCombinationOfOptionsKeepsItsRules(t *testing.T) {
	log, rec := hydratest.New(t)
	type asked struct {
		set         int
		path, query string
		status      int
	}
	var all []asked
	for set := range combinations {
		h := middleware(t, log, optionsOf(set, log)).Handler(http.HandlerFunc(answer))
		for _, path := range []string{"/sampled", "/healthz", "/else"} {
			for _, query := range []string{"", "skip", "fail", "fail&skip", "panic", "panic&skip"} {
				a := asked{set: set, path: path, query: query, status: 200}
				w := httptest.NewRecorder()
				func() {
					defer func() {
						if again := recover(); (again != nil) != (strings.Contains(query, "panic") && set&withRecover == 0) {
							t.Errorf("%b %s?%s: panics on: %v", set, path, query, again)
						}
					}()
					r := httptest.NewRequest("POST", path+"?"+query, strings.NewReader("question"))
					r.Header.Set("Accept", "x/y")
					r.Header.Set("Content-Type", "text/plain")
					r.Header.Set("X-Correlation-ID", fmt.Sprint("r", len(all)))
					h.ServeHTTP(w, r)
				}()
				switch {
				case strings.Contains(query, "fail"):
					a.status = 502
				case strings.Contains(query, "panic"):
					a.status = 500
				}
				if set&withRecover != 0 && w.Code != a.status {
					t.Errorf("%b %s?%s answers %d", set, path, query, w.Code)
				}
				all = append(all, a)
			}
		}
	}
	if err := log.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	records := map[string]*hydratest.Record{}
	for _, r := range rec.Records() {
		if records[r.IDs.CorrelationID] != nil {
			t.Errorf("a request has two records: %v", r)
		}
		records[r.IDs.CorrelationID] = &r
	}
	for i, a := range all {
		check(t, a.set, a.path, a.query, a.status, records[fmt.Sprint("r", i)])
	}
}

// check says by the rules, in the order of the options' documentation, whether there has to be a record and what is in it.
func check(t *testing.T, set int, path, query string, status int, r *hydratest.Record) {
	t.Helper()
	on := func(o int) bool { return set&o != 0 }
	panicked, failed := strings.Contains(query, "panic"), status >= 400
	left := on(withSkip) && strings.Contains(query, "skip") ||
		!failed && !on(withSlow) && (on(withQuiet) && path == "/healthz" || on(withSample) && path != "/else")
	if (r == nil) != (left && !panicked) {
		t.Errorf("%b %s?%s: record %v", set, path, query, r)
	}
	if r == nil {
		return
	}
	level := httplog.LevelOf("POST", status)
	if on(withSlow) {
		level = max(level, hydra.LevelWarning)
	}
	has := func(key string, want bool) {
		t.Helper()
		if _, ok := r.Attrs[key]; ok != want {
			t.Errorf("%b %s?%s: %s: %v, want %v", set, path, query, key, ok, want)
		}
	}
	if r.Level != level || fmt.Sprint(r.Attrs["status"]) != fmt.Sprint(status) {
		t.Errorf("%b %s?%s: %v", set, path, query, r)
	}
	has("slow", on(withSlow))
	has("route", on(withRoute))
	has("request_headers", on(withHeaders))
	has("response_headers", on(withHeaders) && (!panicked || on(withRecover)))
	has("request_body", on(withBody))
	has("response_body", on(withBody) && (!panicked || on(withRecover)))
	has("stack", panicked)
}
