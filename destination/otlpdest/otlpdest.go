// Package otlpdest is the destination "otlp": logs to an OpenTelemetry collector, or whatever speaks its protocol, over HTTP with
// Protocol Buffers. See https://opentelemetry.io/docs/specs/otlp/ and https://opentelemetry.io/docs/specs/otel/logs/data-model/.
//
// The format of the destination is not used: records go as they are. The message is the body. Attributes keep their names and kinds; a
// duration is its nanoseconds, a time RFC 3339, an error its message, and exception.type and exception.message beside it. A record's own fields
// are the attributes layer, correlation_id, causation_id, message_id, code.*, recovered, and log.record.uid, the record's id, by
// which what came twice can be told. Trace, span and severity are where OTLP has a place for them.
package otlpdest

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hydra-logger/hydra/destination/httpdest"
)

// Options are the settings of a driver.
type Options struct {
	// Target is the server. A URL without path gets /v1/logs. Compression is gzip by default.
	httpdest.Target
	// Service, Version and Environment are service.name, service.version and deployment.environment.name of the resource.
	// Default of Service: unknown_service, as the specification says; of the others: none.
	Service, Version, Environment string
	// Resource are further attributes of the resource, such as host.name.
	Resource map[string]string
}

// New returns a driver.
func New(o Options) (*httpdest.Driver, error) {
	return httpdest.NewDriver(o.WithPath("/v1/logs"), httpdest.Protocol{
		Name: "otlp", Encoder: encoder{resource: o.resource(), now: time.Now}, Compression: httpdest.Gzip, Outcome: outcome, EmptyRequests: true,
	})
}

// resource encodes the field of ResourceLogs.
func (o *Options) resource() []byte {
	attrs := map[string]string{"service.name": "unknown_service"}
	maps.Copy(attrs, o.Resource)
	for k, v := range map[string]string{"service.name": o.Service, "service.version": o.Version, "deployment.environment.name": o.Environment} {
		if v != "" {
			attrs[k] = v
		}
	}
	b, at := openMessage(nil, resourceLogsRes)
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		b = appendPair(b, resourceAttributes, k, attrs[k])
	}
	return closeAt(b, at)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
