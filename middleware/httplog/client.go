package httplog

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// Transport returns base with logging: ids of the request's context go out in its header, and one record is made when the
// header of the answer is there, one level below that of a server (DEBUG for what succeeds, INFO for 4xx, WARNING for 5xx); no answer is an
// ERROR, but INFO when the caller gave up. base nil: [http.DefaultTransport]. Of the options, Logger, Layer, Skip, Slow and the
// lists of headers count; bodies are not touched.
func (m *Middleware) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{m, base}
}

type transport struct {
	m    *Middleware
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	ctx := r.Context()
	if correlation.ID(ctx) == "" {
		ctx = correlation.Ensure(ctx, ownID(r.Header))
	}
	out := r.Clone(ctx)
	if out.Header == nil {
		out.Header = http.Header{}
	}
	out.Header = t.m.cleaned(out.Header, correlation.ID(ctx))
	correlation.Inject(ctx, correlation.HTTPHeader(out.Header))
	res, err := t.base.RoundTrip(out)
	t.write(out, res, err, time.Since(began))
	return res, err
}

func (t *transport) write(r *http.Request, res *http.Response, err error, took time.Duration) {
	ctx, o := r.Context(), &t.m.o
	status, header := 0, http.Header(nil)
	if res != nil {
		status, header = res.StatusCode, res.Header
	}
	slow := o.Slow > 0 && took >= o.Slow
	level := clientLevel(status, err)
	if slow {
		level = max(level, hydra.LevelWarning)
	}
	log := t.m.logger(ctx)
	if !log.Enabled(ctx, level) || o.Skip != nil && o.Skip(r, status) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 10), slog.String("method", r.Method), slog.String("host", r.URL.Host),
		slog.String("path", r.URL.EscapedPath()), slog.Duration(hydra.DurationKey, took))
	if status != 0 {
		attrs = append(attrs, slog.Int("status", status))
	}
	if slow {
		attrs = append(attrs, slog.Bool("slow", true))
	}
	attrs = appendHeaders(attrs, "request_headers", r.Header.Values, o.RequestHeaders)
	attrs = appendHeaders(attrs, "response_headers", header.Values, o.ResponseHeaders)
	log.Log(ctx, level, r.Method+" "+r.URL.Host+r.URL.EscapedPath(), append(attrs, hydra.Err(err))...)
}

func clientLevel(status int, err error) slog.Level {
	switch {
	case errors.Is(err, context.Canceled):
		return hydra.LevelInfo
	case err != nil:
		return hydra.LevelError
	case status >= 500:
		return hydra.LevelWarning
	case status >= 400 && status != http.StatusTooManyRequests:
		return hydra.LevelInfo
	}
	return hydra.LevelDebug
}

// ownID is the id that the caller put into the header by hand, "" if none or not valid.
func ownID(h http.Header) string {
	if id := h.Get(correlation.HeaderNames().Correlation); correlation.Valid(id) {
		return id
	}
	return ""
}
