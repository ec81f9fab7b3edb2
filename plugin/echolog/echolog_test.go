package echolog_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/plugin/echolog"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

func app(t *testing.T, o httplog.Options, routes func(*echo.Echo)) *service {
	t.Helper()
	return serve(t, o, func(m *httplog.Middleware) http.Handler {
		e := echo.New()
		e.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: func(_ echo.Context, err error, _ []byte) error { return err }}), echolog.New(m))
		routes(e)
		return e
	})
}

func TestARequestHasOneRecordWithRouteIDsAndTheBytes(t *testing.T) {
	s := app(t, httplog.Options{}, func(e *echo.Echo) {
		e.GET("/orders/:id", func(c echo.Context) error {
			hydra.FromContext(c.Request().Context()).Info(c.Request().Context(), "inside")
			return c.String(http.StatusCreated, "order "+c.Param("id"))
		})
	})
	status, header, body := s.get("/orders/7", "X-Request-ID", "flow-1")
	rec := s.done()
	if status != 201 || header.Get("X-Correlation-ID") != "flow-1" || body != "order 7" {
		t.Errorf("%d %v %q", status, header, body)
	}
	rec.Expect(hydratest.HasMessage("inside"), hydratest.HasCorrelationID("flow-1"))
	rec.Expect(hydratest.HasMessage("GET /orders/7"), hydratest.HasAttr("route", "/orders/:id"), hydratest.HasAttr("status", 201),
		hydratest.HasAttr("bytes_out", 7), hydratest.HasCorrelationID("flow-1"))
	rec.ExpectCount(2)
}

func TestTheStatusIsTheOneThatTheClientGets(t *testing.T) {
	outer := ""
	s := app(t, httplog.Options{}, func(e *echo.Echo) {
		e.Pre(func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				err := next(c)
				if err != nil {
					outer += fmt.Sprintln(c.Request().URL.Path, err)
				}
				return err
			}
		})
		e.GET("/plain", func(echo.Context) error { return errors.New("broken") })
		e.GET("/http", func(echo.Context) error { return echo.NewHTTPError(http.StatusTeapot, "short") })
		e.GET("/late", func(c echo.Context) error {
			_ = c.String(200, "said")
			return errors.New("after the answer")
		})
	})
	want := map[string]int{"/plain": 500, "/http": 418, "/missing": 404, "/late": 200}
	for path, status := range want {
		if got, _, _ := s.get(path); got != status {
			t.Errorf("%s answers %d, want %d", path, got, status)
		}
	}
	rec := s.done()
	for path, status := range want {
		rec.Expect(hydratest.HasMessage("GET "+path), hydratest.HasAttr("status", status), hydratest.Level(httplog.LevelOf("GET", status)), hydratest.HasKey("error"))
	}
	if !strings.Contains(outer, "/plain broken") {
		t.Errorf("outer middleware saw %q", outer)
	}
}

func TestAPanicIsLoggedWithItsStackAndAnsweredByEcho(t *testing.T) {
	s := app(t, httplog.Options{}, func(e *echo.Echo) { e.GET("/", func(echo.Context) error { panic("boom") }) })
	status, _, _ := s.get("/")
	r := s.done().Expect(hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("status", 500))
	if stack, _ := r.Attrs["stack"].(string); status != 500 || !strings.Contains(stack, "echolog_test.go") {
		t.Errorf("%d, stack %q", status, stack)
	}
}

func TestServerSentEventsArriveWhileTheHandlerRuns(t *testing.T) {
	seen := make(chan struct{})
	s := app(t, httplog.Options{Slow: time.Nanosecond}, func(e *echo.Echo) {
		e.GET("/", func(c echo.Context) error {
			c.Response().Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(c.Response(), "data: 1\n\n")
			c.Response().Flush()
			<-seen
			return nil
		})
	})
	if line := s.firstLine("/", seen); line != "data: 1\n" {
		t.Errorf("%q", line)
	}
	if r := s.done().Expect(hydratest.HasAttr("status", 200)); r.Attrs["slow"] != nil {
		t.Error("a stream is called slow")
	}
}

func TestAWebSocketLibraryGetsTheConnection(t *testing.T) {
	s := app(t, httplog.Options{}, func(e *echo.Echo) {
		e.GET("/ws", func(c echo.Context) error { echoWebSocket(t, c.Response(), c.Request()); return nil })
	})
	s.speakWebSocket("/ws")
	s.done().Expect(hydratest.HasAttr("hijacked", true), hydratest.HasAttr("status", 101), hydratest.Level(hydra.LevelInfo))
}

func TestAReverseProxyBehindEchoKeepsTheID(t *testing.T) {
	back := app(t, httplog.Options{}, func(e *echo.Echo) { e.GET("/x", func(c echo.Context) error { return c.String(200, "behind") }) })
	to, _ := url.Parse(back.URL)
	front := app(t, httplog.Options{}, func(e *echo.Echo) {
		proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: back.Client().Transport, FlushInterval: -1}
		e.Any("/*", echo.WrapHandler(proxy))
	})
	_, header, body := front.get("/x", "X-Correlation-ID", "flow-3")
	if ids := header.Values("X-Correlation-ID"); len(ids) != 1 || ids[0] != "flow-3" || body != "behind" {
		t.Errorf("%v %q", ids, body)
	}
	front.done().Expect(hydratest.HasCorrelationID("flow-3"), hydratest.HasAttr("bytes_out", 6))
	back.done().Expect(hydratest.HasCorrelationID("flow-3"))
}

func TestTheRestOfTheMatrixHolds(t *testing.T) {
	matrix(t, func(t *testing.T, h http.HandlerFunc) *service {
		return app(t, httplog.Options{}, func(e *echo.Echo) {
			e.GET("/", func(c echo.Context) error { h(c.Response(), c.Request()); return nil })
		})
	})
}

// echo takes every status for the answer: a handler that wants an informational response goes below its writer.
func TestInformationalResponsesAreNotTheAnswer(t *testing.T) {
	s := app(t, httplog.Options{}, func(e *echo.Echo) {
		e.GET("/", func(c echo.Context) error {
			c.Response().Header().Set("Link", "</a.css>; rel=preload")
			c.Response().Writer.WriteHeader(http.StatusEarlyHints)
			return c.String(http.StatusCreated, "made")
		})
	})
	if hints, status := s.early("/"); hints != 1 || status != 201 {
		t.Errorf("%d hints, status %d", hints, status)
	}
	s.done().Expect(hydratest.HasAttr("status", 201), hydratest.HasAttr("bytes_out", 4))
}
