// Package elasticdest is the destination "elasticsearch": the bulk API of Elasticsearch and OpenSearch, and of what
// imitates it. See https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk.
//
// Records are created with their id as _id: one that comes twice is there once, the second is answered with 409, which counts as
// delivered. Data streams take nothing but create. Of a data stream that has rolled over in between, the id is known to the old index alone.
package elasticdest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
	"github.com/hydra-logger/hydra/record"
)

// maxBytes is far below the 100 MB that a server refuses, and in the range where bulk requests are fast.
const maxBytes = 10 << 20

// Options are the settings of a driver.
type Options struct {
	// Target is the server; Token is an API key as the server shows it, in base64. /_bulk is added to the path. Compression is gzip by default.
	httpdest.Target
	// Index is the name of an index, an alias or a data stream. Required.
	Index string
	// Pipeline of the ingest node. Default: that of the index.
	Pipeline string
	// Bearer sends Token as bearer token instead of as API key. Default: false.
	Bearer bool
}

// New returns a driver.
func New(o Options) (*httpdest.Driver, error) {
	if o.Index == "" {
		return nil, errors.New("elasticsearch: the name of the index or data stream is missing")
	}
	t := o.Target
	if u, err := url.Parse(strings.TrimSpace(t.URL)); err == nil && u.Host != "" && !strings.HasSuffix(u.Path, "/_bulk") {
		u.Path = strings.TrimRight(u.Path, "/") + "/_bulk"
		t.URL = u.String()
	}
	t = t.WithQuery("filter_path", "errors,items.*.status,items.*.error.type,items.*.error.reason").WithQuery("pipeline", o.Pipeline)
	p := httpdest.Protocol{
		Name: "elasticsearch", Encoder: newEncoder(o.Index), Compression: httpdest.Gzip,
		MaxBytes: maxBytes, Overhead: len(o.Index) + 200, Outcome: outcome, ProbePath: probePath(t.URL), EmptyRequests: true,
	}
	if !o.Bearer {
		p.Authorize = func(h http.Header, key string) { h.Set("Authorization", "ApiKey "+key) }
	}
	return httpdest.NewDriver(t, p)
}

// probePath is the root of the API, in front of /_bulk.
func probePath(bulk string) string {
	u, err := url.Parse(bulk)
	if err != nil {
		return "/"
	}
	return strings.TrimSuffix(u.Path, "_bulk")
}

// encoder makes two lines of a record: what to do, and the document, which has @timestamp.
type encoder struct{ action string }

func newEncoder(index string) encoder {
	return encoder{action: string(httpdest.AppendString([]byte(`{"create":{"_index":`), index))}
}

func (encoder) ContentType() string { return "application/x-ndjson" }

func (e encoder) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	for i := range b.Items {
		it := &b.Items[i]
		dst = append(dst, e.action...)
		if id := destination.IdempotencyKey(it); id != "" {
			dst = append(append(append(dst, `,"_id":"`...), id...), '"')
		}
		dst = append(dst, "}}\n"...)
		data := httpdest.Record(b, i)
		if !httpdest.IsObject(data) {
			data = append(httpdest.AppendString([]byte(`{"message":`), string(data)), '}')
		}
		dst = httpdest.AppendObject(dst, data, httpdest.Member{Name: "@timestamp", Value: timestamp(it.Time)})
		dst = append(dst, '\n')
	}
	return dst, nil
}

// timestamp is RFC 3339. A record without a time has that of its delivery: a data stream refuses what has none.
func timestamp(t int64) string {
	at := time.Unix(0, t)
	if t == record.NoTime {
		at = time.Now()
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000000Z")
}
