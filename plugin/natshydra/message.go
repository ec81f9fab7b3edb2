package natshydra

import (
	"context"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/hydra-logger/hydra/correlation"
)

// Inject writes the ids of ctx into the header of a message: correlation_id, causation_id, and traceparent unless it is there.
func Inject(ctx context.Context, msg *nats.Msg) {
	if _, some := correlation.FromContext(ctx); !some {
		return
	}
	if msg.Header == nil {
		msg.Header = nats.Header{}
	}
	correlation.Inject(ctx, correlation.NATSHeader(msg.Header))
}

// Extract returns a context with the ids of a message that came in; see [correlation.Extract]. The message id is the header Nats-Msg-Id,
// or that of a JetStream message without one: stream/sequence.
func Extract(ctx context.Context, msg *nats.Msg) context.Context {
	c := received{NATSHeader: correlation.NATSHeader(msg.Header)}
	if meta, err := msg.Metadata(); err == nil {
		c.place = place(meta.Stream, meta.Sequence.Stream)
	}
	return correlation.Extract(ctx, c)
}

// ExtractJetStream is [Extract] for a message of package jetstream.
func ExtractJetStream(ctx context.Context, msg jetstream.Msg) context.Context {
	c := received{NATSHeader: correlation.NATSHeader(msg.Headers())}
	if meta, err := msg.Metadata(); err == nil {
		c.place = place(meta.Stream, meta.Sequence.Stream)
	}
	return correlation.Extract(ctx, c)
}

func place(stream string, sequence uint64) string {
	p := stream + "/" + strconv.FormatUint(sequence, 10)
	if !correlation.Valid(p) {
		return "" // a stream's name may have what an id may not
	}
	return p
}

// received carries the ids of a message that may have no id but its place.
type received struct {
	correlation.NATSHeader
	place string
}

// Get returns the place for a message id that is not there.
func (r received) Get(name string) string {
	v := r.NATSHeader.Get(name)
	if v == "" && name == nats.MsgIdHdr {
		return r.place
	}
	return v
}
