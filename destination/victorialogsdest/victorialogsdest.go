// Package victorialogsdest is the destination "victorialogs": the JSON lines intake of VictoriaLogs. It is [httpdest] with the
// names that the server asks for; whatever makes JSON can be its format.
// See https://docs.victoriametrics.com/victorialogs/data-ingestion/#json-stream-api.
package victorialogsdest

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/hydra-logger/hydra/destination/httpdest"
)

// Options are the settings of a driver.
type Options struct {
	// Target is the server. A URL without path gets /insert/jsonline. Compression is gzip by default.
	httpdest.Target
	// StreamFields make the stream that a record belongs to: those with few values. Default: layer.
	StreamFields []string
	// TimeField and MessageField are the names that the format uses. Default: timestamp and message, those of json-lines.
	TimeField, MessageField string
	// AccountID and ProjectID are the tenant. Default: 0 and 0.
	AccountID, ProjectID uint32
}

// New returns a driver.
func New(o Options) (*httpdest.Driver, error) {
	if len(o.StreamFields) == 0 {
		o.StreamFields = []string{"layer"}
	}
	t := o.WithPath("/insert/jsonline").
		WithQuery("_time_field", cmp.Or(o.TimeField, "timestamp")).
		WithQuery("_msg_field", cmp.Or(o.MessageField, "message")).
		WithQuery("_stream_fields", strings.Join(o.StreamFields, ","))
	if o.AccountID != 0 || o.ProjectID != 0 {
		t = t.WithHeader("AccountID", strconv.FormatUint(uint64(o.AccountID), 10)).WithHeader("ProjectID", strconv.FormatUint(uint64(o.ProjectID), 10))
	}
	return httpdest.NewDriver(t, httpdest.Protocol{
		Name: "victorialogs", Encoder: httpdest.LinesEncoder("application/stream+json"), Compression: httpdest.Gzip, ProbePath: "/health", EmptyRequests: true,
		Assurance: "VictoriaLogs has taken the request; it skips lines that it can't read, and counts them in its metrics alone",
	})
}
