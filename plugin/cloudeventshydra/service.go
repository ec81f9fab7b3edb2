package cloudeventshydra

import (
	"context"
	"log/slog"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/client"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/protocol"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
)

// The keys of the attributes that this package writes, named as in OpenTelemetry's semantic conventions.
const (
	IDKey      = "cloudevents.event_id" // of an event that goes out; that of one that came in is the message id
	SourceKey  = "cloudevents.event_source"
	SubjectKey = "cloudevents.event_subject"
	TypeKey    = "cloudevents.event_type"
)

// Service is an ObservabilityService: see [New].
type Service struct{ log *hydra.Logger }

var _ client.ObservabilityService = (*Service)(nil)

// New returns a service for client.WithObservabilityService.
//
// The function that receives an event finds its ids in the context, and with [hydra.FromContext] a logger made of log that names type, source and
// subject. Each event ends in one record with its duration: "event handled" at INFO, or "event failed" at ERROR with the error or the negative
// result. An event that is malformed is logged at ERROR. Events that are sent, and requests, are logged at DEBUG, or at ERROR when they fail. The
// SDK turns a panic of the function into a result without calling this service: it is seen in the SDK's own log alone. A nil log writes nothing.
func New(log *hydra.Logger) *Service { return &Service{log: log} }

// InboundContextDecorators implements client.ObservabilityService. RecordCallingInvoker does what they would.
func (s *Service) InboundContextDecorators() []func(context.Context, binding.Message) context.Context {
	return nil
}

// RecordReceivedMalformedEvent implements client.ObservabilityService.
func (s *Service) RecordReceivedMalformedEvent(ctx context.Context, err error) {
	s.log.Error(ctx, "event is malformed", hydra.Err(err))
}

// RecordCallingInvoker implements client.ObservabilityService.
func (s *Service) RecordCallingInvoker(ctx context.Context, e *event.Event) (context.Context, func(error)) {
	log := s.log
	if e != nil { // nil: the function takes none
		ctx = Extract(ctx, e)
		log = log.With(describe(e)...)
	}
	began := time.Now()
	return hydra.NewContext(ctx, log), func(result error) {
		end(ctx, log, hydra.LevelInfo, "event handled", "event failed", began, result)
	}
}

// RecordSendingEvent implements client.ObservabilityService.
func (s *Service) RecordSendingEvent(ctx context.Context, e event.Event) (context.Context, func(error)) {
	began := time.Now()
	return ctx, func(result error) {
		end(ctx, s.log, hydra.LevelDebug, "event sent", "event not sent", began, result, append(describe(&e), slog.String(IDKey, e.ID()))...)
	}
}

// RecordRequestEvent implements client.ObservabilityService.
func (s *Service) RecordRequestEvent(ctx context.Context, e event.Event) (context.Context, func(error, *event.Event)) {
	began := time.Now()
	return ctx, func(result error, _ *event.Event) {
		end(ctx, s.log, hydra.LevelDebug, "event requested", "event request failed", began, result, append(describe(&e), slog.String(IDKey, e.ID()))...)
	}
}

func end(ctx context.Context, log *hydra.Logger, level slog.Level, done, failed string, began time.Time, result error, attrs ...slog.Attr) {
	text := done
	if protocol.IsACK(result) {
		result = nil
	} else {
		level, text = hydra.LevelError, failed
	}
	if log.Enabled(ctx, level) {
		log.Log(ctx, level, text, append(attrs, slog.Duration(hydra.DurationKey, time.Since(began)), hydra.Err(result))...)
	}
}

func describe(e *event.Event) []slog.Attr {
	attrs := []slog.Attr{slog.String(TypeKey, e.Type()), slog.String(SourceKey, e.Source())}
	if s := e.Subject(); s != "" {
		attrs = append(attrs, slog.String(SubjectKey, s))
	}
	return attrs
}

// Extract returns a context with the ids of an event that came in; see [correlation.Extract]. New's service does it for what a client receives.
func Extract(ctx context.Context, e *event.Event) context.Context {
	attributes := correlation.CloudEvent{"id": e.ID()}
	for name, value := range e.Extensions() {
		attributes[name] = value
	}
	return correlation.Extract(ctx, attributes)
}

// Defaulter is for client.WithEventDefaulter: it gives an event that goes out, an answer too, the ids of the context as attributes, but for
// those that it has. The event that was passed in is not changed.
func Defaulter(ctx context.Context, e event.Event) event.Event {
	if _, some := correlation.FromContext(ctx); !some || e.Context == nil {
		return e
	}
	out := correlation.CloudEvent{}
	correlation.Inject(ctx, out)
	has := e.Extensions()
	e.Context = e.Context.Clone()
	for name, value := range out {
		if _, set := has[name]; !set {
			e.SetExtension(name, value)
		}
	}
	return e
}
