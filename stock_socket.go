package hydra

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/config"
	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/datagramdest"
	"github.com/hydra-logger/hydra/destination/dial"
	"github.com/hydra-logger/hydra/destination/gelfdest"
	"github.com/hydra-logger/hydra/destination/journaldest"
	"github.com/hydra-logger/hydra/destination/socketdest"
	"github.com/hydra-logger/hydra/destination/syslogdest"
	"github.com/hydra-logger/hydra/destination/wsdest"
	"github.com/hydra-logger/hydra/format"
)

// socketTypes are the types of destination that talk to sockets without HTTP.
func socketTypes() map[string]DriverFactory {
	return map[string]DriverFactory{
		"network_ws":       newWebSocket,
		"network_socket":   newSocket,
		"network_datagram": newDatagram,
		"syslog":           newSyslog,
		"gelf":             newGELF,
		"journald":         newJournald,
	}
}

// formatOfType is the format of a destination that names none; "" where the type has no opinion.
func formatOfType(typ string) string {
	switch typ {
	case "syslog", "gelf":
		return typ
	case "network_ws", "network_http", "loki", "elasticsearch", "otlp", "splunk", "datadog", "clickhouse", "victorialogs", "async_cloud":
		return format.JSONLines
	case "network_socket", "network_datagram", "journald":
		return format.PlainText
	}
	return ""
}

// socketTLS returns nil when the connection is not to be encrypted.
func socketTLS(n *config.Network) *dial.TLS {
	if !n.UseTLS {
		return nil
	}
	return &dial.TLS{CA: n.TLS.CA, Cert: n.TLS.Cert, Key: n.TLS.Key, ServerName: n.TLS.ServerName, SkipVerify: n.TLS.SkipVerify}
}

// socketAddress is host:port, host, or the path of a unix socket.
func socketAddress(d *config.ResolvedDestination) (address string, unix bool) {
	switch host := d.Network.Host; {
	case host == "":
		return d.Path, d.Path != ""
	case host[0] == '/' || host[0] == '@':
		return host, true
	case d.Network.Port == 0:
		return host, false
	default:
		return net.JoinHostPort(host, strconv.Itoa(d.Network.Port)), false
	}
}

// noCredentials refuses what would not be sent: somebody relies on it.
func noCredentials(d *config.ResolvedDestination) error {
	if d.Network.AuthToken != "" || len(d.Network.Credentials) > 0 {
		return fmt.Errorf("type %s has no place for credentials and auth_token: use tls with a client certificate", d.Type)
	}
	return nil
}

func newSocket(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	var o struct {
		Framing socketdest.Framing
		Resend  config.Size
	}
	if err := errors.Join(noCredentials(&d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	s := socketdest.Options{Framing: o.Framing, Resend: int(o.Resend), TLS: socketTLS(&d.Network), Timeout: d.Network.Timeout}
	var unix bool
	if s.Address, unix = socketAddress(&d); unix {
		s.Network = dial.Unix
	}
	return socketdest.New(s)
}

func newDatagram(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	var o struct {
		MaxSize  config.Size
		Oversize datagramdest.Oversize
		Rate     int
	}
	if err := errors.Join(noCredentials(&d), noTLS(&d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	g := datagramdest.Options{MaxSize: int(o.MaxSize), Oversize: o.Oversize, Rate: o.Rate, Timeout: d.Network.Timeout}
	var unix bool
	if g.Address, unix = socketAddress(&d); unix {
		g.Network = dial.Unixgram
	}
	return datagramdest.New(g)
}

func noTLS(d *config.ResolvedDestination) error {
	if d.Network.UseTLS {
		return fmt.Errorf("type %s can't be encrypted", d.Type)
	}
	return nil
}

func newSyslog(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	var o struct {
		Transport string
		Framing   socketdest.Framing
		MaxSize   config.Size
		Oversize  datagramdest.Oversize
		Rate      int
		Resend    config.Size
	}
	if err := errors.Join(noCredentials(&d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	if o.Transport == "" && d.Network.UseTLS {
		o.Transport = syslogdest.TLS
	}
	address, _ := socketAddress(&d)
	return syslogdest.New(syslogdest.Options{Transport: o.Transport, Address: address, TLS: socketTLS(&d.Network), Framing: o.Framing,
		MaxSize: int(o.MaxSize), Oversize: o.Oversize, Rate: o.Rate, Resend: int(o.Resend), Timeout: d.Network.Timeout})
}

func newGELF(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	var o struct {
		Transport string
		Compress  gelfdest.Compress
		ChunkSize config.Size
		Rate      int
		Resend    config.Size
	}
	if overHTTP(&d) {
		return newGELFOverHTTP(&d)
	}
	if err := errors.Join(noCredentials(&d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	if o.Transport == "" && d.Network.UseTLS {
		o.Transport = gelfdest.TLS
	}
	address, _ := socketAddress(&d)
	return gelfdest.New(gelfdest.Options{Transport: o.Transport, Address: address, TLS: socketTLS(&d.Network), Compress: o.Compress,
		ChunkSize: int(o.ChunkSize), Rate: o.Rate, Resend: int(o.Resend), Timeout: d.Network.Timeout})
}

// overHTTP reports whether a type that has other ways too is to use HTTP: then it has a URL.
func overHTTP(d *config.ResolvedDestination) bool { return d.Network.URL != "" }

func newGELFOverHTTP(d *config.ResolvedDestination) (destination.Driver, error) {
	var o struct {
		Transport   string
		Compression string
		TokenFile   string
		Bulk        bool
	}
	t, err := httpTarget(d)
	if err := errors.Join(err, config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	if o.Transport != "" && o.Transport != "http" {
		return nil, fmt.Errorf("transport %s is reached by host and port, not by url", o.Transport)
	}
	t.Compression, t.TokenFile = o.Compression, o.TokenFile
	driver, err := gelfdest.NewHTTP(gelfdest.HTTPOptions{Target: t, Bulk: o.Bulk})
	if err != nil {
		return nil, err // not a nil driver in an interface
	}
	return driver, nil
}

func newJournald(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	if overHTTP(&d) {
		return newJournalUpload(&d)
	}
	var o struct{ Identifier string }
	if err := errors.Join(noCredentials(&d), noTLS(&d), config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	if d.Network.Host != "" {
		return nil, errors.New("journald is on this machine: write path to name another socket, or url for a server that takes journals")
	}
	return journaldest.New(journaldest.Options{Path: d.Path, Identifier: o.Identifier, Formatted: d.Format != "", Timeout: d.Network.Timeout})
}

func newJournalUpload(d *config.ResolvedDestination) (destination.Driver, error) {
	var o struct {
		Identifier  string
		Hostname    string
		Compression string
		TokenFile   string
	}
	t, err := httpTarget(d)
	if err := errors.Join(err, config.DecodeOptions(d.Options, &o)); err != nil {
		return nil, err
	}
	t.Compression, t.TokenFile = o.Compression, o.TokenFile
	driver, err := journaldest.NewUpload(journaldest.UploadOptions{Target: t, Identifier: o.Identifier, Host: o.Hostname, Formatted: d.Format != ""})
	if err != nil {
		return nil, err // not a nil driver in an interface
	}
	return driver, nil
}

func newWebSocket(_ context.Context, d config.ResolvedDestination) (destination.Driver, error) {
	var o struct {
		Ack          wsdest.Ack
		Subprotocols []string
		Binary       bool
		MaxMessage   config.Size
		PingInterval config.Duration
	}
	if err := config.DecodeOptions(d.Options, &o); err != nil {
		return nil, err
	}
	if o.Ack == wsdest.AckID && !d.ID {
		return nil, errors.New("ack: id needs records that hold their id: write id: true")
	}
	n := &d.Network
	header := http.Header{}
	for k, v := range n.Credentials {
		header.Set(k, v)
	}
	return wsdest.New(wsdest.Options{URL: withPath(n.URL), Header: header, Token: n.AuthToken, Subprotocols: o.Subprotocols, TLS: socketTLS(n),
		Ack: o.Ack, Binary: o.Binary, MaxMessage: int(o.MaxMessage), Timeout: n.Timeout, PingInterval: time.Duration(o.PingInterval)})
}

// withPath adds the path /ws to a URL that has none, as Hydra-Logger for Python does.
func withPath(text string) string {
	u, err := url.Parse(text)
	if err != nil || strings.Trim(u.Path, "/") != "" {
		return text
	}
	u.Path = "/ws"
	return u.String()
}
