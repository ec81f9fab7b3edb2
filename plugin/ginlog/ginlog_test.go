package ginlog_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/plugin/ginlog"
)

func engine(t *testing.T, o httplog.Options, routes func(*gin.Engine)) *service {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	return serve(t, o, func(m *httplog.Middleware) http.Handler {
		e := gin.New()
		e.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }), ginlog.New(m))
		routes(e)
		return e
	})
}

func TestARequestHasOneRecordWithRouteIDsAndTheBytes(t *testing.T) {
	s := engine(t, httplog.Options{}, func(e *gin.Engine) {
		e.GET("/orders/:id", func(c *gin.Context) {
			hydra.FromContext(c.Request.Context()).Info(c.Request.Context(), "inside")
			c.String(http.StatusCreated, "order %s", c.Param("id"))
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
	s := engine(t, httplog.Options{}, func(e *gin.Engine) {
		e.GET("/changed", func(c *gin.Context) { c.Status(http.StatusNotFound); c.JSON(http.StatusOK, gin.H{}) })
		e.GET("/bare", func(c *gin.Context) { c.Status(http.StatusTeapot) })
		e.GET("/aborted", func(c *gin.Context) { c.AbortWithStatus(http.StatusServiceUnavailable) })
		e.GET("/failed", func(c *gin.Context) {
			_ = c.Error(errors.New("one"))
			_ = c.AbortWithError(http.StatusBadGateway, errors.New("two"))
		})
	})
	want := map[string]int{"/changed": 200, "/bare": 418, "/aborted": 503, "/failed": 502, "/missing": 404}
	for path, status := range want {
		if got, _, _ := s.get(path); got != status {
			t.Errorf("%s answers %d, want %d", path, got, status)
		}
	}
	rec := s.done()
	for path, status := range want {
		rec.Expect(hydratest.HasMessage("GET "+path), hydratest.HasAttr("status", status), hydratest.Level(httplog.LevelOf("GET", status)))
	}
	if r := rec.Expect(hydratest.HasMessage("GET /failed")); fmt.Sprint(r.Attrs["error"]) != "one\ntwo" {
		t.Errorf("error %q", r.Attrs["error"])
	}
}

func TestAPanicIsLoggedWithItsStackAndAnsweredByGin(t *testing.T) {
	s := engine(t, httplog.Options{}, func(e *gin.Engine) { e.GET("/", func(*gin.Context) { panic("boom") }) })
	status, _, _ := s.get("/")
	r := s.done().Expect(hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("status", 500))
	if stack, _ := r.Attrs["stack"].(string); status != 500 || !strings.Contains(stack, "ginlog_test.go") {
		t.Errorf("%d, stack %q", status, stack)
	}
}

func TestServerSentEventsArriveWhileTheHandlerRuns(t *testing.T) {
	seen := make(chan struct{})
	s := engine(t, httplog.Options{Slow: time.Nanosecond}, func(e *gin.Engine) {
		e.GET("/", func(c *gin.Context) {
			c.SSEvent("tick", 1)
			if err := http.NewResponseController(c.Writer).Flush(); err != nil {
				t.Error(err)
			}
			<-seen
		})
	})
	if line := s.firstLine("/", seen); line != "event:tick\n" {
		t.Errorf("%q", line)
	}
	if r := s.done().Expect(hydratest.HasAttr("status", 200)); r.Attrs["slow"] != nil {
		t.Error("a stream is called slow")
	}
}

func TestAWebSocketLibraryGetsTheConnection(t *testing.T) {
	s := engine(t, httplog.Options{}, func(e *gin.Engine) {
		e.GET("/ws", func(c *gin.Context) { echoWebSocket(t, c.Writer, c.Request) })
	})
	s.speakWebSocket("/ws")
	s.done().Expect(hydratest.HasAttr("hijacked", true), hydratest.HasAttr("status", 101), hydratest.Level(hydra.LevelInfo))
}

func TestAReverseProxyBehindGinKeepsTheID(t *testing.T) {
	back := engine(t, httplog.Options{}, func(e *gin.Engine) { e.GET("/x", func(c *gin.Context) { c.String(200, "behind") }) })
	to, _ := url.Parse(back.URL)
	front := engine(t, httplog.Options{}, func(e *gin.Engine) {
		proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: back.Client().Transport, FlushInterval: -1}
		e.Any("/*path", func(c *gin.Context) { proxy.ServeHTTP(c.Writer, c.Request) })
	})
	_, header, body := front.get("/x", "X-Correlation-ID", "flow-3")
	if ids := header.Values("X-Correlation-ID"); len(ids) != 1 || ids[0] != "flow-3" || body != "behind" {
		t.Errorf("%v %q", ids, body)
	}
	front.done().Expect(hydratest.HasCorrelationID("flow-3"), hydratest.HasAttr("bytes_out", 6))
	back.done().Expect(hydratest.HasCorrelationID("flow-3"))
}

func TestAResponsesBodyIsCapturedUpToItsLimit(t *testing.T) {
	s := engine(t, httplog.Options{Body: httplog.Body{Response: true, Max: 5}}, func(e *gin.Engine) {
		e.GET("/", func(c *gin.Context) { c.String(200, "0123456789") })
	})
	if _, _, body := s.get("/"); body != "0123456789" {
		t.Errorf("%q", body)
	}
	s.done().Expect(hydratest.HasAttr("response_body", "01234"), hydratest.HasAttr("response_body_cut", true), hydratest.HasAttr("bytes_out", 10))
}

func TestTheRestOfTheMatrixHolds(t *testing.T) {
	matrix(t, func(t *testing.T, h http.HandlerFunc) *service {
		return engine(t, httplog.Options{}, func(e *gin.Engine) { e.GET("/", func(c *gin.Context) { h(c.Writer, c.Request) }) })
	})
}

// gin has no informational responses: a handler that wants one goes below its writer.
func TestInformationalResponsesAreNotTheAnswer(t *testing.T) {
	s := engine(t, httplog.Options{}, func(e *gin.Engine) {
		e.GET("/", func(c *gin.Context) {
			c.Header("Link", "</a.css>; rel=preload")
			c.Writer.(interface{ Unwrap() http.ResponseWriter }).Unwrap().WriteHeader(http.StatusEarlyHints)
			c.String(http.StatusCreated, "made")
		})
	})
	if hints, status := s.early("/"); hints != 1 || status != 201 {
		t.Errorf("%d hints, status %d", hints, status)
	}
	s.done().Expect(hydratest.HasAttr("status", 201), hydratest.HasAttr("bytes_out", 4))
}
