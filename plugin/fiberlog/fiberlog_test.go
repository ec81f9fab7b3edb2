package fiberlog_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/proxy"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"github.com/hydra-logger/hydra/plugin/fiberlog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Of fasthttp: one ends within ten seconds of Shutdown, those of its client too, the others live as long as the process.
	var theirs []goleak.Option
	for _, name := range []string{"(*workerPool).Start.func2", "updateServerDate.func1", "(*Client).mCleaner", "(*HostClient).connsCleaner", "(*TCPDialer).tcpAddrsClean"} {
		theirs = append(theirs, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp."+name))
	}
	goleak.VerifyTestMain(m, theirs...)
}

type service struct {
	t    *testing.T
	url  string
	log  *hydra.Logger
	rec  *hydratest.Recorder
	done func() *hydratest.Recorder
}

// serve starts an app on the loopback interface.
func serve(t *testing.T, o fiberlog.Options, routes func(*fiber.App)) *service {
	t.Helper()
	s := &service{t: t}
	s.log, s.rec = hydratest.New(t)
	o.Logger = s.log
	handler, err := fiberlog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New()
	app.Use(recover.New(), handler)
	routes(app)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true}) }()
	s.url = "http://" + ln.Addr().String()
	s.done = func() *hydratest.Recorder {
		http.DefaultClient.CloseIdleConnections()
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := s.log.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.rec
	}
	return s
}

func (s *service) do(method, path, body string, header ...string) (int, http.Header, string) {
	s.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req, _ := http.NewRequest(method, s.url+path, in)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(b)
}

func TestARequestHasOneRecordWithRouteIDsAndTheBytes(t *testing.T) {
	s := serve(t, fiberlog.Options{}, func(a *fiber.App) {
		a.Post("/orders/:id", func(c fiber.Ctx) error {
			hydra.FromContext(c.Context()).Info(c.Context(), "inside")
			return c.Status(201).SendString("order " + c.Params("id"))
		})
	})
	status, header, body := s.do("POST", "/orders/7?q=1", "in", "X-Request-ID", "flow-1", "User-Agent", "tester")
	rec := s.done()
	if status != 201 || header.Get("X-Correlation-ID") != "flow-1" || body != "order 7" {
		t.Errorf("%d %v %q", status, header, body)
	}
	rec.Expect(hydratest.HasMessage("inside"), hydratest.HasCorrelationID("flow-1"))
	rec.Expect(hydratest.HasMessage("POST /orders/7"), hydratest.HasAttr("path", "/orders/7"), hydratest.HasAttr("route", "/orders/:id"),
		hydratest.HasAttr("status", 201), hydratest.HasAttr("bytes_out", 7), hydratest.HasAttr("bytes_in", 2), hydratest.HasAttr("remote_ip", "127.0.0.1"),
		hydratest.HasAttr("user_agent", "tester"), hydratest.HasAttr("proto", "HTTP/1.1"), hydratest.HasCorrelationID("flow-1"))
	rec.ExpectCount(2)
}

func TestTheStatusIsTheOneThatTheClientGets(t *testing.T) {
	s := serve(t, fiberlog.Options{}, func(a *fiber.App) {
		a.Get("/plain", func(fiber.Ctx) error { return errors.New("broken") })
		a.Get("/http", func(fiber.Ctx) error { return fiber.NewError(429, "slow down") })
		a.Get("/healthz", func(c fiber.Ctx) error { return c.SendString("fine") })
	})
	want := map[string]int{"/plain": 500, "/http": 429, "/missing": 404}
	for path, status := range want {
		if got, _, _ := s.do("GET", path, ""); got != status {
			t.Errorf("%s answers %d, want %d", path, got, status)
		}
	}
	s.do("GET", "/healthz", "")
	rec := s.done()
	for path, status := range want {
		rec.Expect(hydratest.HasMessage("GET "+path), hydratest.HasAttr("status", status), hydratest.Level(httplog.LevelOf("GET", status)), hydratest.HasKey("error"))
	}
	rec.ExpectCount(3)
}

func TestAPanicIsLoggedWithItsStackAndAnswered(t *testing.T) {
	for name, recovers := range map[string]bool{"by fiber": false, "here": true} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, fiberlog.Options{Options: httplog.Options{Recover: recovers}}, func(a *fiber.App) {
				a.Get("/", func(fiber.Ctx) error { panic("boom") })
			})
			status, _, _ := s.do("GET", "/", "")
			r := s.done().Expect(hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("status", 500))
			if stack, _ := r.Attrs["stack"].(string); status != 500 || !strings.Contains(stack, "fiberlog_test.go") {
				t.Errorf("%d, stack %q", status, stack)
			}
		})
	}
}

func TestABadIDIsNotForwardedAndIsReported(t *testing.T) {
	got := make(chan [2]string, 1)
	s := serve(t, fiberlog.Options{}, func(a *fiber.App) {
		a.Get("/", func(c fiber.Ctx) error {
			got <- [2]string{c.Get("X-Request-ID"), c.Get("X-Correlation-ID")}
			return nil
		})
	})
	_, header, _ := s.do("GET", "/", "", "X-Request-ID", "a b")
	id := header.Get("X-Correlation-ID")
	if seen := <-got; !correlation.Valid(id) || seen != [2]string{"", id} {
		t.Errorf("answered %q, forwarded %q", id, seen)
	}
	s.done().Expect(hydratest.HasAttr(correlation.RejectedKey, `"a b"`), hydratest.HasCorrelationID(id))
}

func TestHeadersAndBodiesAreLoggedWhereAsked(t *testing.T) {
	s := serve(t, fiberlog.Options{Options: httplog.Options{RequestHeaders: []string{"Accept"}, ResponseHeaders: []string{"X-Kind"},
		Body: httplog.Body{Request: true, Response: true, Max: 4}}}, func(a *fiber.App) {
		a.Post("/", func(c fiber.Ctx) error { c.Set("X-Kind", "k"); return c.SendString("answer") })
	})
	s.do("POST", "/", "question", "Content-Type", "text/plain", "Accept", "a/b")
	s.done().Expect(hydratest.HasAttr("request_body", "ques"), hydratest.HasAttr("request_body_cut", true), hydratest.HasAttr("response_body", "answ"),
		hydratest.HasAttr("request_headers.accept", "a/b"), hydratest.HasAttr("response_headers.x-kind", "k"))
}

func TestAStreamedBodyIsNotReadAhead(t *testing.T) {
	s := serve(t, fiberlog.Options{Options: httplog.Options{Slow: time.Hour, Body: httplog.Body{Response: true}}}, func(a *fiber.App) {
		a.Get("/", func(c fiber.Ctx) error {
			c.Set("Content-Type", "text/plain")
			return c.SendStream(bytes.NewReader(make([]byte, 1<<20)))
		})
	})
	if _, _, body := s.do("GET", "/", ""); len(body) != 1<<20 {
		t.Errorf("%d bytes", len(body))
	}
	if r := s.done().Expect(hydratest.HasAttr("status", 200)); r.Attrs["bytes_out"] != nil || r.Attrs["response_body"] != nil {
		t.Errorf("%v", r.Attrs)
	}
}

func TestOptionsThatFiberCannotKeepAreRefused(t *testing.T) {
	for _, o := range []httplog.Options{{Skip: func(*http.Request, int) bool { return true }}, {Route: func(*http.Request) string { return "" }}, {RequestHeaders: []string{"Cookie"}}} {
		if _, err := fiberlog.New(fiberlog.Options{Options: o}); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestNextLeavesARequestOut(t *testing.T) {
	s := serve(t, fiberlog.Options{Next: func(c fiber.Ctx) bool { return c.Path() == "/out" }}, func(*fiber.App) {})
	s.do("GET", "/out", "")
	s.done().ExpectCount(0)
}

func TestServerSentEventsArriveWhileTheyAreWritten(t *testing.T) {
	seen := make(chan struct{})
	s := serve(t, fiberlog.Options{Options: httplog.Options{Slow: time.Nanosecond}}, func(a *fiber.App) {
		a.Get("/", func(c fiber.Ctx) error {
			c.Set("Content-Type", "text/event-stream")
			return c.SendStreamWriter(func(w *bufio.Writer) {
				_, _ = w.WriteString("data: 1\n\n")
				_ = w.Flush()
				<-seen
			})
		})
	})
	res, err := http.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	close(seen)
	_ = res.Body.Close()
	if err != nil || line != "data: 1\n" {
		t.Errorf("%q %v", line, err)
	}
	if r := s.done().Expect(hydratest.HasAttr("status", 200), hydratest.Level(hydra.LevelInfo)); r.Attrs["slow"] != nil || r.Attrs["bytes_out"] != nil {
		t.Errorf("%v", r.Attrs)
	}
}

func TestAnUpgradeTakesTheConnection(t *testing.T) {
	s := serve(t, fiberlog.Options{Options: httplog.Options{Slow: time.Nanosecond}}, func(a *fiber.App) {
		a.Get("/ws", func(c fiber.Ctx) error {
			c.Status(fiber.StatusSwitchingProtocols)
			c.Set("Connection", "Upgrade")
			c.Set("Upgrade", "websocket")
			c.RequestCtx().Hijack(func(conn net.Conn) {
				line, _ := bufio.NewReader(conn).ReadString('\n')
				_, _ = io.WriteString(conn, "echo "+line)
			})
			return nil
		})
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	_, _ = io.WriteString(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != 101 {
		t.Fatalf("%v %v", res, err)
	}
	_, _ = io.WriteString(conn, "hello\n")
	if line, err := in.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("%q %v", line, err)
	}
	_ = conn.Close()
	s.done().Expect(hydratest.HasAttr("hijacked", true), hydratest.HasAttr("status", 101), hydratest.Level(hydra.LevelInfo), hydratest.Not(hydratest.HasKey("slow")))
}

func TestAProxyKeepsOneID(t *testing.T) {
	back := serve(t, fiberlog.Options{}, func(a *fiber.App) { a.Get("/x", func(c fiber.Ctx) error { return c.SendString("behind") }) })
	front := serve(t, fiberlog.Options{}, func(a *fiber.App) {
		a.Get("/x", func(c fiber.Ctx) error { return proxy.Do(c, back.url+"/x") })
	})
	_, header, body := front.do("GET", "/x", "", "X-Correlation-ID", "flow-3")
	if ids := header.Values("X-Correlation-ID"); len(ids) != 1 || ids[0] != "flow-3" || body != "behind" {
		t.Errorf("%q %q", ids, body)
	}
	front.done().Expect(hydratest.HasCorrelationID("flow-3"), hydratest.HasAttr("bytes_out", 6))
	back.done().Expect(hydratest.HasCorrelationID("flow-3"))
}

func TestEarlyHintsAreNotTheAnswer(t *testing.T) {
	s := serve(t, fiberlog.Options{}, func(a *fiber.App) {
		a.Get("/", func(c fiber.Ctx) error {
			if err := c.SendEarlyHints([]string{"</a.css>; rel=preload"}); err != nil {
				return err
			}
			return c.Status(201).SendString("made")
		})
	})
	hints := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		hints++
		return nil
	}})
	req, _ := http.NewRequestWithContext(ctx, "GET", s.url, nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if hints != 1 || res.StatusCode != 201 {
		t.Errorf("%d hints, status %d", hints, res.StatusCode)
	}
	s.done().Expect(hydratest.HasAttr("status", 201))
}

// fiber sends an answer when its handlers have ended: a panic finds nothing sent, and the client gets no half.
func TestAPanicAfterWriteSendsNoHalf(t *testing.T) {
	s := serve(t, fiberlog.Options{Options: httplog.Options{Recover: true}}, func(a *fiber.App) {
		a.Get("/", func(c fiber.Ctx) error {
			_, _ = c.WriteString("half")
			panic("boom")
		})
	})
	if status, _, body := s.do("GET", "/", ""); status != 500 || strings.Contains(body, "half") {
		t.Errorf("%d %q", status, body)
	}
	s.done().Expect(hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("status", 500))
}
