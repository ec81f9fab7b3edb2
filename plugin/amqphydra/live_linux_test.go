package amqphydra_test

import (
	"context"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra"
	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/hydratest"
	"github.com/hydra-logger/hydra/plugin/amqphydra"
	"github.com/hydra-logger/hydra/record"
)

func TestIDsGoThroughRabbitMQAndWhatHappensToTheConnectionIsLogged(t *testing.T) {
	url, kill := start(t)
	log, rec := hydratest.New(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	conn, err := amqp.Dial(url)
	must(err)
	defer conn.Close()
	amqphydra.Watch(log, conn)
	ch, err := conn.Channel()
	must(err)
	amqphydra.WatchChannel(log, ch)
	_, err = ch.QueueDeclare("orders", false, false, false, false, nil)
	must(err)

	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "click", TraceID: [16]byte{1}, SpanID: [8]byte{2}})
	p := amqp.Publishing{MessageId: "m1"}
	amqphydra.Inject(ctx, &p)
	must(ch.PublishWithContext(ctx, "", "orders", false, false, p))
	all, err := ch.Consume("orders", "me", true, false, false, false, nil)
	must(err)
	ids, _ := correlation.FromContext(amqphydra.Extract(context.Background(), <-all))
	if ids != (record.IDs{CorrelationID: "flow", CausationID: "click", MessageID: "m1", TraceID: [16]byte{1}, SpanID: [8]byte{2}}) {
		t.Errorf("%+v", ids)
	}

	must(ch.PublishWithContext(ctx, "", "nowhere", true, false, p))
	rec.Await(patience, hydratest.HasMessage("amqp: message returned"), hydratest.Level(hydra.LevelWarning), hydratest.HasAttr("routing_key", "nowhere"),
		hydratest.HasAttr("code", amqp.NoRoute), hydratest.HasCorrelationID("flow"))
	_, err = ch.QueueDelete("orders", false, false, false)
	must(err)
	rec.Await(patience, hydratest.HasMessage("amqp: consumer cancelled by the server"), hydratest.HasAttr("consumer_tag", "me"))
	if _, err := ch.QueueDeclarePassive("absent", false, false, false, false, nil); err == nil {
		t.Fatal("the queue is there")
	}
	rec.Await(patience, hydratest.HasMessage("amqp: channel closed"), hydratest.Level(hydra.LevelError), hydratest.HasAttr("code", amqp.NotFound))
	kill()
	rec.Await(patience, hydratest.HasMessage("amqp: connection closed"), hydratest.Level(hydra.LevelError), hydratest.HasKey(hydra.ErrorKey), hydratest.HasKey("addr"))
}
