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
	// Route gives the route of a request, "" for none. It is called once, when the handler has ended. For chi:
	//	func(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePattern() }
	// Default: [http.Request.Pattern] without the method, which the standard mux sets.
	Route func(r *http.Request) string
	// Slow is the duration from which a request is logged at WARNING at least, with slow=true. Hijacked connections and
	// event streams are never slow. Default: 0, none.
	Slow time.Duration
	// Sample gives, for a route (of Route, else the path), the share between 0 and 1 of requests that are
	// logged. Failed and slow ones always are. The correlation id decides, so that all services decide alike. Default: all.
	Sample map[string]float64
	// RequestHeaders and ResponseHeaders are the headers that are logged. Those that carry credentials are refused. Default: none.
	RequestHeaders, ResponseHeaders []string
	// Body says which bodies are logged. Default: none.
	Body Body
	// Recover answers a panic with status 500 instead of letting it go on. When the header is already written, the connection is
	// aborted, so that no client takes the half for the whole. http.ErrAbortHandler always goes on. Default: false; then
	// http.Server reports the panic to its ErrorLog too.
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

// CarriesCredentials reports whether a header of this name is one that is never logged: by one of its words, or by its name.
func CarriesCredentials(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "x-amz-security-token", "x-forwarded-client-cert", "authentication-info", "www-authenticate", "proxy-authenticate",
		"proxy-authentication-info", "dpop", "sec-websocket-protocol":
		return true
	}
	for _, word := range []string{"api-key", "auth-key", "access-key", "secret-key", "private-key", "license-key", "functions-key", "subscription-key",
		"account-key", "session-id", "client-cert"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '_' }) {
		switch word {
		case "authorization", "cookie", "cookie2", "token", "secret", "password", "passwd", "passphrase", "credential", "credentials",
			"apikey", "jwt", "bearer", "csrf", "xsrf", "csrftoken", "session", "sessionid", "signature", "otp", "assertion":
			return true
		}
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
		if CarriesCredentials(name) {
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

// Captures says how many bytes of a body with these headers are logged, 0 if none. answer: that of a response.
func (m *Middleware) Captures(contentType, contentEncoding string, answer bool) int {
	wanted := m.o.Body.Request
	if answer {
		wanted = m.o.Body.Response
	}
	if !wanted || contentEncoding != "" && contentEncoding != "identity" {
		return 0
	}
	if t, _, err := mime.ParseMediaType(contentType); err != nil || !m.types[t] {
		return 0
	}
	return m.o.Body.Max
}

func (m *Middleware) capturesHeader(h http.Header, answer bool) int {
	if !m.o.Body.Request && !m.o.Body.Response {
		return 0
	}
	return m.Captures(h.Get("Content-Type"), h.Get("Content-Encoding"), answer)
}
