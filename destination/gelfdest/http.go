package gelfdest

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// HTTPOptions are the settings of GELF over HTTP.
type HTTPOptions struct {
	// Target is the server, such as http://graylog:12201. Its path is /gelf where the URL has none, and its Compression none
	// by default; Graylog takes gzip.
	httpdest.Target
	// Bulk sends many records in a request, a line each. The input must be told so ("Enable Bulk Receiving"): one that is
	// not keeps the first record alone, and says it has taken all. Default: false, each record is a request.
	Bulk bool
}

// NewHTTP returns a driver for Graylog's input "GELF HTTP". A record is delivered when the input has taken it
// (202): it is in the memory or, where Graylog has its message journal, on the disk of the server.
func NewHTTP(o HTTPOptions) (*httpdest.Driver, error) {
	if u, err := url.Parse(o.URL); err == nil && strings.Trim(u.Path, "/") == "" && u.Host != "" {
		u.Path = "/gelf"
		o.URL = u.String()
	}
	p := httpdest.Protocol{Name: "gelf", Encoder: objects{}}
	if !o.Bulk {
		p.MaxRecords = 1
	}
	return httpdest.NewDriver(o.Target, p)
}

// objects are records without the zero bytes and line ends that other transports need.
type objects struct{}

func (objects) ContentType() string { return "application/json" }

func (objects) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	for i := range b.Items {
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = append(dst, bytes.TrimRight(httpdest.Record(b, i), "\x00")...)
	}
	return dst, nil
}
