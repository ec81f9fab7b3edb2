package amqphydra_test

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/amqphydra"
)

func ExampleInject() {
	ctx := correlation.Ensure(context.Background(), "flow-1")
	p := amqp.Publishing{MessageId: "order-17", Body: []byte("{}")}
	amqphydra.Inject(ctx, &p)
	// ch.PublishWithContext(ctx, exchange, key, false, false, p), and in the service that consumes it:
	ctx = amqphydra.Extract(context.Background(), amqp.Delivery{Headers: p.Headers, MessageId: p.MessageId})
	ids, _ := correlation.FromContext(ctx)
	fmt.Println(ids.CorrelationID, ids.MessageID)
	// Output:
	// flow-1 order-17
}
