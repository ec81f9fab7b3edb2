// Package splunkdest is the destination "splunk": Splunk's HTTP Event Collector.
// See https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector.
package splunkdest

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/record"
)

// maxBytes is what a collector takes in one request unless it is configured otherwise (max_content_length was 1 MB in old versions).
const maxBytes = 800_000

// Options are the settings of a driver.
type Options struct {
	// Target has the collector's token as Token. A URL without path gets /services/collector/event. Compression is gzip by default.
	httpdest.Target
	// Host, Source, SourceType and Index of the events. Default: what the token says; of SourceType, _json.
	Host, Source, SourceType, Index string
	// Ack waits until the indexers have acknowledged a request: a record counts as delivered when it is indexed. The token must
	// have acknowledgement enabled. What is not acknowledged before the delivery's time is over is sent again. Default: false, a request
	// that the collector has taken counts.
	Ack bool
}

// New returns a driver.
func New(o Options) (*httpdest.Driver, error) {
	if o.Token == "" && o.TokenFile == "" && o.Header["Authorization"] == "" {
		return nil, errors.New("splunk: the token is missing")
	}
	e := newEncoder(&o)
	p := httpdest.Protocol{
		Name: "splunk", Encoder: e, Compression: httpdest.Gzip, MaxBytes: maxBytes, Overhead: len(e.head) + 150,
		Outcome: outcome, ProbePath: "/services/collector/health", EmptyRequests: true,
		Authorize: func(h http.Header, token string) { h.Set("Authorization", "Splunk "+token) },
		Assurance: "Splunk has taken the request; that it is indexed is not known",
	}
	if o.Ack {
		p.Assurance = "Splunk's indexers have it"
		acknowledged(&p)
	}
	return httpdest.NewDriver(o.WithPath("/services/collector/event"), p)
}

// encoder makes events, one after the other:
//
//	{"host":…,"sourcetype":…,"time":1700000000.123456,"event":{…},"fields":{"id":"…"}}
//
// The field id is the record's, with which a search can leave out what came twice.
type encoder struct{ head string }

func newEncoder(o *Options) encoder {
	head := []byte("{")
	for _, m := range []httpdest.Member{{Name: "host", Value: o.Host}, {Name: "source", Value: o.Source},
		{Name: "sourcetype", Value: cmp.Or(o.SourceType, "_json")}, {Name: "index", Value: o.Index}} {
		if m.Value != "" {
			head = append(httpdest.AppendString(append(httpdest.AppendString(head, m.Name), ':'), m.Value), ',')
		}
	}
	return encoder{head: string(head)}
}

func (encoder) ContentType() string { return "application/json" }

func (e encoder) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	for i := range b.Items {
		it := &b.Items[i]
		dst = append(dst, e.head...)
		if it.Time != record.NoTime && it.Time >= 0 {
			dst = append(dst, `"time":`...)
			dst = strconv.AppendInt(dst, it.Time/1e9, 10)
			dst = append(dst, '.')
			micros := strconv.AppendInt(nil, 1e6+it.Time%1e9/1e3, 10)
			dst = append(append(dst, micros[1:]...), ',')
		}
		dst = append(dst, `"event":`...)
		if data := httpdest.Record(b, i); httpdest.IsObject(data) {
			dst = append(dst, data...)
		} else {
			dst = httpdest.AppendString(dst, string(data))
		}
		if id := destination.IdempotencyKey(it); id != "" {
			dst = append(dst, `,"fields":{"id":"`...)
			dst = append(append(dst, id...), `"}`...)
		}
		dst = append(dst, '}', '\n')
	}
	return dst, nil
}
