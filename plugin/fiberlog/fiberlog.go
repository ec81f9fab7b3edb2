package fiberlog

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/middleware/httplog"
)

// Options are the settings of [New].
type Options struct {
	// Options are those of httplog. Skip and Route are for net/http requests and are refused: see Next; the route is fiber's.
	httplog.Options
	// Next leaves a request out altogether when it returns true: no record, no ids. Default: none.
	Next func(c fiber.Ctx) bool
}

// New returns a handler for Use. An error that a handler returns is answered by the app's error handler at once, so that the
// record has the status, and not returned, as fiber's own logger has it.
func New(o Options) (fiber.Handler, error) {
	if o.Skip != nil || o.Route != nil {
		return nil, errors.New("fiberlog: Skip and Route take requests of net/http: use Next, the route is fiber's")
	}
	m, err := httplog.New(o.Options)
	if err != nil {
		return nil, err
	}
	return func(c fiber.Ctx) error {
		if o.Next != nil && o.Next(c) {
			return c.Next()
		}
		return serve(m, o.Recover, c)
	}, nil
}

func serve(m *httplog.Middleware, recovers bool, c fiber.Ctx) error {
	x := m.Begin(c.Context(), carrier{&c.Request().Header})
	clean(c, x.ID())
	c.SetContext(x.Context())
	defer end(m, x, recovers, c)
	err := c.Next()
	if err != nil {
		httplog.SetAttrs(x.Context(), hydra.Err(err))
		if err = c.App().ErrorHandler(c, err); err != nil {
			_ = c.SendStatus(http.StatusInternalServerError)
		}
	}
	return nil
}

// clean takes ids that were not accepted off the request, so that a proxy does not forward them.
func clean(c fiber.Ctx, id string) {
	h, bad := &c.Request().Header, false
	for _, name := range correlation.ReadNames() {
		if v := h.Peek(name); len(v) > 0 && !correlation.Valid(string(v)) {
			h.Del(name)
			bad = true
		}
	}
	if bad {
		h.Set(correlation.HeaderNames().Correlation, id)
	}
}

// end logs the request. It is deferred, so that it sees a panic.
func end(m *httplog.Middleware, x *httplog.Exchange, recovers bool, c fiber.Ctx) {
	o := httplog.Outcome{}
	panicked := recover()
	if panicked != nil {
		o.Panic, o.Stack = fmt.Sprint(panicked), string(debug.Stack())
		if recovers {
			c.Response().ResetBody()
			_ = c.SendStatus(http.StatusInternalServerError)
		}
	}
	c.Response().Header.Set(correlation.HeaderNames().Correlation, x.ID())
	tell(m, c, &o)
	if panicked != nil && !recovers {
		o.Status = http.StatusInternalServerError
	}
	x.End(&o)
	if panicked != nil && !recovers {
		panic(panicked)
	}
}

// tell fills in what fiber knows. Texts of fasthttp are valid until the handler returns; by then the record is encoded.
func tell(m *httplog.Middleware, c fiber.Ctx, o *httplog.Outcome) {
	req, res := c.Request(), c.Response()
	o.Method, o.Path, o.Route = c.Method(), escapedPath(c), c.FullPath()
	o.Host, o.Proto, o.RemoteAddr, o.UserAgent = string(req.Host()), string(req.Header.Protocol()), c.IP(), string(req.Header.UserAgent())
	o.Hijacked = c.RequestCtx().Hijacked()
	o.Status = res.StatusCode()
	mediaType := string(res.Header.ContentType())
	o.EventStream = strings.HasPrefix(mediaType, "text/event-stream")
	o.BytesIn, o.BytesOut = -1, -1
	if !req.IsBodyStream() {
		o.RequestBody, o.RequestBodyCut, o.BytesIn = body(req.Body(), m.Captures(string(req.Header.ContentType()), string(req.Header.ContentEncoding()), false))
		if o.BytesIn == 0 {
			o.BytesIn = -1
		}
	}
	if !res.IsBodyStream() {
		o.ResponseBody, o.ResponseBodyCut, o.BytesOut = body(res.Body(), m.Captures(mediaType, string(res.Header.ContentEncoding()), true))
	}
	o.RequestHeaderOf = func(name string) []string { return texts(req.Header.PeekAll(name)) }
	o.ResponseHeaderOf = func(name string) []string { return texts(res.Header.PeekAll(name)) }
}

func escapedPath(c fiber.Ctx) string {
	path, _, _ := strings.Cut(c.OriginalURL(), "?")
	return path
}

func body(b []byte, most int) (kept []byte, cut bool, size int64) {
	return b[:min(len(b), most)], most > 0 && len(b) > most, int64(len(b))
}

func texts(values [][]byte) []string {
	all := make([]string, 0, len(values))
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}
