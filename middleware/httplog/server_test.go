package httplog_test

import (
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/processor/keepback"
)

func hydraDiscard() *stdlog.Logger { return stdlog.New(io.Discard, "", 0) }

func TestARequestHasOneRecordWithItsIDsAndTheResponseHasTheID(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		httplog.SetAttrs(r.Context(), slog.String("user", "u1"))
		hydra.FromContext(r.Context()).Info(r.Context(), "inside")
		fmt.Fprint(w, "hello")
	})
	srv, rec, done := serve(t, httplog.Options{RequestHeaders: []string{"Accept"}}, mux.ServeHTTP)
	req, _ := http.NewRequest("GET", srv.URL+"/orders/7", nil)
	req.Header.Set("X-Request-ID", "flow-1")
	req.Header.Set("Accept", "text/plain")
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	done()
	if got := res.Header.Get("X-Correlation-ID"); got != "flow-1" {
		t.Errorf("response has id %q", got)
	}
	rec.Expect(hydratest.HasMessage("inside"), hydratest.HasCorrelationID("flow-1"))
	rec.Expect(hydratest.HasMessage("GET /orders/7"), hydratest.HasCorrelationID("flow-1"), hydratest.Level(hydra.LevelInfo),
		hydratest.HasAttr("route", "/orders/{id}"), hydratest.HasAttr("status", 200), hydratest.HasAttr("bytes_out", 5),
		hydratest.HasAttr("user", "u1"), hydratest.HasAttr("request_headers.accept", "text/plain"))
	if n := len(rec.Records()); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}

// lateSetter is a value that adds an attribute while it is logged.
type lateSetter struct{ set func(slog.Attr) }

func (v lateSetter) LogValue() slog.Value {
	v.set(slog.Int("late", 1))
	return slog.IntValue(2)
}

func TestAValueThatIsLoggedMaySetAttributes(t *testing.T) {
	log, rec := hydratest.New(t)
	h := middleware(t, log, httplog.Options{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		httplog.SetAttrs(r.Context(), slog.Any("value", lateSetter{func(a slog.Attr) { httplog.SetAttrs(r.Context(), a) }}))
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the request's own lock holds it up")
	}
	_ = log.Flush(t.Context())
	rec.Expect(hydratest.HasAttr("value", 2))
}

func TestLevelsFollowTheStatus(t *testing.T) {
	for status, level := range map[int]slog.Level{200: hydra.LevelInfo, 302: hydra.LevelInfo, 404: hydra.LevelWarning, 429: hydra.LevelInfo,
		499: hydra.LevelInfo, 500: hydra.LevelError, 503: hydra.LevelError} {
		log, rec := hydratest.New(t)
		h := middleware(t, log, httplog.Options{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
		_ = log.Flush(t.Context())
		rec.Expect(hydratest.Level(level), hydratest.HasAttr("status", status))
	}
}

func TestHealthChecksAreLoggedOnlyWhenTheyFail(t *testing.T) {
	log, rec := hydratest.New(t)
	status := 200
	h := middleware(t, log, httplog.Options{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	for _, path := range []string{"/health", "/healthz", "/readyz", "/livez", "/metrics", "/ping"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	status = 503
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/healthz", nil))
	_ = log.Flush(t.Context())
	if n := len(rec.Records()); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func TestABadIDIsNotForwardedByAProxyAndIsReported(t *testing.T) {
	var got http.Header
	log, rec := hydratest.New(t)
	h := middleware(t, log, httplog.Options{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Request-ID", "a b\x1b[31m")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	_ = log.Flush(t.Context())
	id := w.Header().Get("X-Correlation-ID")
	if !correlation.Valid(id) || got.Get("X-Correlation-ID") != id || got.Get("X-Request-ID") != "" {
		t.Errorf("%q, forwarded %v", id, got)
	}
	rec.Expect(hydratest.HasAttr(correlation.RejectedKey, `"a b\x1b[31m"`))
}

func TestDebugRecordsOfARequestAreWrittenOnlyWhenItFailsOrIsSlow(t *testing.T) {
	keeper, err := keepback.New(keepback.Options{Trigger: hydra.LevelWarning})
	if err != nil {
		t.Fatal(err)
	}
	log, rec := hydratest.New(t, hydra.WithProcessor(keeper))
	for path, slow := range map[string]time.Duration{"/works": 0, "/fails": 0, "/is-slow": time.Nanosecond} {
		h := middleware(t, log, httplog.Options{Slow: slow}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hydra.FromContext(r.Context()).Debug(r.Context(), "detail of "+r.URL.Path)
			if r.URL.Path == "/fails" {
				w.WriteHeader(500)
			}
		}))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	_ = log.Flush(t.Context())
	for path, want := range map[string]int{"/works": 0, "/fails": 1, "/is-slow": 1} {
		rec.ExpectCount(want, hydratest.HasMessage("detail of "+path))
		rec.ExpectCount(1, hydratest.HasMessage("GET "+path))
	}
}

func TestSamplingKeepsAShareOfARouteAndAllThatFails(t *testing.T) {
	log, rec := hydratest.New(t)
	h := middleware(t, log, httplog.Options{Sample: map[string]float64{"/busy": 0.25}}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "fail" {
			w.WriteHeader(500)
		}
	}))
	for range 1000 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/busy", nil))
	}
	for range 10 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/busy?fail", nil))
	}
	_ = log.Flush(t.Context())
	good, bad := 0, 0
	for _, r := range rec.Records() {
		if r.Level >= hydra.LevelError {
			bad++
		} else {
			good++
		}
	}
	if bad != 10 || good < 150 || good > 350 {
		t.Errorf("%d failed, %d of 1000 others", bad, good)
	}
}

func TestBodiesAreCappedAndOnlyOfListedTypes(t *testing.T) {
	log, rec := hydratest.New(t)
	h := middleware(t, log, httplog.Options{Body: httplog.Body{Request: true, Response: true, Max: 4}}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		_, _ = io.Copy(w, r.Body)
	}))
	for _, kind := range []string{"application/json; charset=utf-8", "application/octet-stream"} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(`[1,2,3]`))
		r.Header.Set("Content-Type", kind)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	_ = log.Flush(t.Context())
	rec.Expect(hydratest.HasAttr("request_body", "[1,2"), hydratest.HasAttr("response_body", "[1,2"), hydratest.HasAttr("response_body_cut", true), hydratest.HasAttr("bytes_in", 7))
	if r := rec.Records()[1]; r.Attrs["request_body"] != nil || r.Attrs["response_body"] != nil {
		t.Errorf("binary body logged: %v", r.Attrs)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, o := range []httplog.Options{
		{RequestHeaders: []string{"authorization"}}, {ResponseHeaders: []string{"Set-Cookie"}}, {Sample: map[string]float64{"/": 2}}, {Slow: -1},
		{Quiet: []string{"healthz"}},
	} {
		if _, err := httplog.New(o); err == nil {
			t.Errorf("accepted: %+v", o)
		}
	}
}

func TestTheClientSendsTheIDsOfTheContextAndLogsTheAnswer(t *testing.T) {
	var got http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header; w.WriteHeader(503) }))
	log, rec := hydratest.New(t)
	client := &http.Client{Transport: middleware(t, log, httplog.Options{}).Transport(srv.Client().Transport)}
	ctx := correlation.Caused(correlation.Ensure(t.Context(), "flow-2"), "m-1")
	req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+"/x", nil)
	req.Header.Set("X-Request-ID", "bad id")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	srv.Close()
	if _, err := client.Do(req); err == nil {
		t.Fatal("a closed server answered")
	}
	_ = log.Flush(t.Context())
	if got.Get("X-Correlation-ID") != "flow-2" || got.Get("X-Causation-ID") != "m-1" || got.Get("X-Request-ID") != "" || req.Header.Get("X-Correlation-ID") != "" {
		t.Errorf("sent %v, request %v", got, req.Header)
	}
	rec.Expect(hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("status", 503), hydratest.HasCorrelationID("flow-2"))
	rec.Expect(hydratest.Level(hydra.LevelError), hydratest.HasCorrelationID("flow-2"))
}

func BenchmarkRequest(b *testing.B) {
	log := hydra.Must(hydra.New(hydra.Config{Name: "bench", Journal: hydra.Journal{Dir: b.TempDir()},
		Layers: map[string]hydra.Layer{"default": {Level: "info", Destinations: []hydra.Destination{{Type: "null", Format: "json-lines"}}}}}))
	defer log.Close()
	m, _ := httplog.New(httplog.Options{Logger: log})
	inner := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	for name, h := range map[string]http.Handler{"without": inner, "with": m.Handler(inner)} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/orders/7", nil)
			r.Header.Set("X-Correlation-ID", "0193c5b2-7c4a-7d3e-9f21-3b5a1c9d2e4f")
			w := &nowhere{h: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

type nowhere struct{ h http.Header }

func (n *nowhere) Header() http.Header         { return n.h }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
