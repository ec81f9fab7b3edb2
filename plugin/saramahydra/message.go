package saramahydra

import (
	"context"
	"slices"
	"strconv"

	"github.com/IBM/sarama"

	"github.com/hydra-logger/hydra/correlation"
)

// Interceptor is a sarama.ProducerInterceptor that calls [Inject] for messages whose Metadata is a context.Context, since messages of
// sarama have no other place for one.
type Interceptor struct{}

var _ sarama.ProducerInterceptor = Interceptor{}

// OnSend implements sarama.ProducerInterceptor.
func (Interceptor) OnSend(m *sarama.ProducerMessage) {
	if ctx, is := m.Metadata.(context.Context); is {
		Inject(ctx, m)
	}
}

// Inject writes the ids of ctx into the headers of a message: correlation_id, causation_id and traceparent, but for those that are there.
// Headers need Config.Version 0.11 or later.
func Inject(ctx context.Context, m *sarama.ProducerMessage) {
	if _, some := correlation.FromContext(ctx); !some {
		return
	}
	own := len(m.Headers)
	m.Headers = slices.Clip(m.Headers) // messages may share what their headers are a part of
	each := func(yield func(string, []byte) bool) {
		for _, h := range m.Headers {
			if !yield(string(h.Key), h.Value) {
				return
			}
		}
	}
	correlation.Inject(ctx, correlation.Pairs(each, func(name string, value []byte) {
		if !slices.ContainsFunc(m.Headers[:own], func(h sarama.RecordHeader) bool { return string(h.Key) == name }) {
			m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(name), Value: value})
		}
	}))
}

// Extract returns a context with the ids of a message that came in; see [correlation.Extract]. The message id is the header
// message_id, or else topic/partition/offset.
func Extract(ctx context.Context, m *sarama.ConsumerMessage) context.Context {
	each := func(yield func(string, []byte) bool) {
		for _, h := range m.Headers {
			if h != nil && !yield(string(h.Key), h.Value) {
				return
			}
		}
	}
	return correlation.Extract(ctx, consumed{correlation.Pairs(each, nil), m})
}

// consumed carries the ids of a message that may have no id but its place.
type consumed struct {
	correlation.Carrier
	m *sarama.ConsumerMessage
}

// Get returns the message's place for a message id that is not there.
func (c consumed) Get(name string) string {
	v := c.Carrier.Get(name)
	if v != "" || name != "message_id" {
		return v
	}
	place := c.m.Topic + "/" + strconv.Itoa(int(c.m.Partition)) + "/" + strconv.FormatInt(c.m.Offset, 10)
	if !correlation.Valid(place) {
		return "" // a topic with too long a name
	}
	return place
}
