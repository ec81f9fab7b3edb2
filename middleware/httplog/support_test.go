package httplog_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

func middleware(t *testing.T, log *hydra.Logger, o httplog.Options) *httplog.Middleware {
	t.Helper()
	o.Logger = log
	m, err := httplog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// serve starts a server with logging; done waits until its handlers have ended and the records are written.
func serve(t *testing.T, o httplog.Options, h http.HandlerFunc) (srv *httptest.Server, rec *hydratest.Recorder, done func()) {
	t.Helper()
	log, rec := hydratest.New(t)
	var handlers sync.WaitGroup // Close of the server does not wait for those that took their connection
	logged := middleware(t, log, o).Handler(h)
	srv = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Done()
		logged.ServeHTTP(w, r)
	}))
	srv.Config.ErrorLog = hydraDiscard()
	srv.Start()
	return srv, rec, func() {
		srv.Close()
		handlers.Wait()
		if err := log.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func get(t *testing.T, srv *httptest.Server, path string) (*http.Response, string) {
	t.Helper()
	res, err := srv.Client().Get(srv.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}
