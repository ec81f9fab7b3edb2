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

func TestHeadersThatAMessageHasStay(t *testing.T) {
	ctx := correlation.With(context.Background(), record.IDs{CorrelationID: "flow", MessageID: "m1"})
	shared := amqp.Table{"correlation_id": "own", "n": int32(1)}
	p := amqp.Publishing{Headers: shared}
	amqphydra.Inject(ctx, &p)
	if len(shared) != 2 {
		t.Error("a table that messages may share was written to")
	}
	if p.Headers["correlation_id"] != "own" || p.Headers["causation_id"] != "m1" || p.Headers["n"] != int32(1) || !correlation.Valid(p.MessageId) {
		t.Errorf("%+v", p)
	}
	if err := p.Headers.Validate(); err != nil {
		t.Error(err)
	}
	bare := amqp.Publishing{}
	if amqphydra.Inject(context.Background(), &bare); bare.Headers != nil || bare.MessageId != "" {
		t.Errorf("%+v", bare)
	}
}

func TestPropertiesCountWhereTheHeadersSayNothing(t *testing.T) {
	get := func(d amqp.Delivery) record.IDs {
		ids, _ := correlation.FromContext(amqphydra.Extract(context.Background(), d))
		return ids
	}
	if ids := get(amqp.Delivery{CorrelationId: "flow", MessageId: "m1"}); ids != (record.IDs{CorrelationID: "flow", MessageID: "m1"}) {
		t.Errorf("%+v", ids)
	}
	if ids := get(amqp.Delivery{CorrelationId: "flow", Headers: amqp.Table{"correlation_id": "header", "causation_id": []byte("m0")}}); ids != (record.IDs{CorrelationID: "header", CausationID: "m0"}) {
		t.Errorf("%+v", ids)
	}
	if ids := get(amqp.Delivery{CorrelationId: "question-1", ReplyTo: "answers"}); ids.CorrelationID == "question-1" || !correlation.Valid(ids.CorrelationID) {
		t.Errorf("of a call: %+v", ids)
	}
}

func TestWhatTheClientSaysBecomesARecord(t *testing.T) {
	log, rec := hydratest.New(t)
	before := amqp.Logger
	defer amqp.SetLogger(before)
	amqp.SetLogger(amqphydra.NewLogger(log, hydra.LevelWarning))
	amqp.Logger.Printf("error %s\n", "x")
	amqphydra.NewLogger(nil, hydra.LevelWarning).Printf("nowhere")
	rec.Expect(hydratest.HasMessage("error x"), hydratest.Level(hydra.LevelWarning))
}
