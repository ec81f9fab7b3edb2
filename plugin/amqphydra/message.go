package amqphydra

import (
	"context"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra/correlation"
)

// Inject writes the ids of ctx into the headers of a message: correlation_id, causation_id and traceparent, but for those that are there. The
// properties of the same names stay as they are: CorrelationId means something else in a call and its answer. A message without a
// MessageId gets a new one, so that what it causes can name it.
func Inject(ctx context.Context, p *amqp.Publishing) {
	if _, some := correlation.FromContext(ctx); !some {
		return
	}
	headers := amqp.Table{}
	correlation.Inject(ctx, correlation.Table(headers))
	for k, v := range p.Headers {
		headers[k] = v
	}
	p.Headers = headers
	if p.MessageId == "" {
		p.MessageId = correlation.New()
	}
}

// Extract returns a context with the ids of a message that came in; see [correlation.Extract]. The correlation id is that of the headers, or
// else the property CorrelationId, where there is no ReplyTo. The message id is the property MessageId.
func Extract(ctx context.Context, d amqp.Delivery) context.Context {
	return correlation.Extract(ctx, received{correlation.Table(d.Headers), property(d.CorrelationId, d.ReplyTo), d.MessageId})
}

func property(correlationID, replyTo string) string {
	if replyTo != "" {
		return "" // it ties an answer to its question
	}
	return correlationID
}

// received carries ids of which some are properties.
type received struct {
	correlation.Table
	correlationID, messageID string
}

// Get returns the properties for what is not in the headers.
func (r received) Get(name string) string {
	switch v := r.Table.Get(name); {
	case v != "":
		return v
	case name == "correlation_id":
		return r.correlationID
	case name == "message_id":
		return r.messageID
	}
	return ""
}
