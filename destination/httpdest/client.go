package httpdest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/dial"
)

// client sends requests to one target.
type client struct {
	url       *url.URL // without user
	name      string   // of the target, for people
	secrets   *secrets
	token     *token
	authorize Authorizer // or nil
	username  string
	password  string
	header    map[string]string
	transport http.RoundTripper
	http      http.Client
}

func newClient(t *Target) (*client, error) {
	u, err := t.check()
	if err != nil {
		return nil, err
	}
	c := &client{name: describe(u), secrets: secretsOf(t, u), username: t.Username, password: t.Password, header: t.Header, authorize: t.Authorizer}
	c.token = &token{path: t.TokenFile, value: t.Token, secrets: c.secrets}
	if u.User != nil && c.username == "" {
		c.username = u.User.Username()
		c.password, _ = u.User.Password()
	}
	bare := *u
	bare.User, bare.Fragment = nil, ""
	c.url = &bare
	c.transport = t.Transport
	if c.transport == nil {
		if c.transport, err = newTransport(t, u); err != nil {
			return nil, err
		}
	}
	c.http = http.Client{Transport: c.transport, CheckRedirect: sameHost}
	return c, nil
}

const (
	connectTimeout = 10 * time.Second
	idleTimeout    = 90 * time.Second
	// Larger requests ask first whether the server takes them: one that refuses while the body is on its way may reset
	// the connection, and its answer is lost.
	askFirst        = 1 << 20
	continueTimeout = time.Second
	mostRedirects   = 3
)

func newTransport(t *Target, u *url.URL) (*http.Transport, error) {
	limit := t.MaxConnections
	if limit <= 0 {
		limit = defaultConnections
	}
	d := net.Dialer{Timeout: connectTimeout, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3}}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	tr := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: d.DialContext, Protocols: protocols,
		MaxIdleConnsPerHost: limit, IdleConnTimeout: idleTimeout, TLSHandshakeTimeout: connectTimeout,
		ExpectContinueTimeout: continueTimeout, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		WriteBufferSize: 64 << 10,
	}
	if u.Scheme != "https" {
		return tr, nil
	}
	settings := t.TLS
	if settings == nil {
		settings = &dial.TLS{}
	}
	conf, err := settings.Config(u.Hostname())
	if err != nil {
		return nil, err
	}
	if settings.Cert != "" {
		conf.Certificates = nil
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { // renewed ones are used
			pair, err := tls.LoadX509KeyPair(settings.Cert, settings.Key)
			return &pair, err
		}
	}
	tr.TLSClientConfig = conf
	return tr, nil
}

// sameHost lets a request be repeated at another path of its host, and nothing else.
func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > mostRedirects || r.Method != first.Method || r.URL.Host != first.URL.Host || r.URL.Scheme != first.URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// prepare sets headers and credentials, but for those of an authorizer.
func (c *client) prepare(r *http.Request, p *Protocol) error {
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	token, err := c.token.get()
	if err != nil {
		return err
	}
	if c.username != "" || c.password != "" {
		r.SetBasicAuth(c.username, c.password)
	}
	switch {
	case token == "":
	case p.Authorize != nil:
		p.Authorize(r.Header, token)
	default:
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

// sign lets the authorizer set the credentials.
func (c *client) sign(r *http.Request, body []byte) error {
	if c.authorize == nil {
		return nil
	}
	texts, err := c.authorize.Authorize(r, body)
	c.secrets.addPassing(texts...)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, c.secrets.discreet(err))
	}
	return nil
}

// send makes one request of the records of a batch.
func (c *client) send(ctx context.Context, p *Protocol, compression string, b *destination.Batch) (err error) {
	buf := takeBuffer()
	defer buf.release()
	plain, whole := asItIs(p.Encoder, b)
	if !whole || compression == None || len(plain) < worthCompressing {
		if buf.plain, err = encode(p, buf.plain[:0], b); err != nil {
			return destination.Reject(fmt.Errorf("%s: a record can't be encoded: %w", c.name, err))
		}
		plain = buf.plain
	}
	body, encoding, err := buf.pack(plain, compression)
	if err != nil {
		return fmt.Errorf("%s: compression: %w", c.name, err)
	}
	r, err := c.request(ctx, p, buf, body, encoding)
	if err != nil {
		return err
	}
	if key := destination.BatchKey(b); key != "" {
		r.Header.Set(p.IdempotencyHeader, `"`+key+`"`)
	}
	if p.Prepare != nil {
		p.Prepare(r, b)
	}
	if err := c.sign(r, body); err != nil {
		_ = r.Body.Close()
		return err
	}
	answer, err := c.do(r)
	if err != nil {
		return err
	}
	answer.Batch, answer.Request = b, plain
	if err := p.Outcome(answer); err != nil || p.Confirm == nil || len(b.Items) == 0 {
		return err
	}
	return p.Confirm(ctx, answer, c.asker(p))
}

// asker sends the further requests by which a delivery is confirmed.
func (c *client) asker(p *Protocol) Ask {
	return func(ctx context.Context, path string, header http.Header, body []byte) (*Response, error) {
		u := *c.url
		u.Path, u.RawPath, u.RawQuery = path, "", ""
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, c.secrets.discreet(err))
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("User-Agent", "hydra-logger")
		for k, v := range header {
			r.Header[k] = v
		}
		if err := c.prepare(r, p); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		if err := c.sign(r, body); err != nil {
			return nil, err
		}
		return c.do(r)
	}
}

// asItIs returns the body where it is the batch's bytes, which need not be copied when they are compressed.
func asItIs(e Encoder, b *destination.Batch) (body []byte, ok bool) {
	if _, ok := e.(lines); !ok || len(b.Items) == 0 {
		return nil, false
	}
	for i := 1; i < len(b.Items); i++ {
		if b.Items[i].Start != b.Items[i-1].End {
			return nil, false
		}
	}
	return b.Data[b.Items[0].Start:b.Items[len(b.Items)-1].End], true
}

// encode calls the encoder, whose panic concerns a record as its error does.
func encode(p *Protocol, dst []byte, b *destination.Batch) (body []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			body, err = dst, errors.New("panic in the encoder")
		}
	}()
	return p.Encoder.AppendBody(dst, b)
}

func (c *client) request(ctx context.Context, p *Protocol, buf *buffer, body []byte, encoding string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, p.Method, c.url.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, c.secrets.discreet(err))
	}
	r.Body, r.ContentLength = buf.reader(body), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return buf.reader(body), nil }
	r.Header.Set("Content-Type", p.Encoder.ContentType())
	r.Header.Set("User-Agent", "hydra-logger")
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	if len(body) > askFirst {
		r.Header.Set("Expect", "100-continue")
	}
	if err := c.prepare(r, p); err != nil {
		_ = r.Body.Close()
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return r, nil
}

// do sends a request and reads its answer.
func (c *client) do(r *http.Request) (*Response, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, c.secrets.discreet(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s: the answer broke off: %w", c.name, c.secrets.discreet(err))
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, Target: c.name, secrets: c.secrets}, nil
}

// connect finds out whether the server accepts connections. Behind a proxy that can't be asked.
func (c *client) connect(ctx context.Context) error {
	t, ok := c.transport.(*http.Transport)
	if !ok {
		return nil
	}
	if proxy, err := t.Proxy(&http.Request{URL: c.url}); err != nil || proxy != nil {
		return nil
	}
	port := c.url.Port()
	if port == "" {
		port = c.url.Scheme
	}
	conn, err := t.DialContext(ctx, "tcp", net.JoinHostPort(c.url.Hostname(), port))
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return conn.Close()
}

func (c *client) close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
