package correlation

import (
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Carrier is the part of a request or message that ids travel in. Get returns "" for what is not there; it may ignore
// the case of names. Set replaces. Keys lists the names that are there.
type Carrier interface {
	Get(name string) string
	Set(name, value string)
	Keys() []string
}

// Names are the names under which [Inject] writes ids. An empty one is not written.
type Names struct {
	Correlation, Causation string
}

// Named is what a [Carrier] implements whose names differ from correlation_id and causation_id.
type Named interface {
	Names() Names
}

// HeaderNames are the names on HTTP, X-Correlation-ID and X-Causation-ID, in Go's canonical form.
func HeaderNames() Names { return Names{"X-Correlation-Id", "X-Causation-Id"} }

// HTTPHeader carries ids in the header of a request or response. It must not be nil when ids are injected; the same
// is true of all carriers that are maps.
type HTTPHeader http.Header

// Get returns the first value.
func (h HTTPHeader) Get(name string) string { return http.Header(h).Get(name) }

// Set replaces all values.
func (h HTTPHeader) Set(name, value string) { http.Header(h).Set(name, value) }

// Keys returns the names in canonical form, sorted.
func (h HTTPHeader) Keys() []string { return slices.Sorted(maps.Keys(h)) }

// Names returns [HeaderNames].
func (h HTTPHeader) Names() Names { return HeaderNames() }

// Metadata carries ids in the metadata of gRPC, whose keys are in lower case.
type Metadata map[string][]string

// Get returns the first value.
func (m Metadata) Get(name string) string { return first(m[strings.ToLower(name)]) }

// Set replaces all values.
func (m Metadata) Set(name, value string) { m[strings.ToLower(name)] = []string{value} }

// Keys returns the keys, sorted.
func (m Metadata) Keys() []string { return slices.Sorted(maps.Keys(m)) }

// Names returns x-correlation-id and x-causation-id.
func (m Metadata) Names() Names { return Names{"x-correlation-id", "x-causation-id"} }

// NATSHeader carries ids in the header of a NATS message, whose keys keep their case. A key that differs by case alone is found.
type NATSHeader map[string][]string

// Get returns the first value.
func (h NATSHeader) Get(name string) string {
	v, _ := lookupFold(h, name)
	return first(v)
}

// Set replaces all values.
func (h NATSHeader) Set(name, value string) { h[name] = []string{value} }

// Keys returns the keys, sorted.
func (h NATSHeader) Keys() []string { return slices.Sorted(maps.Keys(h)) }

// Table carries ids in an AMQP 0-9-1 table or in the fields of a Redis stream entry. Values that are neither string nor
// []byte are no ids. The properties CorrelationId and MessageId of an AMQP message are not in its table: where they are to be read,
// copy them into it as correlation_id and message_id first (in a call and its answer CorrelationId has another meaning).
type Table map[string]any

// Get returns the value if it is text.
func (t Table) Get(name string) string {
	v, _ := lookupFold(t, name)
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// Set replaces the value.
func (t Table) Set(name, value string) { t[name] = value }

// Keys returns the keys, sorted.
func (t Table) Keys() []string { return slices.Sorted(maps.Keys(t)) }

// Map carries ids in the metadata of a Watermill message, or any other map of text.
type Map map[string]string

// Get returns the value.
func (m Map) Get(name string) string {
	v, _ := lookupFold(m, name)
	return v
}

// Set replaces the value.
func (m Map) Set(name, value string) { m[name] = value }

// Keys returns the keys, sorted.
func (m Map) Keys() []string { return slices.Sorted(maps.Keys(m)) }

// CloudEvent carries ids in the attributes of a CloudEvent: id, and the extensions correlationid and causationid.
type CloudEvent map[string]any

// Get returns the value if it is text.
func (e CloudEvent) Get(name string) string { return Table(e).Get(name) }

// Set replaces the value.
func (e CloudEvent) Set(name, value string) { e[name] = value }

// Keys returns the keys, sorted.
func (e CloudEvent) Keys() []string { return slices.Sorted(maps.Keys(e)) }

// Names returns correlationid and causationid.
func (e CloudEvent) Names() Names { return Names{"correlationid", "causationid"} }

// Pairs returns a carrier over a list of names and values with a type of its client library, as the headers of a Kafka record
// (V is []byte) and the user properties of MQTT 5 (V is string). each lists them; of a name that is there twice, the last
// counts. set, which may be nil where nothing is injected, replaces or appends a value.
func Pairs[V string | []byte](each iter.Seq2[string, V], set func(name string, value V)) Carrier {
	return pairs[V]{each, set}
}

type pairs[V string | []byte] struct {
	each iter.Seq2[string, V]
	set  func(string, V)
}

func (p pairs[V]) Get(name string) string {
	var exact, folded string
	for k, v := range p.each {
		switch {
		case k == name:
			exact = string(v)
		case strings.EqualFold(k, name):
			folded = string(v)
		}
	}
	if exact != "" {
		return exact
	}
	return folded
}

func (p pairs[V]) Set(name, value string) {
	if p.set != nil {
		p.set(name, V(value))
	}
}

func (p pairs[V]) Keys() []string {
	var keys []string
	for k := range p.each {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// lookupFold finds a key, else the first in order that differs by case alone.
func lookupFold[V any](m map[string]V, name string) (v V, ok bool) {
	if v, ok = m[name]; ok {
		return v, true
	}
	best := ""
	for k := range m {
		if strings.EqualFold(k, name) && (!ok || k < best) {
			best, ok = k, true
		}
	}
	return m[best], ok
}
