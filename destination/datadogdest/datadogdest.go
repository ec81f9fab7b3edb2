// Package datadogdest is the destination "datadog": the logs intake of Datadog, version 2.
// See https://docs.datadoghq.com/api/latest/logs/#send-logs.
//
// A request holds at most 1000 records and 5 MB before compression. Datadog cuts a record of more than 1 MB and answers that all
// is well; such a record is rejected here instead, and is whole in the dead letter. Datadog drops records that are older than 18 hours: what
// waited longer counts as delivered, and is not there.
package datadogdest

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hydra-logger/hydra/destination"
	"github.com/hydra-logger/hydra/destination/httpdest"
)

// Limits of the intake.
const (
	maxRecords = 1000
	maxBytes   = 5_000_000
	maxRecord  = 1_000_000
)

// Options are the settings of a driver.
type Options struct {
	// Target has the API key as Token. URL is by default made of Site; one without path gets /api/v2/logs. Compression is gzip by default.
	httpdest.Target
	// Site of the account. Default: datadoghq.com.
	Site string
	// Service, Source, Hostname and Tags are added to records that have no such member. Default of Source: go; others: none.
	Service, Source, Hostname string
	Tags                      map[string]string
	// SendLong sends records of more than 1 MB, of which Datadog keeps the beginning. Default: they are rejected.
	SendLong bool
}

// New returns a driver.
func New(o Options) (*httpdest.Driver, error) {
	if o.Token == "" && o.TokenFile == "" && o.Header["DD-API-KEY"] == "" {
		return nil, errors.New("datadog: the API key is missing")
	}
	if strings.TrimSpace(o.URL) == "" {
		o.URL = "https://http-intake.logs." + cmp.Or(o.Site, "datadoghq.com")
	}
	e := encoder{service: o.Service, source: cmp.Or(o.Source, "go"), host: o.Hostname}
	for _, k := range slices.Sorted(maps.Keys(o.Tags)) {
		if e.tags != "" {
			e.tags += ","
		}
		e.tags += k + ":" + o.Tags[k]
	}
	longest := maxRecord - e.overhead()
	if o.SendLong {
		longest = 0
	}
	return httpdest.NewDriver(o.WithPath("/api/v2/logs"), httpdest.Protocol{
		Name: "datadog", Encoder: e, Compression: httpdest.Gzip,
		MaxRecords: maxRecords, MaxBytes: maxBytes, MaxRecord: longest, Overhead: e.overhead(),
		Outcome:       outcome,
		EmptyRequests: true,
		Authorize:     func(h http.Header, key string) { h.Set("DD-API-KEY", key) },
		Assurance:     "Datadog has taken the request; records older than 18 hours are dropped there",
	})
}

type encoder struct{ service, source, host, tags string }

func (encoder) ContentType() string { return "application/json" }

// overhead is what a record grows by at most, when it is an object.
func (e encoder) overhead() int {
	return 2*(len(e.service)+len(e.source)+len(e.host)+len(e.tags)) + 128
}

func (e encoder) AppendBody(dst []byte, b *destination.Batch) ([]byte, error) {
	dst = append(dst, '[')
	for i := range b.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		record := httpdest.Record(b, i)
		if !httpdest.IsObject(record) { // a line of text
			record = append(httpdest.AppendString([]byte(`{"message":`), string(record)), '}')
		}
		dst = httpdest.AppendObject(dst, record, httpdest.Member{Name: "ddsource", Value: e.source}, httpdest.Member{Name: "ddtags", Value: e.tags},
			httpdest.Member{Name: "hostname", Value: e.host}, httpdest.Member{Name: "service", Value: e.service},
			httpdest.Member{Name: "status", Value: httpdest.Severity(b.Items[i].Level)})
	}
	return append(dst, ']'), nil
}
