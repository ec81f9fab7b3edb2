package httplog

import (
	"context"
	"hash/fnv"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// StatusClientClosed is logged as the status of a request whose client went away before the answer began, or before one of 5xx.
const StatusClientClosed = 499

// Exchange is one request of a server, from [Middleware.Begin] to its record. [Middleware.Handler] makes its own; an adapter for a
// server that is not one of net/http makes one itself.
type Exchange struct {
	m     *Middleware
	log   *hydra.Logger
	ctx   context.Context
	id    string
	began time.Time

	mu    sync.Mutex
	route string
	attrs []slog.Attr
}

// Outcome is what became of a request. Sizes below 0 are not known and not written, as are empty texts.
type Outcome struct {
	Method, Path, Host, Proto, RemoteAddr, UserAgent string
	// Route is the pattern that the router matched. One from [SetRoute] counts in its place.
	Route string
	// Status is that of the answer, 0 if none was begun.
	Status int
	// BytesIn is what was read of the request's body, BytesOut what was written of the answer's.
	BytesIn, BytesOut int64
	// RequestBody and ResponseBody are the beginnings that are logged: see [Middleware.Captures].
	RequestBody, ResponseBody            []byte
	RequestBodyCut, ResponseBodyCut      bool
	RequestHeaderOf, ResponseHeaderOf    func(name string) []string
	Hijacked, EventStream, ClientAborted bool
	Panic, Stack                         string // Stack is empty unless the handler panicked
	request                              *http.Request
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *Exchange {
	if ctx == nil {
		return nil
	}
	x, _ := ctx.Value(exchangeKey{}).(*Exchange)
	return x
}

// SetAttrs adds attributes to the record of the request that ctx belongs to. Outside of a request it does nothing. It
// is safe for concurrent use.
func SetAttrs(ctx context.Context, attrs ...slog.Attr) {
	if x := exchangeOf(ctx); x != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.attrs = append(x.attrs, attrs...)
	}
}

// SetRoute sets the route of the request that ctx belongs to, for routers that do not set [http.Request.Pattern]. Outside of a
// request it does nothing.
func SetRoute(ctx context.Context, pattern string) {
	if x := exchangeOf(ctx); x != nil {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.route = pattern
	}
}

// Begin takes the ids of a request that came in from its carrier.
func (m *Middleware) Begin(ctx context.Context, c correlation.Carrier) *Exchange {
	x := &Exchange{m: m, began: time.Now()}
	ctx = correlation.Extract(ctx, c)
	x.id = correlation.ID(ctx)
	x.log = m.logger(ctx)
	x.ctx = context.WithValue(hydra.NewContext(ctx, x.log), exchangeKey{}, x)
	return x
}

// Context carries the ids and the logger of the request; it is for its handler.
func (x *Exchange) Context() context.Context { return x.ctx }

// ID is the correlation id, for the header of the answer.
func (x *Exchange) ID() string { return x.id }

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

// End decides on the record and writes it.
func (x *Exchange) End(o *Outcome) {
	took := time.Since(x.began)
	route, extra := x.set()
	if route != "" {
		o.Route = route
	}
	status := o.status()
	slow := x.m.o.Slow > 0 && took >= x.m.o.Slow && !o.Hijacked && !o.EventStream
	level := LevelOf(o.Method, status)
	switch {
	case o.Stack != "":
		level = hydra.LevelError
	case slow:
		level = max(level, hydra.LevelWarning)
	}
	if !x.log.Enabled(x.ctx, level) || o.Stack == "" && x.leaveOut(o, status, slow) {
		return
	}
	var room [24]slog.Attr
	attrs := o.describe(room[:0], x.m, status, took)
	if slow {
		attrs = append(attrs, slog.Bool("slow", true))
	}
	if o.ClientAborted {
		attrs = append(attrs, slog.Bool("client_aborted", true))
	}
	attrs = append(attrs, extra...)
	x.log.Log(x.ctx, level, o.Method+" "+o.Path, attrs...)
}

// set returns what [SetRoute] and [SetAttrs] have set.
func (x *Exchange) set() (route string, attrs []slog.Attr) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.route, slices.Clip(x.attrs)
}

func (o *Outcome) status() int {
	switch {
	case o.Stack != "" && o.Status == 0:
		return http.StatusInternalServerError
	case o.Stack == "" && o.ClientAborted && !o.Hijacked && (o.Status == 0 || o.Status >= 500):
		return StatusClientClosed
	case o.Status == 0 && !o.Hijacked:
		return http.StatusOK
	}
	return o.Status
}

// LevelOf is the level of a request that ended with this status: ERROR from 500 on, INFO for 429 and 499, WARNING from 400 on, DEBUG
// for what is left of OPTIONS, else INFO.
func LevelOf(method string, status int) slog.Level {
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
func (x *Exchange) leaveOut(o *Outcome, status int, slow bool) bool {
	m := x.m
	if m.o.Skip != nil && o.request != nil && m.o.Skip(o.request, status) {
		return true
	}
	if status >= 400 || slow {
		return false
	}
	if status >= 200 && status < 300 && m.quiet[o.Path] {
		return true
	}
	if m.o.Sample == nil {
		return false
	}
	route := o.Route
	if route == "" {
		route = o.Path
	}
	share, sampled := m.o.Sample[route]
	return sampled && !Chosen(x.id, share)
}

// Chosen decides by the id whether a flow is in a share between 0 and 1 that is logged, the same in every process.
func Chosen(id string, share float64) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	sum := h.Sum64() // its high bits hardly differ between ids that end alike: mix them
	sum = (sum ^ sum>>33) * 0xff51afd7ed558ccd
	sum ^= sum >> 33
	return float64(sum>>11)/(1<<53) < share
}

// describe appends what is known of the request.
func (o *Outcome) describe(attrs []slog.Attr, m *Middleware, status int, took time.Duration) []slog.Attr {
	attrs = append(attrs, slog.String("method", o.Method), slog.String("path", o.Path))
	attrs = appendText(attrs, "route", o.Route)
	if status != 0 {
		attrs = append(attrs, slog.Int("status", status))
	}
	attrs = append(attrs, slog.Duration(hydra.DurationKey, took))
	if o.BytesOut >= 0 {
		attrs = append(attrs, slog.Int64("bytes_out", o.BytesOut))
	}
	if o.BytesIn >= 0 {
		attrs = append(attrs, slog.Int64("bytes_in", o.BytesIn))
	}
	attrs = appendBody(attrs, "request_body", o.RequestBody, o.RequestBodyCut)
	attrs = appendText(attrs, "remote_ip", hostOf(o.RemoteAddr))
	attrs = appendText(attrs, "host", o.Host)
	attrs = appendText(attrs, "proto", o.Proto)
	attrs = appendText(attrs, "user_agent", o.UserAgent)
	if o.Hijacked {
		attrs = append(attrs, slog.Bool("hijacked", true))
	}
	attrs = appendHeaders(attrs, "request_headers", o.RequestHeaderOf, m.o.RequestHeaders)
	attrs = appendHeaders(attrs, "response_headers", o.ResponseHeaderOf, m.o.ResponseHeaders)
	attrs = appendBody(attrs, "response_body", o.ResponseBody, o.ResponseBodyCut)
	if o.Stack != "" {
		attrs = append(attrs, slog.String("panic", o.Panic), slog.String("stack", o.Stack))
	}
	return attrs
}

func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}

func appendText(attrs []slog.Attr, key, text string) []slog.Attr {
	if text == "" {
		return attrs
	}
	return append(attrs, slog.String(key, text))
}

func appendBody(attrs []slog.Attr, key string, body []byte, cut bool) []slog.Attr {
	if len(body) == 0 {
		return attrs
	}
	attrs = append(attrs, slog.String(key, string(body)))
	if cut {
		attrs = append(attrs, slog.Bool(key+"_cut", true))
	}
	return attrs
}

func appendHeaders(attrs []slog.Attr, key string, of func(string) []string, names []string) []slog.Attr {
	if of == nil {
		return attrs
	}
	var found []slog.Attr
	for _, n := range names {
		if v := of(n); len(v) > 0 {
			found = append(found, slog.String(strings.ToLower(n), strings.Join(v, ", ")))
		}
	}
	if found == nil {
		return attrs
	}
	return append(attrs, slog.GroupAttrs(key, found...))
}
