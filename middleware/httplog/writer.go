package httplog

import (
	"bufio"
	"io"
	"net"
	"net/http"

	"github.com/hydra-logger/hydra/correlation"
)

// writer watches a response. What it offers beside http.ResponseWriter is what the one below offers: see wrap.
type writer struct {
	http.ResponseWriter
	m        *Middleware
	id       string // correlation id, for the header
	status   int    // 0: no header written
	bytes    int64
	hijacked bool
	body     *capture // nil: not logged
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// tellID puts the id into the header, in place of one that a proxy copied from behind.
func (w *writer) tellID() {
	h, name := w.Header(), correlation.HeaderNames().Correlation // the name is in canonical form
	if v := h[name]; len(v) != 1 || v[0] != w.id {
		h[name] = []string{w.id}
	}
}

// WriteHeader passes informational responses on without taking them for the answer; 101 is one.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
		w.tellID()
		if n := w.m.capturesHeader(w.Header(), true); n > 0 {
			w.body = &capture{max: n}
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	w.start(b)
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	w.body.add(b[:n])
	return n, err
}

// WriteString implements io.StringWriter.
func (w *writer) WriteString(s string) (int, error) {
	if w.m.o.Body.Response || w.status == 0 {
		return w.Write([]byte(s))
	}
	n, err := io.WriteString(w.ResponseWriter, s)
	w.bytes += int64(n)
	return n, err
}

// start writes the header that the first byte implies.
func (w *writer) start(b []byte) {
	if w.status != 0 {
		return
	}
	if w.m.o.Body.Response && len(b) > 0 && w.Header().Get("Content-Type") == "" && w.Header().Get("Content-Encoding") == "" {
		w.Header().Set("Content-Type", http.DetectContentType(b)) // as net/http will
	}
	w.WriteHeader(http.StatusOK)
}

type canFlush struct{ w *writer }

func (c canFlush) Flush() { _ = c.FlushError() }

func (c canFlush) FlushError() error {
	c.w.start(nil)
	return http.NewResponseController(c.w.ResponseWriter).Flush()
}

type canHijack struct{ w *writer }

func (c canHijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := c.w.ResponseWriter.(http.Hijacker).Hijack()
	if err == nil {
		c.w.hijacked = true
		if c.w.status == 0 { // httputil.ReverseProxy now adds the headers from behind to these, and writes them itself
			c.w.Header().Del(correlation.HeaderNames().Correlation)
		}
	}
	return conn, rw, err
}

type canReadFrom struct{ w *writer }

func (c canReadFrom) ReadFrom(r io.Reader) (int64, error) {
	w := c.w
	if w.m.o.Body.Response { // the bytes must be seen
		return io.Copy(struct{ io.Writer }{w}, r)
	}
	if w.status == 0 && w.Header().Get("Content-Type") == "" {
		// net/http looks at the first bytes to find the type: the header must not be written before them.
		w.tellID()
		w.status = http.StatusOK
	}
	w.start(nil)
	n, err := w.ResponseWriter.(io.ReaderFrom).ReadFrom(r)
	w.bytes += n
	return n, err
}

// wrap returns w with the methods that the writer below has, so that a handler that asks for one gets an honest answer.
func wrap(w *writer) http.ResponseWriter {
	_, flush := w.ResponseWriter.(http.Flusher)
	_, hijack := w.ResponseWriter.(http.Hijacker)
	_, read := w.ResponseWriter.(io.ReaderFrom)
	f, h, r := canFlush{w}, canHijack{w}, canReadFrom{w}
	switch {
	case flush && hijack && read:
		return struct {
			*writer
			canFlush
			canHijack
			canReadFrom
		}{w, f, h, r}
	case flush && hijack:
		return struct {
			*writer
			canFlush
			canHijack
		}{w, f, h}
	case flush && read:
		return struct {
			*writer
			canFlush
			canReadFrom
		}{w, f, r}
	case hijack && read:
		return struct {
			*writer
			canHijack
			canReadFrom
		}{w, h, r}
	case flush:
		return struct {
			*writer
			canFlush
		}{w, f}
	case hijack:
		return struct {
			*writer
			canHijack
		}{w, h}
	case read:
		return struct {
			*writer
			canReadFrom
		}{w, r}
	}
	return w
}

// capture keeps the beginning of a body. A nil one keeps nothing.
type capture struct {
	max  int
	data []byte
	more bool
}

func (c *capture) add(b []byte) {
	if c == nil {
		return
	}
	n := min(len(b), c.max-len(c.data))
	c.data = append(c.data, b[:n]...)
	c.more = c.more || n < len(b)
}

// kept returns what was captured, and whether there was more.
func (c *capture) kept() ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	return c.data, c.more
}

// reader counts what the handler reads of a request's body.
type reader struct {
	io.ReadCloser
	bytes int64
	body  *capture
}

func (r *reader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	r.bytes += int64(n)
	r.body.add(b[:n])
	return n, err
}
