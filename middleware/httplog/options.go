package httplog

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// Options are the settings of a [Middleware]. The zero value means all defaults.
type Options struct {
	// Logger. Default: that of the request's context, else hydra.Default.
	Logger *hydra.Logger
	// Layer of the records and of the logger in the context. Default: the logger's.
	Layer string
	// Quiet are paths that are not logged while they succeed (2xx). nil: /health /healthz /readyz /livez /metrics /ping;
	// an empty list: none.
	Quiet []string
	// Skip leaves out the record of a request that did not fail with a panic. Default: none.
	Skip func(r *http.Request, status int) bool
	// Slow is the duration from which a request is logged at WARNING at least, with slow=true. Hijacked connections and
	// event streams are never slow. Default: 0, none.
	Slow time.Duration
	// Sample gives, for a route ([http.Request.Pattern] without method, else the path), the share between 0 and 1 of requests that are
	// logged. Failed and slow ones always are. The correlation id decides, so that all services decide alike. Default: all.
	Sample map[string]float64
	// RequestHeaders and ResponseHeaders are the headers that are logged. Those that carry credentials are refused. Default: none.
	RequestHeaders, ResponseHeaders []string
	// Body says which bodies are logged. Default: none.
	Body Body
	// Recover answers a panic with status 500 instead of letting it go on. When the header is already written, the connection is
	// aborted, so that no client takes the half for the whole. http.ErrAbortHandler always goes on. Default: false.
	Recover bool
}

// Body is which bodies are logged, and how much of them. Bodies are never read ahead: what the handler reads is what is seen.
type Body struct {
	Request, Response bool
	// Max is the largest part of a body that is logged, in bytes. Default: 1024.
	Max int
	// Types are the media types that are logged. Default: application/json, application/problem+json, application/xml, text/xml, text/plain.
	Types []string
}

const defaultBody = 1024

func defaultQuiet() []string {
	return []string{"/health", "/healthz", "/readyz", "/livez", "/metrics", "/ping"}
}

func defaultTypes() []string {
	return []string{"application/json", "application/problem+json", "application/xml", "text/xml", "text/plain"}
}

// denied reports whether a header carries credentials.
func denied(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2", "x-api-key", "api-key", "apikey", "x-auth-token",
		"x-access-token", "x-csrf-token", "x-xsrf-token", "x-amz-security-token", "x-goog-api-key", "x-vault-token", "x-session-token",
		"x-forwarded-access-token", "x-forwarded-client-cert", "authentication-info", "www-authenticate", "proxy-authenticate":
		return true
	}
	return false
}

// Middleware logs requests. It is immutable and safe for concurrent use.
type Middleware struct {
	o     Options
	quiet map[string]bool
	types map[string]bool
	ids   []string // names of headers that may hold a correlation id, in canonical form
}

// New returns a middleware. Its error names the option that is wrong.
func New(o Options) (*Middleware, error) {
	for _, name := range append(append([]string{}, o.RequestHeaders...), o.ResponseHeaders...) {
		if denied(name) {
			return nil, fmt.Errorf("httplog: header %q carries credentials and is never logged: take it off the list", name)
		}
	}
	for route, share := range o.Sample {
		if !(share >= 0 && share <= 1) {
			return nil, fmt.Errorf("httplog: sample of %q is %v: want a share between 0 and 1", route, share)
		}
	}
	if o.Body.Max < 0 || o.Slow < 0 {
		return nil, fmt.Errorf("httplog: body max %d and slow %v must not be negative", o.Body.Max, o.Slow)
	}
	if o.Body.Max == 0 {
		o.Body.Max = defaultBody
	}
	if o.Quiet == nil {
		o.Quiet = defaultQuiet()
	}
	if o.Body.Types == nil {
		o.Body.Types = defaultTypes()
	}
	m := &Middleware{o: o, quiet: set(o.Quiet), types: set(o.Body.Types)}
	for _, name := range correlation.ReadNames() {
		m.ids = append(m.ids, http.CanonicalHeaderKey(name))
	}
	return m, nil
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// captures reports whether bodies with these headers are logged.
func (m *Middleware) captures(h http.Header) bool {
	if e := h.Get("Content-Encoding"); e != "" && e != "identity" {
		return false
	}
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && m.types[t]
}
