package httplog

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// StatusClientClosed is logged as the status of a request whose client went away before the answer began, or before one of 5xx.
const StatusClientClosed = 499

// exchange is one request on its way through the server.
type exchange struct {
	m     *Middleware
	log   *hydra.Logger
	r     *http.Request
	w     *writer
	in    *reader
	began time.Time
	stack string // of a panic
	panic any

	mu    sync.Mutex
	attrs []slog.Attr
}

type exchangeKey struct{}

// SetAttrs adds attributes to the record of the request that ctx belongs to. Outside of a request it does nothing. It
// is safe for concurrent use.
func SetAttrs(ctx context.Context, attrs ...slog.Attr) {
	if ctx == nil {
		return
	}
	if x, _ := ctx.Value(exchangeKey{}).(*exchange); x != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.attrs = append(x.attrs, attrs...)
	}
}

// Handler returns next with logging. Put it outside of the router.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := m.start(w, r)
		defer x.end()
		next.ServeHTTP(wrap(x.w), x.r)
	})
}

func (m *Middleware) start(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{m: m, began: time.Now()}
	ctx := correlation.Extract(r.Context(), correlation.HTTPHeader(r.Header))
	x.log = m.logger(ctx)
	ctx = context.WithValue(hydra.NewContext(ctx, x.log), exchangeKey{}, x)
	x.r = r.WithContext(ctx)
	x.r.Header = m.cleaned(r.Header, correlation.ID(ctx))
	x.w = &writer{ResponseWriter: w, m: m, id: correlation.ID(ctx)}
	w.Header().Set(correlation.HeaderNames().Correlation, x.w.id)
	if r.Body != nil && r.Body != http.NoBody {
		x.in = &reader{ReadCloser: r.Body}
		if m.o.Body.Request && m.captures(r.Header) {
			x.in.body = &capture{max: m.o.Body.Max}
		}
		x.r.Body = x.in
	}
	return x
}

func (m *Middleware) logger(ctx context.Context) *hydra.Logger {
	log := m.o.Logger
	if log == nil {
		log = hydra.FromContext(ctx)
	}
	if m.o.Layer != "" {
		log = log.Layer(m.o.Layer)
	}
	return log
}

// cleaned returns h, or, where it holds an id that was not accepted, a copy with id in its place: a proxy that
// passes the header on must not forward it.
func (m *Middleware) cleaned(h http.Header, id string) http.Header {
	copied := false
	for _, name := range m.ids {
		for _, v := range h[name] {
			if v == "" || correlation.Valid(v) {
				continue
			}
			if !copied {
				h, copied = h.Clone(), true
			}
			h.Del(name)
			break
		}
	}
	if copied && correlation.Valid(id) {
		h.Set(correlation.HeaderNames().Correlation, id)
	}
	return h
}

// end logs the request. It is deferred, so that it sees a panic.
func (x *exchange) end() {
	if x.panic = recover(); x.panic != nil && !x.aborted() {
		x.stack = string(debug.Stack())
	}
	again := x.panic
	if x.stack != "" && x.m.o.Recover && !x.w.hijacked {
		if again = nil; x.w.status != 0 {
			again = http.ErrAbortHandler
		} else {
			http.Error(x.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}
	if x.panic == nil && x.w.status == 0 && !x.w.hijacked {
		x.w.Header().Set(correlation.HeaderNames().Correlation, x.w.id)
	}
	x.write()
	if again != nil {
		panic(again)
	}
}

// aborted reports whether the handler asked for the connection to be dropped.
func (x *exchange) aborted() bool {
	err, _ := x.panic.(error)
	return errors.Is(err, http.ErrAbortHandler)
}

// write decides on the record and writes it.
func (x *exchange) write() {
	took := time.Since(x.began)
	gone := x.aborted() || errors.Is(x.r.Context().Err(), context.Canceled)
	status := x.status(gone)
	stream := x.w.hijacked || strings.HasPrefix(x.w.Header().Get("Content-Type"), "text/event-stream")
	slow := x.m.o.Slow > 0 && took >= x.m.o.Slow && !stream
	level := levelOf(x.r.Method, status)
	switch {
	case x.stack != "":
		level = hydra.LevelError
	case slow:
		level = max(level, hydra.LevelWarning)
	}
	if !x.log.Enabled(x.r.Context(), level) || x.stack == "" && x.leaveOut(status, slow) {
		return
	}
	attrs := x.describe(status, took)
	if slow {
		attrs = append(attrs, slog.Bool("slow", true))
	}
	if gone {
		attrs = append(attrs, slog.Bool("client_aborted", true))
	}
	x.log.Log(x.r.Context(), level, x.r.Method+" "+x.r.URL.EscapedPath(), attrs...)
}

func (x *exchange) status(gone bool) int {
	status := x.w.status
	switch {
	case x.stack != "" && status == 0:
		return http.StatusInternalServerError
	case x.stack == "" && gone && !x.w.hijacked && (status == 0 || status >= 500):
		return StatusClientClosed
	case status == 0 && !x.w.hijacked:
		return http.StatusOK
	}
	return status
}

func levelOf(method string, status int) slog.Level {
	switch {
	case status >= 500:
		return hydra.LevelError
	case status == http.StatusTooManyRequests, status == StatusClientClosed:
		return hydra.LevelInfo
	case status >= 400:
		return hydra.LevelWarning
	case method == http.MethodOptions:
		return hydra.LevelDebug
	}
	return hydra.LevelInfo
}

// leaveOut reports whether a request that did not panic gets no record.
func (x *exchange) leaveOut(status int, slow bool) bool {
	m := x.m
	if m.o.Skip != nil && m.o.Skip(x.r, status) {
		return true
	}
	if status >= 400 || slow {
		return false
	}
	if status >= 200 && status < 300 && m.quiet[x.r.URL.Path] {
		return true
	}
	share, sampled := m.o.Sample[x.route()]
	return sampled && !chosen(x.w.id, share)
}

// route is the pattern that the router matched, without its method; the path where it says none.
func (x *exchange) route() string {
	if p := x.pattern(); p != "" {
		return p
	}
	return x.r.URL.Path
}

func (x *exchange) pattern() string {
	p := x.r.Pattern
	if _, after, found := strings.Cut(p, " "); found {
		return strings.TrimLeft(after, " \t")
	}
	return p
}

// chosen decides by the id, the same in every process.
func chosen(id string, share float64) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	sum := h.Sum64() // its high bits hardly differ between ids that end alike: mix them
	sum = (sum ^ sum>>33) * 0xff51afd7ed558ccd
	sum ^= sum >> 33
	return float64(sum>>11)/(1<<53) < share
}

func (x *exchange) describe(status int, took time.Duration) []slog.Attr {
	r := x.r
	attrs := append(make([]slog.Attr, 0, 20), slog.String("method", r.Method), slog.String("path", r.URL.EscapedPath()))
	if p := x.pattern(); p != "" {
		attrs = append(attrs, slog.String("route", p))
	}
	if status != 0 {
		attrs = append(attrs, slog.Int("status", status))
	}
	attrs = append(attrs, slog.Duration(hydra.DurationKey, took), slog.Int64("bytes_out", x.w.bytes))
	if x.in != nil {
		attrs = append(attrs, slog.Int64("bytes_in", x.in.bytes))
		attrs = appendBody(attrs, "request_body", x.in.body)
	}
	attrs = append(attrs, slog.String("remote_ip", hostOf(r.RemoteAddr)), slog.String("host", r.Host), slog.String("proto", r.Proto),
		slog.String("user_agent", r.UserAgent()))
	if x.w.hijacked {
		attrs = append(attrs, slog.Bool("hijacked", true))
	}
	attrs = appendHeaders(attrs, "request_headers", r.Header, x.m.o.RequestHeaders)
	attrs = appendHeaders(attrs, "response_headers", x.w.Header(), x.m.o.ResponseHeaders)
	attrs = appendBody(attrs, "response_body", x.w.body)
	if x.stack != "" {
		attrs = append(attrs, slog.String("panic", fmt.Sprint(x.panic)), slog.String("stack", x.stack))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return append(attrs, x.attrs...)
}

func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}

func appendBody(attrs []slog.Attr, key string, c *capture) []slog.Attr {
	if c == nil || len(c.data) == 0 {
		return attrs
	}
	attrs = append(attrs, slog.String(key, string(c.data)))
	if c.more {
		attrs = append(attrs, slog.Bool(key+"_cut", true))
	}
	return attrs
}

func appendHeaders(attrs []slog.Attr, key string, h http.Header, names []string) []slog.Attr {
	var found []any
	for _, n := range names {
		if v := h.Values(n); len(v) > 0 {
			found = append(found, slog.String(strings.ToLower(n), strings.Join(v, ", ")))
		}
	}
	if found == nil {
		return attrs
	}
	return append(attrs, slog.Group(key, found...))
}
