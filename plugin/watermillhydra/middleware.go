package watermillhydra

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that this package writes, named as Watermill names them.
const (
	HandlerKey      = "handler_name"
	SubscriberKey   = "subscriber_name"
	TopicKey        = "topic"
	PublishTopicKey = "publish_topic"
	MessageKey      = "message_uuid"            // of a message that was to be published
	ProducedKey     = "produced_messages_count" // by the handler; left out when there are none
	AttemptKey      = "attempt"                 // from the second on
)

// causationKey is where the metadata has the id of the message that led to this one.
const causationKey = "causation_id"

// Option changes what [Middleware] returns.
type Option func(*settings)

type settings struct{ handled slog.Level }

// HandledLevel sets the level of the record of a message that was handled. Default: INFO. Failures are ERROR.
func HandledLevel(level slog.Level) Option { return func(s *settings) { s.handled = level } }

// Middleware returns a middleware for the handlers of a router.
//
// The handler finds in msg.Context() the ids of the message (see [correlation.Extract]; the message id is the UUID) and,
// with [hydra.FromContext], a logger made of log with handler, subscriber and topic, and what the poison queue says about a
// message that came through it. A message without a correlation id gets a new one, which is also put into its metadata.
//
// Each attempt ends in one record: "message handled", or at ERROR "message failed" with the error. A panic is logged so and
// goes on. Inside Watermill's Retry middleware (added behind it) every attempt is seen and numbered; a Retry
// with ResetContextOnRetry hides the number. Outside, only the outcome is seen.
//
// Messages that the handler returns get correlation_id, causation_id and the trace context. A correlation or causation id that the
// handler gave a message itself stays, and so does all of a message that is only passed on.
func Middleware(log *hydra.Logger, opts ...Option) message.HandlerMiddleware {
	s := settings{handled: hydra.LevelInfo}
	for _, opt := range opts {
		opt(&s)
	}
	return func(next message.HandlerFunc) message.HandlerFunc {
		return func(msg *message.Message) (produced []*message.Message, err error) {
			a := begin(log, msg)
			ended := false
			defer func() { // without recover, so that the stack of a panic stays whole
				if !ended {
					a.end(s.handled, nil, fmt.Errorf("the handler of message %q did not return: it panicked", msg.UUID))
				}
			}()
			produced, err = next(msg)
			ended = true
			for _, m := range produced {
				follow(a.ctx, msg, m)
			}
			a.end(s.handled, produced, err)
			return produced, err
		}
	}
}

type attemptKey struct{}

// attempt is the handling of one message.
type attempt struct {
	of     *message.Message
	ctx    context.Context
	log    *hydra.Logger
	number int
	began  time.Time
}

// begin gives the message its context. The one of an earlier attempt is used again.
func begin(log *hydra.Logger, msg *message.Message) *attempt {
	ctx := msg.Context()
	a := &attempt{of: msg, number: 1, began: time.Now()}
	if last, _ := ctx.Value(attemptKey{}).(*attempt); last != nil && last.of == msg {
		a.log, a.number = last.log, last.number+1
	} else {
		ctx = correlation.Extract(ctx, consumed{Map: correlation.Map(msg.Metadata), uuid: msg.UUID})
		a.log = log.With(describe(ctx, msg)...)
		ctx = hydra.NewContext(ctx, a.log)
		keepID(ctx, msg)
	}
	a.ctx = context.WithValue(ctx, attemptKey{}, a)
	msg.SetContext(a.ctx)
	return a
}

// keepID puts an id that was made here into the metadata, so that whoever reads the message later finds the same.
func keepID(ctx context.Context, msg *message.Message) {
	id := correlation.ID(ctx)
	if msg.Metadata.Get(middleware.CorrelationIDMetadataKey) == id {
		return
	}
	if msg.Metadata == nil {
		msg.Metadata = message.Metadata{}
	}
	msg.Metadata.Set(middleware.CorrelationIDMetadataKey, id)
}

func describe(ctx context.Context, msg *message.Message) []slog.Attr {
	var attrs []slog.Attr
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add(HandlerKey, message.HandlerNameFromCtx(ctx))
	add(SubscriberKey, message.SubscriberNameFromCtx(ctx))
	add(TopicKey, message.SubscribeTopicFromCtx(ctx))
	for _, key := range []string{middleware.ReasonForPoisonedKey, middleware.PoisonedTopicKey, middleware.PoisonedHandlerKey, middleware.PoisonedSubscriberKey} {
		add(key, msg.Metadata.Get(key))
	}
	return attrs
}

func (a *attempt) end(handled slog.Level, produced []*message.Message, err error) {
	level, text := handled, "message handled"
	if err != nil {
		level, text = hydra.LevelError, "message failed"
	}
	if !a.log.Enabled(a.ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 4)
	if len(produced) > 0 {
		attrs = append(attrs, slog.Int(ProducedKey, len(produced)))
	}
	if a.number > 1 {
		attrs = append(attrs, slog.Int(AttemptKey, a.number))
	}
	attrs = append(attrs, slog.Duration(hydra.DurationKey, time.Since(a.began)), hydra.Err(err))
	a.log.Log(a.ctx, level, text, attrs...)
}

// follow makes the ids of a message those of one that the message in hand has caused.
func follow(ctx context.Context, cause, m *message.Message) {
	if m == nil || m == cause || m.UUID == cause.UUID && m.UUID != "" {
		return // passed on
	}
	// A copy: handlers like to give a message the metadata of the one that they were given.
	own := maps.Clone(m.Metadata)
	if own == nil {
		own = message.Metadata{}
	}
	if own[causationKey] == cause.Metadata[causationKey] {
		delete(own, causationKey)
	}
	m.Metadata = own
	inject(ctx, own)
}

// inject writes ids into metadata, but for those that are there.
func inject(ctx context.Context, to message.Metadata) {
	id, caused := to[middleware.CorrelationIDMetadataKey], to[causationKey]
	correlation.Inject(ctx, correlation.Map(to))
	if id != "" {
		to[middleware.CorrelationIDMetadataKey] = id
	}
	if caused != "" {
		to[causationKey] = caused
	}
}

// consumed carries the ids of a message that came in, whose own id is not in the metadata.
type consumed struct {
	correlation.Map
	uuid string
}

// Get answers the first name under which a message id is looked up with the UUID.
func (c consumed) Get(name string) string {
	if name == "ce_id" && c.uuid != "" {
		return c.uuid
	}
	return c.Map.Get(name)
}
