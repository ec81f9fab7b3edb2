package ginlog

import (
	"bufio"
	"errors"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// New returns a gin handler for Use. The bytes of gin's own text for a route that is not found are not counted: gin writes it
// after all handlers.
func New(m *httplog.Middleware) gin.HandlerFunc {
	return func(c *gin.Context) {
		inner := c.Writer
		defer func() { c.Writer = inner }()
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			gw := &writer{ResponseWriter: inner, watched: w}
			c.Request, c.Writer = r, gw
			httplog.SetRoute(r.Context(), c.FullPath())
			c.Next()
			gw.begin()
			if err := errorOf(c.Errors); err != nil {
				httplog.SetAttrs(r.Context(), hydra.Err(err))
			}
		})).ServeHTTP(informing{inner}, c.Request)
	}
}

// informing passes informational responses by gin's writer, which would take one for the answer.
type informing struct{ gin.ResponseWriter }

func (w informing) WriteHeader(status int) {
	below, ok := w.ResponseWriter.(interface{ Unwrap() http.ResponseWriter })
	if ok && status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		below.Unwrap().WriteHeader(status)
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w informing) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func errorOf(list []*gin.Error) error {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0].Err
	}
	all := make([]error, len(list))
	for i, e := range list {
		all[i] = e.Err
	}
	return errors.Join(all...)
}

// writer is a gin.ResponseWriter whose answer goes through the watched writer, which writes to gin's own. gin keeps a status back
// until the first byte; so does this.
type writer struct {
	gin.ResponseWriter
	watched http.ResponseWriter
	begun   bool
}

// begin tells the watched writer the status, now that it is final.
func (w *writer) begin() {
	if !w.begun {
		w.begun = true
		w.watched.WriteHeader(w.Status())
	}
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.watched }

func (w *writer) Write(b []byte) (int, error) {
	w.begin()
	return w.watched.Write(b)
}

func (w *writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

func (w *writer) WriteHeaderNow() {
	w.begin()
	w.ResponseWriter.WriteHeaderNow()
}

func (w *writer) Flush() {
	w.begin()
	w.watched.(http.Flusher).Flush() // it has what gin's own has
}

func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := w.watched.(http.Hijacker).Hijack()
	w.begun = w.begun || err == nil
	return conn, rw, err
}
