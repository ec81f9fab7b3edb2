package httpdest

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/hydra-logger/hydra/destination/dial"
)

// Target is a server and how to reach it: what all destinations over HTTP have in common.
//
// A proxy is taken from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as [http.ProxyFromEnvironment] says. Connections are kept, and
// speak HTTP/1.1, one request at a time: a connection that is dead takes one batch down and not all. A redirect is followed only
// to the same host, and only when it repeats the request (307, 308): credentials go nowhere else.
type Target struct {
	// URL of the requests, http or https. A user and password in it are sent as basic auth. Required.
	URL string
	// Header is sent with every request. Its values are credentials to this package: they are shown nowhere.
	Header map[string]string
	// Username and Password are sent as basic auth. Default: none.
	Username, Password string
	// Token is sent as bearer token, or as the vendor wants it. Default: none.
	Token string
	// TokenFile holds the token, instead of Token. It is read again when it changes, so that short-lived tokens work.
	TokenFile string
	// Authorizer gives requests their credentials, in place of Token. Default: nil.
	Authorizer Authorizer
	// TLS of an https URL. Default: the system's authorities, no client certificate.
	TLS *dial.TLS
	// Compression of requests: "gzip", "zstd" or "none". Default: gzip where the vendor takes it, as the package says.
	Compression string
	// MaxConnections is how many requests run at once, where the destination is not ordered. Default: 10.
	MaxConnections int
	// ProbeMethod is how to ask a server that was down whether it is back, without sending it records: GET, HEAD, OPTIONS,
	// or none to connect and ask nothing. Default: GET, on a path that the package knows.
	ProbeMethod string
	// Transport replaces the whole way to the server, for tests; the fields above that describe it are not used then. Default: nil.
	Transport http.RoundTripper
}

// Authorizer sets the credentials of a request whose method, URL and headers are those that go out, as its body is. An error is a
// failure that may pass. The secrets that it returns are hidden in errors. It is called by several goroutines at once.
type Authorizer interface {
	Authorize(r *http.Request, body []byte) (secrets []string, err error)
}

const defaultConnections = 10

// check parses the URL and finds what can't work.
func (t *Target) check() (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(t.URL))
	switch {
	case err != nil:
		return nil, errors.New("the URL can't be parsed") // the error of url.Parse repeats it, with its password
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the URL must begin with http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("the URL has no host")
	}
	if t.TLS != nil && u.Scheme == "http" {
		return nil, errors.New("TLS is configured, but the URL begins with http://; write https://")
	}
	if t.Token != "" && t.TokenFile != "" {
		return nil, errors.New("there is both a token and a token file; write one of them")
	}
	if t.Authorizer != nil && (t.Token != "" || t.TokenFile != "" || t.Username != "" || t.Password != "" || u.User != nil) {
		return nil, errors.New("there is both an authorizer and a token or password; use one of them")
	}
	switch t.Compression {
	case "", Gzip, Zstd, None:
	default:
		return nil, fmt.Errorf("compression %q is none of gzip, zstd, none", t.Compression)
	}
	switch strings.ToUpper(t.ProbeMethod) {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, "NONE":
	default:
		return nil, fmt.Errorf("probe method %q is none of GET, HEAD, OPTIONS, none", t.ProbeMethod)
	}
	return u, t.checkHeader()
}

func (t *Target) checkHeader() error {
	for name, value := range t.Header {
		if !validName(name) {
			return fmt.Errorf("%q can't be the name of a header", name)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("the value of header %q holds control characters", name)
		}
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Host":
			return fmt.Errorf("header %q is set by the client", name)
		}
	}
	return nil
}

// validName reports a token as of RFC 9110.
func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// WithPath returns the target with path in place of an empty one.
func (t Target) WithPath(path string) Target {
	u, err := url.Parse(strings.TrimSpace(t.URL))
	if err == nil && strings.Trim(u.Path, "/") == "" {
		u.Path = path
		t.URL = u.String()
	}
	return t
}

// WithQuery returns the target with a parameter added to the URL, unless it has one of that name.
func (t Target) WithQuery(name, value string) Target {
	u, err := url.Parse(strings.TrimSpace(t.URL))
	if err != nil || value == "" {
		return t
	}
	if q := u.Query(); !q.Has(name) {
		q.Set(name, value)
		u.RawQuery = q.Encode()
		t.URL = u.String()
	}
	return t
}

// WithHeader returns the target with a header added, unless it has one of that name or the value is empty.
func (t Target) WithHeader(name, value string) Target {
	if value == "" {
		return t
	}
	header := map[string]string{name: value}
	for k, v := range t.Header {
		if strings.EqualFold(k, name) {
			delete(header, name)
		}
		header[k] = v
	}
	t.Header = header
	return t
}

// describe is the URL without what may be secret: user, password, query, fragment.
func describe(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return bare.String()
}
