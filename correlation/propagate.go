package correlation

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/hydra-logger/hydra/record"
)

// MaxID is the largest size of an id that is taken from outside, in bytes.
const MaxID = 128

// RejectedKey is the key of the attribute that reports an id from outside that was not accepted.
const RejectedKey = "correlation_rejected"

// maxRejected is how much of a rejected id is reported, in bytes before escaping.
const maxRejected = 64

// name is a name to read from, and the same as an http.Header has it, so that no lookup has to make one.
type name struct{ plain, http string }

func named(list ...string) []name {
	names := make([]name, len(list))
	for i, n := range list {
		names[i] = name{n, http.CanonicalHeaderKey(n)}
	}
	return names
}

// The names that ids are read from; the first that has a value counts.
var (
	correlationNames = named("correlationid", "ce_correlationid", "ce-correlationid", "X-Correlation-ID", "Correlation-ID",
		"correlation_id", "X-Request-ID")
	causationNames = named("causationid", "ce_causationid", "ce-causationid", "X-Causation-ID", "Causation-ID", "causation_id")
	messageNames   = named("ce_id", "ce-id", "message_id", "Nats-Msg-Id", "_watermill_message_uuid")
	w3c            = named("traceparent", "tracestate", "baggage")

	traceparentName, tracestateName, baggageName = w3c[0], w3c[1], w3c[2]
)

func get(c Carrier, n name) string {
	if h, ok := c.(HTTPHeader); ok {
		return first(h[n.http])
	}
	return c.Get(n.plain)
}

// ReadNames returns the names from which [Extract] reads a correlation id, in order.
func ReadNames() []string {
	list := make([]string, len(correlationNames))
	for i, n := range correlationNames {
		list[i] = n.plain
	}
	return list
}

// Valid reports whether an id from outside may be used and passed on: 1 to [MaxID] bytes of A-Z a-z 0-9 . _ : + / = -
func Valid(id string) bool {
	if id == "" || len(id) > MaxID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if letter || c >= '0' && c <= '9' || c == '-' {
			continue
		}
		if strings.IndexByte("._:+/=", c) < 0 {
			return false
		}
	}
	return true
}

// Extract returns a context that carries the ids of a request or message that came in, in place of those that ctx
// carried; attributes are kept. The correlation id is the first of [ReadNames] that is there, else the member correlation_id of
// the W3C baggage, else the trace id of traceparent, else a new one ([Minted] tells). An id that is not [Valid] is replaced by a new one
// (a causation or message id is left out), and every record made with the context says so, escaped, under [RejectedKey].
//
// The message in hand is the one that c names; records made while it is handled have its id as message id and what
// caused it as causation id. What is sent meanwhile names it as its cause: see [Inject].
func Extract(ctx context.Context, c Carrier) context.Context {
	var ids record.IDs
	var bad []slog.Attr
	state := ""
	if trace, span, flags, err := ParseTraceparent(get(c, traceparentName)); err == nil {
		ids.TraceID, ids.SpanID, ids.TraceFlags = trace, span, flags
		if s := get(c, tracestateName); validTracestate(s) {
			state = s
		}
	}
	ids.CausationID = accept(find(c, causationNames), &bad)
	ids.MessageID = accept(messageID(c), &bad)
	ids.CorrelationID = accept(correlationID(c, &ids), &bad)
	minted := ids.CorrelationID == ""
	if minted {
		ids.CorrelationID = New()
	}
	return derive(ctx, func(to *carried) {
		to.ids, to.state, to.minted = ids, state, minted
		if len(bad) > 0 {
			to.attrs = to.attrs.With(bad)
		}
	})
}

// Inject writes the ids that ctx carries into a request or message that goes out, under the names of the carrier.
// The cause of what goes out is the message in hand, else what caused this flow. A trace context that the carrier has
// already is left as it is: whoever made a span wrote it. An id that is not [Valid] is not written.
func Inject(ctx context.Context, c Carrier) {
	from := carriedBy(ctx)
	if from == nil {
		return
	}
	names := Names{"correlation_id", "causation_id"}
	if n, ok := c.(Named); ok {
		names = n.Names()
	}
	cause := from.ids.MessageID
	if cause == "" {
		cause = from.ids.CausationID
	}
	put(c, names.Correlation, from.ids.CorrelationID)
	put(c, names.Causation, cause)
	if tp := Traceparent(&from.ids); tp != "" && get(c, traceparentName) == "" {
		c.Set("traceparent", tp)
		if from.state != "" {
			c.Set("tracestate", from.state)
		}
	}
}

func put(c Carrier, name, id string) {
	if name != "" && Valid(id) {
		c.Set(name, id)
	}
}

func find(c Carrier, names []name) string {
	for _, n := range names {
		if id := get(c, n); id != "" {
			return id
		}
	}
	return ""
}

func messageID(c Carrier) string {
	if e, ok := c.(CloudEvent); ok {
		return e.Get("id")
	}
	return find(c, messageNames)
}

func correlationID(c Carrier, ids *record.IDs) string {
	if id := find(c, correlationNames); id != "" {
		return id
	}
	if id := baggageID(get(c, baggageName)); id != "" {
		return id
	}
	if ids.TraceID != [16]byte{} {
		return Traceparent(ids)[3:35]
	}
	return ""
}

// maxBaggage is the size up to which a baggage header is read (W3C Baggage, 3.3.2).
const maxBaggage = 8192

// baggageID returns the member correlation_id of a baggage header.
func baggageID(s string) string {
	if len(s) > maxBaggage {
		return ""
	}
	for member := range strings.SplitSeq(s, ",") {
		member, _, _ = strings.Cut(member, ";")
		name, value, _ := strings.Cut(member, "=")
		if strings.TrimSpace(name) != "correlation_id" {
			continue
		}
		if id, err := url.PathUnescape(strings.TrimSpace(value)); err == nil {
			return id
		}
	}
	return ""
}

// accept returns id if it may be used, else "" and a report in bad.
func accept(id string, bad *[]slog.Attr) string {
	if id == "" || Valid(id) {
		return id
	}
	*bad = append(*bad, slog.String(RejectedKey, strconv.QuoteToASCII(id[:min(len(id), maxRejected)])))
	return ""
}
