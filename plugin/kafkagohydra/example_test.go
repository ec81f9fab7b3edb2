package kafkagohydra_test

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"

	"github.com/hydra-logger/hydra/correlation"
	"github.com/hydra-logger/hydra/plugin/kafkagohydra"
)

func ExampleInject() {
	m := kafka.Message{Topic: "orders", Value: []byte("{}")}
	kafkagohydra.Inject(correlation.Ensure(context.Background(), "flow-1"), &m)
	// w.WriteMessages(ctx, m), and in the service that reads it:
	ids, _ := correlation.FromContext(kafkagohydra.Extract(context.Background(), m))
	fmt.Println(ids.CorrelationID, ids.MessageID)
	// Output:
	// flow-1 orders/0/0
}
