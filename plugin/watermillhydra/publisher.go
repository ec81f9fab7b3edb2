package watermillhydra

import (
	"context"
	"log/slog"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// DecoratePublisher returns a decorator whose publisher writes the ids of the context of each message (msg.Context()) into its
// metadata, but for those that are there, before it hands it on; the event bus and the command bus of package cqrs set that context. What could not
// be published is logged at ERROR, one record a message with the ids of its context. It is for Router.AddPublisherDecorators, or to be
// called with a publisher.
//
// In a handler, make a message with the handler's context: m.SetContext(msg.Context()).
func DecoratePublisher(log *hydra.Logger) message.PublisherDecorator {
	return func(pub message.Publisher) (message.Publisher, error) {
		return &publisher{Publisher: pub, log: log}, nil
	}
}

type publisher struct {
	message.Publisher
	log *hydra.Logger
}

// Publish implements message.Publisher.
func (p *publisher) Publish(topic string, messages ...*message.Message) error {
	for _, m := range messages {
		if m.Metadata == nil {
			m.Metadata = message.Metadata{}
		}
		if ids, _ := correlation.FromContext(m.Context()); ids.MessageID != m.UUID || m.UUID == "" { // else it is only passed on
			inject(m.Context(), m.Metadata)
		}
	}
	err := p.Publisher.Publish(topic, messages...)
	if err == nil || !p.log.Enabled(context.Background(), hydra.LevelError) {
		return err
	}
	for _, m := range messages {
		p.log.Error(m.Context(), "message not published", slog.String(PublishTopicKey, topic), slog.String(MessageKey, m.UUID), hydra.Err(err))
	}
	return err
}
