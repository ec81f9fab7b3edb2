package watermillhydra_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/watermillhydra"
	"github.com/hydra-logger/hydra/record"
)

const patience = 20 * time.Second

// bus is a real router over Watermill's own pub/sub in memory.
type bus struct {
	t      *testing.T
	router *message.Router
	pubsub *gochannel.GoChannel
}

func newBus(t *testing.T, log *hydra.Logger) *bus {
	t.Helper()
	logger := watermillhydra.NewLogger(log)
	router, err := message.NewRouter(message.RouterConfig{}, logger)
	if err != nil {
		t.Fatal(err)
	}
	return &bus{t, router, gochannel.NewGoChannel(gochannel.Config{}, logger)}
}

func (b *bus) run() {
	b.t.Helper()
	done := make(chan error, 1)
	go func() { done <- b.router.Run(context.Background()) }()
	b.t.Cleanup(func() {
		if err := errors.Join(b.router.Close(), b.pubsub.Close(), <-done); err != nil {
			b.t.Error(err)
		}
	})
	select {
	case <-b.router.Running():
	case <-time.After(patience):
		b.t.Fatal("the router does not run")
	}
}

func (b *bus) publish(topic string, m *message.Message) {
	b.t.Helper()
	if err := b.pubsub.Publish(topic, m); err != nil {
		b.t.Fatal(err)
	}
}

// sink collects what arrives on a topic.
func (b *bus) sink(topic string) <-chan *message.Message {
	got := make(chan *message.Message, 10)
	b.router.AddConsumerHandler("sink of "+topic, topic, b.pubsub, func(m *message.Message) error {
		got <- m
		return nil
	})
	return got
}

func receive(t *testing.T, from <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m := <-from:
		return m
	case <-time.After(patience):
		t.Fatal("no message arrives")
		return nil
	}
}

func TestFieldsLevelsAndErrorsOfTheLoggerArrive(t *testing.T) {
	log, rec := hydratest.New(t)
	a := watermillhydra.NewLogger(log).With(watermill.LogFields{"bound": 1})
	a.Trace("t", nil)
	a.Debug("d", watermill.LogFields{"n": 2})
	a.Info("i", nil)
	a.Error("e", errors.New("bad"), watermill.LogFields{"n": 3})
	rec.Expect(hydratest.HasMessage("t"), hydratest.Level(hydra.LevelTrace), hydratest.HasAttr("bound", 1))
	rec.Expect(hydratest.HasMessage("d"), hydratest.Level(hydra.LevelDebug), hydratest.HasAttr("bound", 1), hydratest.HasAttr("n", 2))
	rec.Expect(hydratest.HasMessage("i"), hydratest.Level(hydra.LevelInfo))
	rec.Expect(hydratest.HasMessage("e"), hydratest.Level(hydra.LevelError), hydratest.HasAttr(hydra.ErrorKey, "bad"), hydratest.HasAttr("n", 3))
	watermillhydra.NewLogger(nil).With(watermill.LogFields{"a": 1}).Error("nowhere", nil, nil)
}

func TestOneIDGoesThroughAChainOfHandlersAndEachNamesItsCause(t *testing.T) {
	log, rec := hydratest.New(t)
	b := newBus(t, log)
	b.router.AddMiddleware(watermillhydra.Middleware(log.Layer("events")))
	step := func(id string) message.HandlerFunc {
		return func(msg *message.Message) ([]*message.Message, error) {
			hydra.FromContext(msg.Context()).Info(msg.Context(), "in "+id)
			out := message.NewMessage(id, nil)
			out.Metadata = msg.Metadata // as handlers do: the cause in it is not that of the new message
			return message.Messages{out}, nil
		}
	}
	b.router.AddHandler("pay", "orders", b.pubsub, "payments", b.pubsub, step("m2"))
	b.router.AddHandler("ship", "payments", b.pubsub, "shipments", b.pubsub, step("m3"))
	got := b.sink("shipments")
	b.run()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	first := message.NewMessage("m1", nil)
	first.Metadata = message.Metadata{"correlation_id": "flow-1", "causation_id": "click", "traceparent": parent}
	b.publish("orders", first)
	last := receive(t, got)
	for key, want := range map[string]string{"correlation_id": "flow-1", "causation_id": "m2", "traceparent": parent} {
		if last.Metadata[key] != want {
			t.Errorf("%s is %q, want %q", key, last.Metadata[key], want)
		}
	}
	rec.Await(patience, hydratest.HasMessage("message handled"), hydratest.HasAttr("handler_name", "sink of shipments"))
	for _, want := range [][3]string{{"pay", "m1", "click"}, {"ship", "m2", "m1"}, {"sink of shipments", "m3", "m2"}} {
		r := rec.Expect(hydratest.HasMessage("message handled"), hydratest.HasAttr("handler_name", want[0]), hydratest.HasCorrelationID("flow-1"), hydratest.Layer("events"))
		if r.IDs.MessageID != want[1] || r.IDs.CausationID != want[2] || r.IDs.TraceID == [16]byte{} {
			t.Errorf("%s: %+v", want[0], r.IDs)
		}
	}
	rec.Expect(hydratest.HasMessage("in m2"), hydratest.HasAttr("handler_name", "pay"), hydratest.HasAttr("topic", "orders"), hydratest.HasAttr("subscriber_name", "gochannel.GoChannel"))
	rec.Expect(hydratest.HasMessage("message handled"), hydratest.HasAttr("handler_name", "pay"), hydratest.HasAttr("produced_messages_count", 1), hydratest.HasKey("duration"))
}

func TestEveryAttemptIsNumberedAndKeepsTheIDThatWasMade(t *testing.T) {
	log, rec := hydratest.New(t)
	b := newBus(t, log)
	b.router.AddMiddleware(middleware.Retry{MaxRetries: 2, InitialInterval: time.Millisecond}.Middleware, watermillhydra.Middleware(log))
	tries := 0
	b.router.AddConsumerHandler("pay", "orders", b.pubsub, func(*message.Message) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	b.run()
	b.publish("orders", message.NewMessage("m1", nil))
	done := rec.Await(patience, hydratest.HasMessage("message handled"), hydratest.HasAttr("attempt", 3))
	id := hydratest.HasCorrelationID(done.IDs.CorrelationID)
	if !correlation.Valid(done.IDs.CorrelationID) {
		t.Errorf("correlation id %q", done.IDs.CorrelationID)
	}
	rec.ExpectCount(2, hydratest.HasMessage("message failed"), hydratest.Level(hydra.LevelError), hydratest.HasAttr(hydra.ErrorKey, "not yet"), id)
	rec.ExpectCount(1, hydratest.HasMessage("message failed"), hydratest.HasAttr("attempt", 2), id)
	rec.ExpectCount(1, hydratest.HasMessage("message failed"), hydratest.Not(hydratest.HasKey("attempt")), id)
}

func TestAPoisonedMessageSaysWhyAndKeepsItsID(t *testing.T) {
	log, rec := hydratest.New(t)
	b := newBus(t, log)
	poison, err := middleware.PoisonQueue(b.pubsub, "poison")
	if err != nil {
		t.Fatal(err)
	}
	b.router.AddMiddleware(watermillhydra.Middleware(log, watermillhydra.HandledLevel(hydra.LevelDebug)))
	b.router.AddConsumerHandler("pay", "orders", b.pubsub, func(*message.Message) error { return errors.New("no funds") }).
		AddMiddleware(poison, watermillhydra.Middleware(log))
	got := b.sink("poison")
	b.run()
	b.publish("orders", message.NewMessage("m1", nil))
	m := receive(t, got)
	r := rec.Await(patience, hydratest.HasMessage("message handled"), hydratest.HasAttr("handler_name", "sink of poison"), hydratest.Level(hydra.LevelDebug),
		hydratest.HasAttr("reason_poisoned", "no funds"), hydratest.HasAttr("handler_poisoned", "pay"), hydratest.HasAttr("topic_poisoned", "orders"))
	if id := m.Metadata["correlation_id"]; id == "" || id != r.IDs.CorrelationID {
		t.Errorf("correlation id %q in the metadata, %q in the record", id, r.IDs.CorrelationID)
	}
	rec.Expect(hydratest.HasMessage("message failed"), hydratest.HasCorrelationID(r.IDs.CorrelationID))
}

func TestAPanicIsLoggedAndGoesOn(t *testing.T) {
	log, rec := hydratest.New(t)
	h := middleware.Recoverer(watermillhydra.Middleware(log)(func(*message.Message) ([]*message.Message, error) { panic("boom") }))
	if _, err := h(message.NewMessage("m1", nil)); err == nil {
		t.Error("the panic did not reach Recoverer")
	}
	rec.Expect(hydratest.HasMessage("message failed"), hydratest.Level(hydra.LevelError), hydratest.HasKey(hydra.ErrorKey))
}

func TestAForgedIDIsReplacedAndReported(t *testing.T) {
	log, rec := hydratest.New(t)
	m := message.NewMessage("m1", nil)
	m.Metadata.Set("correlation_id", "a\nb")
	_, _ = watermillhydra.Middleware(log)(func(*message.Message) ([]*message.Message, error) { return nil, nil })(m)
	r := rec.Expect(hydratest.HasMessage("message handled"), hydratest.HasAttr(correlation.RejectedKey, `"a\nb"`))
	if id := m.Metadata.Get("correlation_id"); id != r.IDs.CorrelationID || !correlation.Valid(id) {
		t.Errorf("correlation id %q in the metadata", id)
	}
}

func TestIDsThatAHandlerSetsItselfStay(t *testing.T) {
	log, _ := hydratest.New(t)
	in := message.NewMessage("m1", nil)
	in.Metadata = message.Metadata{"correlation_id": "flow", "causation_id": "m0"}
	own := message.NewMessage("m2", nil)
	own.Metadata = message.Metadata{"correlation_id": "other", "causation_id": "mine"}
	bare := &message.Message{UUID: "m3"}
	before := maps.Clone(in.Metadata)
	_, _ = watermillhydra.Middleware(log)(func(*message.Message) ([]*message.Message, error) { return message.Messages{own, bare, in}, nil })(in)
	if own.Metadata["correlation_id"] != "other" || own.Metadata["causation_id"] != "mine" {
		t.Errorf("own: %v", own.Metadata)
	}
	if bare.Metadata["correlation_id"] != "flow" || bare.Metadata["causation_id"] != "m1" {
		t.Errorf("bare: %v", bare.Metadata)
	}
	if !maps.Equal(in.Metadata, before) {
		t.Errorf("what is passed on has changed: %v", in.Metadata)
	}
}

// broken is a publisher that does not work.
type broken struct{}

func (broken) Publish(string, ...*message.Message) error { return errors.New("down") }
func (broken) Close() error                              { return nil }

func TestAPublisherWritesTheIDsOfTheContextAndLogsWhatFails(t *testing.T) {
	log, rec := hydratest.New(t)
	pub, err := watermillhydra.DecoratePublisher(log)(broken{})
	if err != nil {
		t.Fatal(err)
	}
	m := &message.Message{UUID: "m2"}
	m.SetContext(correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "m1"}))
	if err := pub.Publish("orders", m); err == nil || err.Error() != "down" {
		t.Errorf("error %v", err)
	}
	if m.Metadata["correlation_id"] != "flow" || m.Metadata["causation_id"] != "m1" {
		t.Errorf("metadata %v", m.Metadata)
	}
	rec.Expect(hydratest.HasMessage("message not published"), hydratest.Level(hydra.LevelError), hydratest.HasCorrelationID("flow"),
		hydratest.HasAttr("publish_topic", "orders"), hydratest.HasAttr("message_uuid", "m2"), hydratest.HasAttr(hydra.ErrorKey, "down"))

	passed := message.NewMessage("m1", nil) // with the context of the handler that was given it
	passed.SetContext(m.Context())
	_ = pub.Publish("orders", passed)
	if passed.Metadata["causation_id"] != "" {
		t.Error("a message that is passed on names itself as its cause")
	}
}
