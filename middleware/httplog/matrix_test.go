package httplog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

func TestServerSentEventsArriveWhileTheHandlerRuns(t *testing.T) {
	for name, flush := range map[string]func(http.ResponseWriter) error{
		"flusher":    func(w http.ResponseWriter) error { w.(http.Flusher).Flush(); return nil },
		"controller": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(chan struct{})
			srv, rec, done := serve(t, httplog.Options{Slow: time.Nanosecond}, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				fmt.Fprint(w, "data: 1\n\n")
				if err := flush(w); err != nil {
					t.Error(err)
				}
				<-seen // the client has the event before the handler ends
			})
			res, err := srv.Client().Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(res.Body).ReadString('\n')
			close(seen)
			if err != nil || line != "data: 1\n" {
				t.Errorf("%q %v", line, err)
			}
			res.Body.Close()
			done()
			if r := rec.Expect(hydratest.HasAttr("status", 200), hydratest.Level(hydra.LevelInfo)); r.Attrs["slow"] != nil {
				t.Error("a stream is called slow")
			}
		})
	}
}

func TestAWebSocketUpgradeTakesTheConnection(t *testing.T) {
	for name, hijack := range map[string]func(http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error){
		"hijacker": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) { return w.(http.Hijacker).Hijack() },
		"controller": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			return http.NewResponseController(w).Hijack()
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv, rec, done := serve(t, httplog.Options{}, func(w http.ResponseWriter, _ *http.Request) {
				conn, rw, err := hijack(w)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
				_ = rw.Flush()
				line, _ := rw.ReadString('\n')
				fmt.Fprint(rw, "echo "+line)
				_ = rw.Flush()
			})
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello\n")
			all, _ := io.ReadAll(conn)
			if !strings.HasSuffix(string(all), "echo hello\n") {
				t.Errorf("%q", all)
			}
			done()
			rec.Expect(hydratest.HasAttr("hijacked", true), hydratest.Level(hydra.LevelInfo))
		})
	}
}

func TestAReverseProxyKeepsOneIDAndStreams(t *testing.T) {
	back, backRec, backDone := serve(t, httplog.Options{}, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "behind") })
	to, _ := url.Parse(back.URL)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: back.Client().Transport, FlushInterval: -1}
	front, rec, done := serve(t, httplog.Options{}, proxy.ServeHTTP)
	req, _ := http.NewRequest("GET", front.URL, nil)
	req.Header.Set("X-Correlation-ID", "flow-3")
	res, err := front.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	done()
	backDone()
	if ids := res.Header.Values("X-Correlation-ID"); len(ids) != 1 || ids[0] != "flow-3" || string(body) != "behind" {
		t.Errorf("%v %q", ids, body)
	}
	rec.Expect(hydratest.HasCorrelationID("flow-3"), hydratest.HasAttr("bytes_out", 6))
	backRec.Expect(hydratest.HasCorrelationID("flow-3"))
}

func TestResponseControllerReachesTheConnection(t *testing.T) {
	srv, _, done := serve(t, httplog.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(time.Now().Add(time.Minute)), c.SetWriteDeadline(time.Now().Add(time.Minute)), c.EnableFullDuplex()); err != nil {
			t.Error(err)
		}
	})
	get(t, srv, "/")
	done()
}

func TestInformationalResponsesAreNotTheAnswer(t *testing.T) {
	srv, rec, done := serve(t, httplog.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusCreated)
	})
	hints := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		if code == http.StatusEarlyHints {
			hints++
		}
		return nil
	}})
	req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	done()
	if hints != 1 || res.StatusCode != 201 {
		t.Errorf("%d hints, status %d", hints, res.StatusCode)
	}
	rec.Expect(hydratest.HasAttr("status", 201))
}

func TestAPanicIsLoggedWithItsStackAndAnsweredWhereAsked(t *testing.T) {
	for _, x := range []struct {
		name           string
		recovers, late bool
		status         int // the client sees; 0: a broken connection
	}{{"goes on", false, false, 0}, {"recovered", true, false, 500}, {"after write", false, true, 0}, {"after write, recovered", true, true, 0}} {
		t.Run(x.name, func(t *testing.T) {
			srv, rec, done := serve(t, httplog.Options{Recover: x.recovers}, func(w http.ResponseWriter, _ *http.Request) {
				if x.late {
					fmt.Fprint(w, "half")
					w.(http.Flusher).Flush()
				}
				panic("boom")
			})
			status := 0
			if res, err := srv.Client().Get(srv.URL); err == nil {
				if _, err = io.ReadAll(res.Body); err == nil {
					status = res.StatusCode
				}
				res.Body.Close()
			}
			done()
			if status != x.status {
				t.Errorf("client saw %d, want %d", status, x.status)
			}
			want := 500
			if x.late {
				want = 200 // what the client was told
			}
			r := rec.Expect(hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("status", want))
			if stack, _ := r.Attrs["stack"].(string); !strings.Contains(stack, "matrix_test.go") {
				t.Errorf("stack does not show the handler: %v", r.Attrs["stack"])
			}
		})
	}
}

func TestErrAbortHandlerGoesOnWithoutAStack(t *testing.T) {
	log, rec := hydratest.New(t)
	h := middleware(t, log, httplog.Options{Recover: true}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("recovered %v", p)
			}
		}()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	_ = log.Flush(t.Context())
	if r := rec.Expect(hydratest.Level(hydra.LevelInfo), hydratest.HasAttr("client_aborted", true)); r.Attrs["stack"] != nil {
		t.Error("it has a stack")
	}
}

func TestAClientThatGoesAwayIsLoggedAs499(t *testing.T) {
	started := make(chan struct{})
	srv, rec, done := serve(t, httplog.Options{}, func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		w.WriteHeader(http.StatusInternalServerError)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	if res, err := srv.Client().Do(req); err == nil {
		res.Body.Close()
		t.Error("an answer came")
	}
	done()
	rec.Expect(hydratest.HasAttr("status", 499), hydratest.HasAttr("client_aborted", true), hydratest.Level(hydra.LevelInfo))
}

func TestHTTP2OffersFlushAndNoHijack(t *testing.T) {
	log, rec := hydratest.New(t)
	srv := httptest.NewUnstartedServer(middleware(t, log, httplog.Options{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(http.Hijacker); ok {
			t.Error("HTTP/2 cannot be hijacked, but the writer says so")
		}
		fmt.Fprint(w, "two")
		w.(http.Flusher).Flush()
	})))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	res, body := get(t, srv, "/")
	srv.Close()
	_ = log.Flush(t.Context())
	if res.ProtoMajor != 2 || body != "two" {
		t.Errorf("%s %q", res.Proto, body)
	}
	rec.Expect(hydratest.HasAttr("proto", "HTTP/2.0"), hydratest.HasAttr("status", 200))
}

func TestReadFromCountsAndKeepsTheContentType(t *testing.T) {
	srv, rec, done := serve(t, httplog.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(io.ReaderFrom); !ok {
			t.Error("sendfile is lost")
		}
		_, _ = io.Copy(w, strings.NewReader("<html><body>x</body></html>"))
	})
	res, _ := get(t, srv, "/")
	done()
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
		t.Errorf("content type %q", got)
	}
	rec.Expect(hydratest.HasAttr("bytes_out", 27))
}

func TestASlowRequestIsAWarning(t *testing.T) {
	srv, rec, done := serve(t, httplog.Options{Slow: time.Nanosecond}, func(http.ResponseWriter, *http.Request) {})
	get(t, srv, "/healthz") // slow ones are logged in any case
	done()
	rec.Expect(hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("slow", true))
}
