package hydra

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/clickhousedest"
	"github.com/hydra-logger/hydra/destination/datadogdest"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/destination/elasticdest"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/destination/lokidest"
	"github.com/hydra-logger/hydra/destination/otlpdest"
	"github.com/hydra-logger/hydra/destination/splunkdest"
	"github.com/hydra-logger/hydra/destination/victorialogsdest"
)

// httpFactory is the factory of a type that uses HTTP.
type httpFactory func(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error)

// httpTypes are the types of destination that use HTTP.
func httpTypes() map[string]httpFactory {
	return map[string]httpFactory{
		"network_http":  newHTTP,
		"loki":          newLoki,
		"elasticsearch": newElastic,
		"otlp":          newOTLP,
		"splunk":        newSplunk,
		"datadog":       newDatadog,
		"clickhouse":    newClickHouse,
		"victorialogs":  newVictoriaLogs,
		"async_cloud":   newCloud,
	}
}

// httpType returns the factory of a type that uses HTTP, which may need what belongs to the engine; nil for other types.
func (e *engine) httpType(typ string) DriverFactory {
	make := httpTypes()[typ]
	if make == nil {
		return nil
	}
	return func(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
		t, err := httpTarget(&d)
		if err != nil {
			return nil, err
		}
		driver, err := make(t, &d, e)
		if err != nil {
			return nil, err // not a nil driver in an interface
		}
		return driver, nil
	}
}

type httpEncoders = map[string]httpdest.Encoder

// WithHTTPEncoder gives an encoder a name, for http_payload_encoder of the type network_http.
func WithHTTPEncoder(name string, enc httpdest.Encoder) Option {
	return func(o *options) {
		if o.encoders == nil {
			o.encoders = httpEncoders{}
		}
		o.encoders[name] = enc
	}
}

// httpTarget is how the configuration says that a server is reached. Credentials are headers, but for username and password.
func httpTarget(d *config.ResolvedDestination) (httpdest.Target, error) {
	n := &d.Network
	t := httpdest.Target{URL: n.URL, Token: n.AuthToken, MaxConnections: n.MaxConnections, ProbeMethod: n.ProbeMethod, Header: map[string]string{}}
	for k, v := range n.Credentials {
		switch strings.ToLower(k) {
		case "username", "user":
			t.Username = v
		case "password":
			t.Password = v
		default:
			t.Header[k] = v
		}
	}
	if t.URL == "" && n.Host != "" {
		u := url.URL{Scheme: "http", Host: n.Host}
		if n.UseTLS {
			u.Scheme = "https"
		}
		if n.Port != 0 {
			u.Host = net.JoinHostPort(n.Host, strconv.Itoa(n.Port))
		}
		t.URL = u.String()
	}
	if n.ConnectionProbe != nil && !*n.ConnectionProbe {
		t.ProbeMethod = "none"
	}
	if n.TLS != (config.TLS{}) {
		t.TLS = &dial.TLS{CA: n.TLS.CA, Cert: n.TLS.Cert, Key: n.TLS.Key, ServerName: n.TLS.ServerName, SkipVerify: n.TLS.SkipVerify}
	}
	if n.UseTLS && strings.HasPrefix(strings.ToLower(t.URL), "http:") {
		return t, errors.New("use_tls is true, but the url begins with http://; write https://")
	}
	return t, nil
}

// common are the options that every type over HTTP has.
type common struct {
	Compression string `json:"compression"`
	TokenFile   string `json:"token_file"`
}

func (c *common) apply(t *httpdest.Target) { t.Compression, t.TokenFile = c.Compression, c.TokenFile }

func newHTTP(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string      `json:"compression"`
		TokenFile   string      `json:"token_file"`
		Method      string      `json:"method"`
		Payload     string      `json:"payload"`
		ContentType string      `json:"content_type"`
		Single      bool        `json:"single"`
		MaxBytes    config.Size `json:"max_bytes"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	var enc httpdest.Encoder
	if name := d.Network.PayloadEncoder; name != "" {
		if enc = e.opts.encoders[name]; enc == nil {
			return nil, &notLinkedError{fmt.Sprintf("http_payload_encoder: there is no encoder %q in this program: pass hydra.WithHTTPEncoder(%q, …) to Open", name, name)}
		}
	}
	return httpdest.New(httpdest.Options{Target: t, Method: o.Method, Payload: o.Payload, ContentType: o.ContentType, Encoder: enc,
		Single: o.Single, MaxBytes: int(o.MaxBytes)})
}

func newLoki(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string            `json:"compression"`
		TokenFile   string            `json:"token_file"`
		Labels      map[string]string `json:"labels"`
		Tenant      string            `json:"tenant"`
		NoMetadata  bool              `json:"no_metadata"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	if o.Labels == nil {
		o.Labels = map[string]string{"service_name": e.facts().Service}
	}
	return lokidest.New(lokidest.Options{Target: t, Labels: o.Labels, Tenant: o.Tenant, NoMetadata: o.NoMetadata})
}

func newElastic(t httpdest.Target, d *config.ResolvedDestination, _ *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string `json:"compression"`
		TokenFile   string `json:"token_file"`
		Index       string `json:"index"`
		Pipeline    string `json:"pipeline"`
		Bearer      bool   `json:"bearer"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	return elasticdest.New(elasticdest.Options{Target: t, Index: o.Index, Pipeline: o.Pipeline, Bearer: o.Bearer})
}

type otlpOptions struct {
	Compression string            `json:"compression"`
	TokenFile   string            `json:"token_file"`
	Resource    map[string]string `json:"resource"`
}

func newOTLP(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o otlpOptions
	if err := errors.Join(noFormat(d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	return o.driver(t, e)
}

func (o *otlpOptions) driver(t httpdest.Target, e *engine) (*httpdest.Driver, error) {
	(&common{o.Compression, o.TokenFile}).apply(&t)
	resource := map[string]string{"host.name": hostName()}
	maps.Copy(resource, o.Resource)
	p := e.facts()
	return otlpdest.New(otlpdest.Options{Target: t, Resource: resource, Service: cmp.Or(o.Resource["service.name"], p.Service),
		Version: cmp.Or(o.Resource["service.version"], p.Version), Environment: cmp.Or(o.Resource["deployment.environment.name"], p.Environment)})
}

// noFormat refuses what would have no effect.
func noFormat(d *config.ResolvedDestination) error {
	if d.Format != "" {
		return fmt.Errorf("type %s sends records as they are and uses no format: remove it", d.Type)
	}
	return nil
}

func newSplunk(t httpdest.Target, d *config.ResolvedDestination, _ *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string `json:"compression"`
		TokenFile   string `json:"token_file"`
		Host        string `json:"host"`
		Source      string `json:"source"`
		SourceType  string `json:"sourcetype"`
		Index       string `json:"index"`
		Ack         bool   `json:"ack"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	return splunkdest.New(splunkdest.Options{Target: t, Host: cmp.Or(o.Host, hostName()), Source: o.Source, SourceType: o.SourceType, Index: o.Index, Ack: o.Ack})
}

func newDatadog(t httpdest.Target, d *config.ResolvedDestination, e *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression string            `json:"compression"`
		TokenFile   string            `json:"token_file"`
		Site        string            `json:"site"`
		Service     string            `json:"service"`
		Source      string            `json:"source"`
		Hostname    string            `json:"hostname"`
		Tags        map[string]string `json:"tags"`
		SendLong    bool              `json:"send_long"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	if env := e.facts().Environment; env != "" && o.Tags["env"] == "" {
		o.Tags = maps.Clone(o.Tags)
		if o.Tags == nil {
			o.Tags = map[string]string{}
		}
		o.Tags["env"] = env
	}
	return datadogdest.New(datadogdest.Options{Target: t, Site: o.Site, Service: cmp.Or(o.Service, e.facts().Service), Source: o.Source,
		Hostname: cmp.Or(o.Hostname, hostName()), Tags: o.Tags, SendLong: o.SendLong})
}

func newClickHouse(t httpdest.Target, d *config.ResolvedDestination, _ *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression     string            `json:"compression"`
		TokenFile       string            `json:"token_file"`
		Database        string            `json:"database"`
		Table           string            `json:"table"`
		Settings        map[string]string `json:"settings"`
		NoDeduplication bool              `json:"no_deduplication"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	return clickhousedest.New(clickhousedest.Options{Target: t, Database: o.Database, Table: o.Table, Settings: o.Settings, NoDeduplication: o.NoDeduplication})
}

func newVictoriaLogs(t httpdest.Target, d *config.ResolvedDestination, _ *engine) (*httpdest.Driver, error) {
	var o struct {
		Compression  string   `json:"compression"`
		TokenFile    string   `json:"token_file"`
		StreamFields []string `json:"stream_fields"`
		TimeField    string   `json:"time_field"`
		MessageField string   `json:"message_field"`
		AccountID    int      `json:"account_id"`
		ProjectID    int      `json:"project_id"`
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	for name, id := range map[string]int{"account_id": o.AccountID, "project_id": o.ProjectID} {
		if int64(id) < 0 || int64(id) > math.MaxUint32 {
			return nil, fmt.Errorf("%s is %d, and must be from 0 to %d", name, id, uint32(math.MaxUint32))
		}
	}
	(&common{o.Compression, o.TokenFile}).apply(&t)
	return victorialogsdest.New(victorialogsdest.Options{Target: t, StreamFields: o.StreamFields, TimeField: o.TimeField,
		MessageField: o.MessageField, AccountID: uint32(o.AccountID), ProjectID: uint32(o.ProjectID)})
}
