// Package lokidest is the destination "loki": the push API of Grafana Loki, as JSON.
// See https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs.
//
// Labels are those of the options, layer, and level; all of them have few values, as Loki needs it. What has many is structured metadata:
// correlation_id, causation_id, message_id, trace_id, span_id and the record's id. The line is what the format makes.
package lokidest

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/record"
)

// maxBytes stays below the 4 MB that a server decodes, unless it is configured otherwise.
const maxBytes = 3 << 20

// Options are the settings of a driver.
type Options struct {
	// Target is the server. A URL without path gets /loki/api/v1/push. Compression is gzip by default.
	httpdest.Target
	// Labels of all streams, such as service_name. Default: none.
	Labels map[string]string
	// Tenant is sent as X-Scope-OrgID. Default: none.
	Tenant string
	// NoMetadata leaves structured metadata out, for servers before 2.9. Default: false.
	NoMetadata bool
}

// New returns a driver.
func New(o Options) (*httpdest.Driver, error) {
	t := o.WithPath("/loki/api/v1/push").WithHeader("X-Scope-OrgID", o.Tenant)
	return httpdest.NewDriver(t, httpdest.Protocol{
		Name: "loki", Encoder: newEncoder(&o), Compression: httpdest.Gzip, MaxBytes: maxBytes, Overhead: 400, Outcome: outcome, ProbePath: "/ready", EmptyRequests: true,
	})
}

type encoder struct {
	labels   []byte // the members of the options, each with a comma behind it
	metadata bool
}

func newEncoder(o *Options) encoder {
	e := encoder{metadata: !o.NoMetadata}
	for _, k := range slices.Sorted(maps.Keys(o.Labels)) {
		if k == "layer" || k == "level" {
			continue
		}
		e.labels = append(httpdest.AppendString(append(httpdest.AppendString(e.labels, k), ':'), o.Labels[k]), ',')
	}
	return e
}

func (encoder) ContentType() string { return "application/json" }

// stream is what has the same labels. Entries of a stream keep their order.
type stream struct {
	layer, level string
	items        []int
}

func (e encoder) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	views := make([]record.View, len(b.Items))
	var streams []stream
	for i := range b.Items {
		if err := views[i].Decode(b.Items[i].Raw); err != nil {
			return dst, err
		}
		layer, level := views[i].Layer, httpdest.Severity(b.Items[i].Level)
		at := slices.IndexFunc(streams, func(s stream) bool { return s.layer == layer && s.level == level })
		if at < 0 {
			at = len(streams)
			streams = append(streams, stream{layer: layer, level: level})
		}
		streams[at].items = append(streams[at].items, i)
	}
	dst = append(dst, `{"streams":[`...)
	for n := range streams {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = e.appendStream(dst, &streams[n], b, views)
	}
	return append(dst, "]}"...), nil
}

func (e encoder) appendStream(dst []byte, s *stream, b *destination.Batch, views []record.View) []byte {
	dst = append(append(dst, `{"stream":{`...), e.labels...)
	dst = httpdest.AppendString(append(dst, `"layer":`...), s.layer)
	dst = httpdest.AppendString(append(dst, `,"level":`...), s.level)
	dst = append(dst, `},"values":[`...)
	for n, i := range s.items {
		if n > 0 {
			dst = append(dst, ',')
		}
		t := b.Items[i].Time
		if t == record.NoTime {
			t = time.Now().UnixNano()
		}
		dst = append(dst, `["`...)
		dst = strconv.AppendInt(dst, t, 10) // a string: a number is refused
		dst = append(dst, `",`...)
		dst = httpdest.AppendString(dst, string(httpdest.Record(b, i)))
		if e.metadata {
			dst = appendMetadata(append(dst, ','), &b.Items[i], &views[i].IDs)
		}
		dst = append(dst, ']')
	}
	return append(dst, "]}"...)
}

func appendMetadata(dst []byte, it *destination.Item, ids *record.IDs) []byte {
	members := []httpdest.Member{{Name: "correlation_id", Value: ids.CorrelationID}, {Name: "causation_id", Value: ids.CausationID},
		{Name: "message_id", Value: ids.MessageID}, {Name: "record_id", Value: destination.IdempotencyKey(it)}}
	if ids.TraceID != [16]byte{} {
		members = append(members, httpdest.Member{Name: "trace_id", Value: hex.EncodeToString(ids.TraceID[:])})
	}
	if ids.SpanID != [8]byte{} {
		members = append(members, httpdest.Member{Name: "span_id", Value: hex.EncodeToString(ids.SpanID[:])})
	}
	return httpdest.AppendObject(dst, []byte("{}"), members...)
}
