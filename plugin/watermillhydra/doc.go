// Package watermillhydra ties github.com/ThreeDotsLabs/watermill to Hydra-Logger.
//
//	router, err := message.NewRouter(message.RouterConfig{}, watermillhydra.NewLogger(log))
//	router.AddMiddleware(watermillhydra.Middleware(log.Layer("events")))
//	router.AddPublisherDecorators(watermillhydra.DecoratePublisher(log.Layer("events")))
//
// [NewLogger] is the logger of Watermill itself. [Middleware] gives the handler of a message a context with the ids of
// that message and a logger that names handler and topic, logs how the handling ended, and writes correlation id and
// causation id into the messages that the handler returns. [DecoratePublisher] does the same for messages that are published
// with a context, as by the event bus of package cqrs.
//
// The ids lie in the metadata as correlation_id, which is Watermill's own key, and causation_id, which is the UUID of the
// message that was handled. The W3C trace context goes along as traceparent.
package watermillhydra
