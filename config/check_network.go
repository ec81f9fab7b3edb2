package config

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// network checks what reaching a server needs, by type.
func (c *checker) network(path, typ string, d *Destination) {
	switch typ {
	case TypeHTTP:
		c.url(path, d, "http", "https")
	case TypeWS:
		c.url(path, d, "ws", "wss")
	case "network_socket", "network_datagram":
		c.hostAndPort(path, typ, d)
	case TypeCloud:
		if strings.TrimSpace(d.ServiceType) == "" {
			c.errorf(join(path, "service_type"), "%s.service_type is missing; async_cloud needs the name of a service", path)
		}
	}
	if d.Type == "network" && strings.TrimSpace(d.URL) != "" {
		c.warnf(join(path, "type"), "%s.type: network is deprecated and stands for network_http; write that", path)
	}
	if typ != TypeHTTP {
		c.onlyHTTP(path, d)
	}
	if at := join(path, "use_real_websocket_transport"); d.UseRealWebsocketTransport != nil {
		switch real := *d.UseRealWebsocketTransport; {
		case typ != TypeWS && real:
			c.errorf(at, "%s is only for type network_ws", at)
		case typ == TypeWS && !real:
			c.warnf(at, "%s: false has no effect: records are always sent", at)
		}
	}
	c.tls(path, d)
}

func (c *checker) onlyHTTP(path string, d *Destination) {
	if d.HTTPPayloadEncoder != "" {
		c.errorf(join(path, "http_payload_encoder"), "%s.http_payload_encoder is only for type network_http", path)
	}
	if d.HTTPBatchSize > 0 {
		c.errorf(join(path, "http_batch_size"), "%s.http_batch_size is only for type network_http", path)
	}
}

// url checks scheme and host. The text of the URL is not in the error: it may hold a password.
func (c *checker) url(path string, d *Destination, schemes ...string) {
	at := join(path, "url")
	text := strings.TrimSpace(d.URL)
	if text == "" {
		c.errorf(at, "%s is missing; type %s needs one", at, orDefault(d.Type, TypeConsole))
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		c.errorf(at, "%s is not a URL: %s", at, urlProblem(err))
	case !slices.Contains(schemes, strings.ToLower(u.Scheme)):
		c.errorf(at, "%s: the scheme %q is not possible; type %s takes %s", at, u.Scheme, d.Type, strings.Join(schemes, " and "))
	case u.Hostname() == "":
		c.errorf(at, "%s has no host", at)
	}
}

// urlProblem is what is wrong with a URL, without its text.
func urlProblem(err error) string {
	if e, ok := err.(*url.Error); ok {
		err = e.Err
	}
	return quoted.ReplaceAllString(err.Error(), `"`+hidden+`"`) + "; characters like / @ # ? % in a user or password are written as %2F and so on"
}

func (c *checker) hostAndPort(path, typ string, d *Destination) {
	if strings.TrimSpace(d.Host) == "" {
		c.errorf(join(path, "host"), "%s.host is missing; type %s needs one", path, typ)
	}
	unix := strings.HasPrefix(d.Host, "/") || strings.HasPrefix(d.Host, "@")
	if d.Port == nil && !unix {
		c.errorf(join(path, "port"), "%s.port is missing; type %s needs one", path, typ)
	}
}

func (c *checker) tls(path string, d *Destination) {
	if d.TLS == nil {
		return
	}
	if at := join(path, "tls.skip_verify"); d.TLS.SkipVerify {
		c.warnf(at, "%s: any certificate is accepted: whoever is in the way can read and change what is sent", at)
	}
	if d.TLS.Cert != "" && d.TLS.Key == "" || d.TLS.Key != "" && d.TLS.Cert == "" {
		c.errorf(join(path, "tls"), "%s.tls: cert and key need each other", path)
	}
	if d.UseTLS != nil && !*d.UseTLS {
		c.errorf(join(path, "use_tls"), "%s.use_tls is false, but %s.tls describes how to encrypt; remove one of them", path, path)
	}
}

// delivery checks how batches are made and retried.
func (c *checker) delivery(path string, d *Destination) {
	c.timeout(join(path, "timeout"), d.Timeout)
	c.duration(join(path, "retry_delay"), d.RetryDelay, true, 0, 300*time.Second)
	c.duration(join(path, "http_batch_flush_interval"), d.HTTPBatchFlushInterval, true, 0, 100*365*24*time.Hour)
	c.size(join(path, "buffer_size"), d.BufferSize, false, 1)
	c.sizeMax(join(path, "buffer_size"), d.BufferSize, maxBuffer)
	c.duration(join(path, "flush_interval"), d.FlushInterval, true, 0, time.Hour)
	if d.DeadLetter != nil {
		c.size(join(path, "dead_letter.max_bytes"), d.DeadLetter.MaxBytes, false, 1)
		c.duration(join(path, "dead_letter.max_age"), d.DeadLetter.MaxAge, false, time.Second, 100*365*24*time.Hour)
	}
	if len(d.Options) > 0 && len(d.Extra) > 0 {
		c.errorf(join(path, "extra"), "%s.extra is another name for options; write one of them", path)
	}
}

// timeout must be above 0: null is no limit, 0 would be no attempt.
func (c *checker) timeout(path string, d Duration) {
	zero := d == NoTimeout && c.written(path) && !c.isNull(path)
	if zero || d != NoTimeout && d < 0 || d.Std() > 300*time.Second {
		c.errorf(path, "%s: %s is out of range; it is above 0 and at most 300 s, or null for no limit", path, d)
	}
}

func (c *checker) sizeMax(path string, s, high Size) {
	if s > high {
		c.errorf(path, "%s: %s is too large; it is at most %s", path, s, high)
	}
}

// fallback checks names of other destinations.
func (c *checker) fallback(path string, d *Destination) {
	if d.Fallback == "" {
		return
	}
	names := c.destinationNames()
	at := join(path, "fallback")
	if !slices.Contains(names, d.Fallback) {
		c.errorf(at, "%s: there is no destination named %q%s", at, d.Fallback, refHint(d.Fallback, names))
	}
	if d.Name != "" && d.Name == d.Fallback || path == join("destinations", d.Fallback) {
		c.errorf(at, "%s: a destination can't be its own fallback", at)
	}
}

// destinationNames are all names that are written, sorted.
func (c *checker) destinationNames() []string {
	seen := map[string]bool{}
	for name := range c.config.Destinations {
		seen[name] = true
	}
	for _, l := range c.config.Layers {
		for _, d := range l.Destinations {
			if d.Name != "" && d.Ref == "" {
				seen[d.Name] = true
			}
		}
	}
	return slices.Sorted(keysOf(seen))
}
