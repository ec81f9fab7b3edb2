package echo5log_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is a server whose records can be looked at once done was called.
type service struct {
	*httptest.Server
	t   *testing.T
	rec *hydratest.Recorder
	log *hydra.Logger
	run sync.WaitGroup // handlers: Close of the server does not wait for those that took their connection
}

func serve(t *testing.T, o httplog.Options, make func(*httplog.Middleware) http.Handler) *service {
	t.Helper()
	s := &service{t: t}
	s.log, s.rec = hydratest.New(t)
	o.Logger = s.log
	m, err := httplog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := make(m)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.run.Add(1)
		defer s.run.Done()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// done ends the server and waits until the records are written.
func (s *service) done() *hydratest.Recorder {
	s.Close()
	s.run.Wait()
	if err := s.log.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	return s.rec
}

func (s *service) get(path string, header ...string) (int, http.Header, string) {
	s.t.Helper()
	req, _ := http.NewRequest("GET", s.URL+path, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(b)
}

// echoWebSocket answers one message with itself.
func echoWebSocket(t *testing.T, w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.CloseNow()
	kind, data, err := conn.Read(r.Context())
	if err == nil {
		err = conn.Write(r.Context(), kind, data)
	}
	if err != nil {
		t.Error(err)
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
}

func (s *service) speakWebSocket(path string) {
	s.t.Helper()
	conn, _, err := websocket.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.CloseNow()
	if err := conn.Write(s.t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		s.t.Fatal(err)
	}
	if _, data, err := conn.Read(s.t.Context()); err != nil || string(data) != "hello" {
		s.t.Errorf("%q %v", data, err)
	}
	_, _, _ = conn.Read(s.t.Context()) // the close
}

// firstLine reads what a stream sends first, lets its handler go on, and ends.
func (s *service) firstLine(path string, seen chan<- struct{}) string {
	s.t.Helper()
	res, err := s.Client().Get(s.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	close(seen)
	if err != nil {
		s.t.Error(err)
	}
	return line
}

// matrix is what every adapter of net/http has to let through, with handlers that get what the framework gives theirs.
func matrix(t *testing.T, build func(t *testing.T, h http.HandlerFunc) *service) {
	t.Run("a response controller reaches the connection", func(t *testing.T) {
		s := build(t, func(w http.ResponseWriter, _ *http.Request) {
			c := http.NewResponseController(w)
			late := time.Now().Add(time.Minute)
			if err := errors.Join(c.SetReadDeadline(late), c.SetWriteDeadline(late), c.EnableFullDuplex(), c.Flush()); err != nil {
				t.Error(err)
			}
		})
		s.get("/")
		s.done().Expect(hydratest.HasAttr("status", 200))
	})
	t.Run("a panic after bytes were written is logged with the status that the client has", func(t *testing.T) {
		s := build(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic("boom")
		})
		if status, _, _ := s.get("/"); status != 200 {
			t.Errorf("the client sees %d", status)
		}
		s.done().Expect(hydratest.Level(hydra.LevelError), hydratest.HasAttr("panic", "boom"), hydratest.HasAttr("status", 200), hydratest.HasKey("stack"), hydratest.HasAttr("bytes_out", 4))
	})
	t.Run("a client that goes away is logged as 499", func(t *testing.T) {
		started := make(chan struct{})
		s := build(t, func(_ http.ResponseWriter, r *http.Request) {
			close(started)
			<-r.Context().Done()
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-started; cancel() }()
		req, _ := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
		if res, err := s.Client().Do(req); err == nil {
			res.Body.Close()
		}
		s.done().Expect(hydratest.HasAttr("client_aborted", true), hydratest.Level(hydra.LevelInfo))
	})
}

// early asks for a page and counts the early hints that come before it.
func (s *service) early(path string) (hints, status int) {
	s.t.Helper()
	ctx := httptrace.WithClientTrace(s.t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		if code == http.StatusEarlyHints {
			hints++
		}
		return nil
	}})
	req, _ := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
	res, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	return hints, res.StatusCode
}
