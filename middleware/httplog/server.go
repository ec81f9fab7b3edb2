package httplog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/hydra-logger/hydra/correlation"
)

// served is an exchange of a net/http server.
type served struct {
	*Exchange
	r  *http.Request
	w  *writer
	in *reader
}

// Handler returns next with logging. Put it outside of the router, or inside where the router gives a request another context
// before it finds the route, as chi does.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := m.start(w, r)
		defer x.end()
		next.ServeHTTP(wrap(x.w), x.r)
	})
}

func (m *Middleware) start(w http.ResponseWriter, r *http.Request) *served {
	x := &served{Exchange: m.Begin(r.Context(), correlation.HTTPHeader(r.Header))}
	x.r = r.WithContext(x.ctx)
	x.r.Header = m.cleaned(r.Header, x.id)
	x.w = &writer{ResponseWriter: w, m: m, id: x.id}
	x.w.tellID()
	if r.Body != nil && r.Body != http.NoBody {
		x.in = &reader{ReadCloser: r.Body}
		if n := m.capturesHeader(r.Header, false); n > 0 {
			x.in.body = &capture{max: n}
		}
		x.r.Body = x.in
	}
	return x
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
func (x *served) end() {
	panicked := recover()
	o := Outcome{BytesIn: -1, ClientAborted: aborted(panicked) || errors.Is(x.r.Context().Err(), context.Canceled)}
	if panicked != nil && !aborted(panicked) {
		o.Panic, o.Stack = fmt.Sprint(panicked), string(debug.Stack())
	}
	again := panicked
	if o.Stack != "" && x.m.o.Recover && !x.w.hijacked {
		if again = nil; x.w.status != 0 {
			again = http.ErrAbortHandler
		} else {
			http.Error(x.w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
	}
	if panicked == nil && x.w.status == 0 && !x.w.hijacked {
		x.w.tellID()
	}
	x.tell(&o)
	x.End(&o)
	if again != nil {
		panic(again)
	}
}

// aborted reports whether the handler asked for the connection to be dropped.
func aborted(panicked any) bool {
	err, _ := panicked.(error)
	return errors.Is(err, http.ErrAbortHandler)
}

// tell fills in what the request and the writer know.
func (x *served) tell(o *Outcome) {
	r, w := x.r, x.w
	o.request, o.Method, o.Path, o.Route = r, r.Method, r.URL.EscapedPath(), x.pattern()
	o.Host, o.Proto, o.RemoteAddr, o.UserAgent = r.Host, r.Proto, r.RemoteAddr, r.UserAgent()
	o.Status, o.BytesOut, o.Hijacked = w.status, w.bytes, w.hijacked
	o.EventStream = strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream")
	if len(x.m.o.RequestHeaders) > 0 {
		o.RequestHeaderOf = r.Header.Values
	}
	if len(x.m.o.ResponseHeaders) > 0 {
		o.ResponseHeaderOf = w.Header().Values
	}
	if x.in != nil {
		o.BytesIn = x.in.bytes
		o.RequestBody, o.RequestBodyCut = x.in.body.kept()
	}
	o.ResponseBody, o.ResponseBodyCut = w.body.kept()
}

// pattern is what the router matched, without the method.
func (x *served) pattern() string {
	if x.m.o.Route != nil {
		return x.m.o.Route(x.r)
	}
	p := x.r.Pattern
	if _, after, found := strings.Cut(p, " "); found {
		return strings.TrimLeft(after, " \t")
	}
	return p
}
