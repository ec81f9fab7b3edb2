package tests

import (
	"context"
	"errors"
	"io"
	stdlog "log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	"github.com/go-chi/chi/v5"
	gorilla "github.com/gorilla/websocket"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// logged is a server with request logs.
type logged struct {
	*httptest.Server
	rec  *hydratest.Recorder
	done func()
}

func serveLogged(t *testing.T, o httplog.Options, handler func(m *httplog.Middleware) http.Handler) *logged {
	t.Helper()
	log, rec := hydratest.New(t)
	o.Logger = log
	m, err := httplog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := handler(m)
	var handlers sync.WaitGroup // Close of the server does not wait for those that took their connection
	s := &logged{rec: rec}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Done()
		h.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	s.Start()
	s.done = func() {
		s.CloseClientConnections()
		s.Close()
		handlers.Wait()
		if err := log.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// echoServers answer one message with itself, each with another library.
var echoServers = map[string]http.HandlerFunc{
	"coder": func(w http.ResponseWriter, r *http.Request) {
		c, err := coder.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		if kind, data, err := c.Read(r.Context()); err == nil {
			_ = c.Write(r.Context(), kind, data)
		}
		_ = c.Close(coder.StatusNormalClosure, "")
	},
	"gorilla": func(w http.ResponseWriter, r *http.Request) {
		c, err := (&gorilla.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		if kind, data, err := c.ReadMessage(); err == nil {
			_ = c.WriteMessage(kind, data)
		}
	},
}

func speakWebSocket(t *testing.T, server string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c, res, err := coder.Dial(ctx, "ws"+strings.TrimPrefix(server, "http")+"/ws", &coder.DialOptions{HTTPHeader: http.Header{"X-Correlation-Id": {"flow-9"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if got := res.Header.Values("X-Correlation-ID"); len(got) > 1 || len(got) == 1 && got[0] != "flow-9" {
		t.Errorf("answered with ids %q", got)
	}
	if err := c.Write(ctx, coder.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := c.Read(ctx); err != nil || string(data) != "hello" {
		t.Errorf("%q %v", data, err)
	}
	_, _, _ = c.Read(ctx) // the end
}

func TestWebSocketLibrariesWorkBehindTheMiddleware(t *testing.T) {
	for name, h := range echoServers {
		t.Run(name, func(t *testing.T) {
			s := serveLogged(t, httplog.Options{Slow: time.Nanosecond, Body: httplog.Body{Request: true, Response: true}}, func(m *httplog.Middleware) http.Handler { return m.Handler(h) })
			speakWebSocket(t, s.URL)
			s.done()
			if r := s.rec.Expect(hydratest.HasMessage("GET /ws"), hydratest.HasAttr("hijacked", true), hydratest.HasCorrelationID("flow-9"), hydratest.Level(hydra.LevelInfo)); r.Attrs["slow"] != nil {
				t.Error("a connection that was taken is called slow")
			}
		})
	}
}

func TestAWebSocketPassesAReverseProxyWithTheMiddlewareOnBothSides(t *testing.T) {
	for name, h := range echoServers {
		t.Run(name, func(t *testing.T) {
			back := serveLogged(t, httplog.Options{}, func(m *httplog.Middleware) http.Handler { return m.Handler(h) })
			to, _ := url.Parse(back.URL)
			front := serveLogged(t, httplog.Options{}, func(m *httplog.Middleware) http.Handler {
				return m.Handler(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: back.Client().Transport})
			})
			speakWebSocket(t, front.URL)
			front.done()
			back.done()
			for side, s := range map[string]*logged{"front": front, "back": back} {
				r := s.rec.Expect(hydratest.HasMessage("GET /ws"), hydratest.HasAttr("hijacked", true), hydratest.HasCorrelationID("flow-9"))
				if r.Level != hydra.LevelInfo {
					t.Errorf("%s: %v", side, r)
				}
			}
		})
	}
}

func TestTheRouteOfChiIsTheRecords(t *testing.T) {
	route := func(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePattern() }
	withValue := func(next http.Handler) http.Handler { // as most middleware of chi: what is set on its request later is not seen
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			type key struct{}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
		})
	}
	s := serveLogged(t, httplog.Options{Route: route, Sample: map[string]float64{"/quiet/{id}": 0}}, func(m *httplog.Middleware) http.Handler {
		c := chi.NewRouter()
		c.Use(m.Handler, withValue)
		ok := func(w http.ResponseWriter, r *http.Request) {
			httplog.SetAttrs(r.Context(), slog.String("id", chi.URLParam(r, "id")))
		}
		c.Route("/orders", func(c chi.Router) { c.Get("/{id}", ok) })
		c.Get("/quiet/{id}", ok)
		return c
	})
	for _, path := range []string{"/orders/7", "/quiet/8", "/missing"} {
		res, err := s.Client().Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	s.done()
	s.rec.Expect(hydratest.HasMessage("GET /orders/7"), hydratest.HasAttr("route", "/orders/{id}"), hydratest.HasAttr("id", "7"))
	s.rec.Expect(hydratest.HasMessage("GET /missing"), hydratest.HasAttr("status", 404), hydratest.Not(hydratest.HasKey("route")))
	s.rec.ExpectCount(2)
}

func TestAProxyWhoseClientGoesAwayIsLoggedAs499(t *testing.T) {
	reached := make(chan struct{})
	back := serveLogged(t, httplog.Options{}, func(m *httplog.Middleware) http.Handler {
		return m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(reached)
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute): // then the test fails
			}
		}))
	})
	to, _ := url.Parse(back.URL)
	front := serveLogged(t, httplog.Options{}, func(m *httplog.Middleware) http.Handler {
		return m.Handler(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: back.Client().Transport,
			ErrorLog: stdlog.New(io.Discard, "", 0)})
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	req, _ := http.NewRequestWithContext(ctx, "GET", front.URL, nil)
	if res, err := front.Client().Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("%v %v", res, err)
	}
	front.done()
	back.done()
	front.rec.Expect(hydratest.HasAttr("status", 499), hydratest.HasAttr("client_aborted", true), hydratest.Level(hydra.LevelInfo))
	back.rec.Expect(hydratest.HasAttr("status", 499), hydratest.Level(hydra.LevelInfo))
}
